"""What all optimizers share: learning rates, schedules, clipping, the state and what a step is given."""

import numpy as np
import pytest
from helpers.fakecupy import counting
from helpers.optimizers import constant
from helpers.parameters import leaf, parameter64, two_parameters
from helpers.refusals import refused
from helpers.small_model import X

import minigen
from minigen import SGD, Adadelta, Adam, Dense, Input, RMSprop, Sequential, Tensor, losses, optimizers, to_numpy

ALL = {
    "sgd": lambda: SGD(0.1),
    "momentum": lambda: SGD(0.1, momentum=0.9),
    "nesterov": lambda: SGD(0.1, momentum=0.9, nesterov=True),
    "adam": lambda: Adam(0.01),
    "adadelta": lambda: Adadelta(),
    "rmsprop": lambda: RMSprop(0.01),
    "rmsprop_momentum": lambda: RMSprop(0.01, momentum=0.9),
}

all_optimizers = pytest.mark.parametrize("make", ALL.values(), ids=list(ALL))


def weight(*shape, seed=0):
    data = np.random.default_rng(seed).standard_normal(shape).astype("float32")
    return Tensor(data, requires_grad=True, name="w")


def run(optimizer, parameters, steps, start=0):
    """Steps with gradients that depend on the number of the step only."""
    for step in range(start, start + steps):
        for p in parameters:
            rng = np.random.default_rng([step, p.size])
            p.grad = Tensor(rng.standard_normal(p.shape).astype("float32")).data
        optimizer.step(parameters)


# ---- the learning rate


def test_a_linear_decay_falls_to_zero(xp):
    """A constant gradient g for n steps: η₀ g (1 + (1 - 1/n) + ... + 1/n) = η₀ g (n + 1)/2, and nothing afterwards."""
    n = 10
    assert constant(SGD(optimizers.LinearDecay(0.1, n)), 0.5, n) == pytest.approx(-0.1 * 0.5 * (n + 1) / 2)
    assert constant(SGD(optimizers.LinearDecay(0.1, n)), 0.5, 3 * n) == pytest.approx(-0.1 * 0.5 * (n + 1) / 2)


@all_optimizers
def test_a_schedule_is_the_learning_rate_of_its_step(make):
    """An optimizer with a function for a rate goes where one goes whose rate is set by hand before each step."""
    one, other = weight(3, 4), weight(3, 4)
    by_hand, scheduled = make(), make()
    scheduled.schedule = lambda t: 0.1 / (1 + t)
    for step in range(5):
        by_hand.learning_rate = 0.1 / (1 + step)
        run(by_hand, [one], 1, step)
        run(scheduled, [other], 1, step)
    assert np.array_equal(one.numpy(), other.numpy())


def test_a_schedule_goes_on_where_a_restored_optimizer_stands():
    whole, parts = weight(3, 4), weight(3, 4)
    adam = Adam(optimizers.LinearDecay(0.1, 8))
    run(adam, [whole], 8)
    first = Adam(optimizers.LinearDecay(0.1, 8))
    run(first, [parts], 3)
    second = Adam(optimizers.LinearDecay(0.1, 8))
    second.set_state([parts], first.get_state([parts]), first.iterations)
    run(second, [parts], 5, start=3)
    assert np.array_equal(whole.numpy(), parts.numpy())


def test_bad_schedules_are_refused():
    with refused(ValueError, where="LinearDecay: steps"):
        optimizers.LinearDecay(0.1, 0)
    with refused(ValueError, where="LinearDecay: learning_rate"):
        optimizers.LinearDecay(-0.1, 5)
    with refused(ValueError, where="Adam: learning_rate"):
        Adam(lambda t: -1.0)
    adam, w = Adam(lambda t: np.nan if t else 1.0), weight(2, 2)
    run(adam, [w], 1)
    before = w.numpy().copy()
    with refused(ValueError, where="Adam: learning_rate", got="nan"):
        run(adam, [w], 1, start=1)
    assert np.array_equal(w.numpy(), before) and adam.iterations == 1


# ---- mechanics


@all_optimizers
@pytest.mark.parametrize("shape", [(300, 200), (50_000,), (3, 3, 64, 70), (2, 40_000)])
def test_blocks_change_no_bit(make, shape, monkeypatch):
    """A weight larger than a block is updated slice by slice: exactly as in one piece."""
    in_blocks, in_one = weight(*shape), weight(*shape)
    assert in_blocks.size > optimizers.base.BLOCK
    run(make(), [in_blocks], 3)
    monkeypatch.setattr(optimizers.base, "BLOCK", 10**9)
    run(make(), [in_one], 3)
    np.testing.assert_array_equal(in_blocks.numpy(), in_one.numpy())
    assert (in_blocks.numpy() != weight(*shape).numpy()).mean() > 0.99


@all_optimizers
def test_only_what_is_listed_is_updated(xp, make):
    a, b = weight(3, 2), weight(4)
    start, version = b.numpy().copy(), b.version
    b.grad = Tensor(np.ones(4, "float32")).data
    run(make(), [a], 3)
    np.testing.assert_array_equal(b.numpy(), start)
    assert b.version == version
    assert (a.numpy() != weight(3, 2).numpy()).all()


@all_optimizers
def test_each_parameter_has_its_own_averages(xp, make):
    """Two parameters in one step go where each goes alone."""
    a, b, alone = weight(3, 2), weight(4), weight(3, 2)
    run(make(), [a, b], 5)
    run(make(), [alone], 5)
    np.testing.assert_array_equal(a.numpy(), alone.numpy())


@all_optimizers
def test_update_is_in_place_and_counted(xp, make):
    w = weight(3, 2)
    data, version = w.data, w.version
    run(make(), [w], 1)
    assert w.data is data and w.version > version and str(w.dtype) == "float32"


@all_optimizers
def test_the_gradient_is_not_written_to(xp, make):
    w, g = weight(3, 2), weight(3, 2, seed=1)
    w.grad = g.data
    make().step([w])
    np.testing.assert_array_equal(to_numpy(w.grad), weight(3, 2, seed=1).numpy())


@all_optimizers
def test_state_round_trip(xp, make):
    """A second optimizer with the state of the first goes on exactly as the first would."""
    unbroken, first = make(), make()
    w, v = weight(3, 2), weight(3, 2)
    run(unbroken, [w], 8)
    run(first, [v], 5)
    second = make()
    second.set_state([v], [[to_numpy(a).copy() for a in slots] for slots in first.get_state([v])], first.iterations)
    run(second, [v], 3, start=5)
    np.testing.assert_array_equal(v.numpy(), w.numpy())


@all_optimizers
def test_a_state_that_was_taken_does_not_move_on(xp, make):
    """Take the state, train on, go back: the same way again."""
    optimizer, w = make(), weight(3, 2)
    run(optimizer, [w], 2)
    state, iterations, here = optimizer.get_state([w]), optimizer.iterations, w.numpy().copy()
    run(optimizer, [w], 3)
    there = w.numpy().copy()
    for _ in range(2):
        w.assign(here)
        optimizer.set_state([w], state, iterations)
        run(optimizer, [w], 3)
        np.testing.assert_array_equal(w.numpy(), there)


def test_a_refused_step_updates_nothing(xp):
    adam, a, b = Adam(), weight(3, 2), weight(4)
    a.grad = weight(3, 2, seed=1).data
    with pytest.raises(ValueError, match="no gradient"):
        adam.step([a, b])
    np.testing.assert_array_equal(a.numpy(), weight(3, 2).numpy())
    assert adam.iterations == 0


# ---- clipping


def test_gradients_are_shortened_together():
    """‖g‖ over both parameters is 13; c = 6.5 halves each."""
    a, b = (Tensor(np.zeros(1, "float32"), requires_grad=True) for _ in range(2))
    (a * 5.0 + b * 12.0).sum().backward()
    before = a.grad.copy()
    SGD(1.0, global_clipnorm=6.5).step([a, b])
    assert a.numpy()[0] == pytest.approx(-2.5) and b.numpy()[0] == pytest.approx(-6)
    np.testing.assert_array_equal(a.grad, before)  # what backward found stays
    (a * 5.0 + b * 12.0).sum().backward()
    SGD(1.0, global_clipnorm=20.0).step([a, b])
    assert a.numpy()[0] == pytest.approx(-7.5)
    for bad in (0, -1, np.inf, "1"):
        with refused(ValueError, where="Adam: global_clipnorm"):
            Adam(global_clipnorm=bad)


@pytest.mark.parametrize("size", [1e22, 1e37])
@pytest.mark.parametrize("make", [SGD, Adam, Adadelta, RMSprop])
def test_clipping_holds_for_gradients_of_any_size(make, size, xp):
    """Squares of 1e22 are no float32: the step is the one of a gradient that has been made as long as c."""
    moved = []
    for scale in (size, 0.5 / 13):
        p = Tensor(np.zeros(3, "float32"), requires_grad=True)
        p.grad = minigen.backend.asarray((np.array([3, 4, 12]) * scale).astype("float32"))
        make(0.1, global_clipnorm=0.5).step([p])
        moved.append(p.numpy())
    np.testing.assert_allclose(*moved, rtol=1e-5)
    assert (moved[0] != 0).all()


def one_step(optimizer, *gradients, start=0.0):
    """How far each weight goes, from `start`."""
    weights = [Tensor(np.full(np.shape(g), start, "float32"), requires_grad=True) for g in gradients]
    for w, g in zip(weights, gradients, strict=True):
        w.grad = minigen.backend.asarray(np.asarray(g, "float32"))
    optimizer.step(weights)
    return [w.numpy() - np.float32(start) for w in weights]


def test_each_gradient_is_shortened_by_itself(xp):
    """‖(3, 4)‖ is 5 and is halved for c = 2.5; ‖(0.6, 0.8)‖ is 1 and stays."""
    large, small = one_step(SGD(1.0, clipnorm=2.5), [3.0, 4.0], [0.6, 0.8])
    np.testing.assert_allclose(large, [-1.5, -2.0], rtol=1e-6)
    np.testing.assert_allclose(small, [-0.6, -0.8], rtol=1e-6)
    huge, nothing = one_step(SGD(1.0, clipnorm=1.0), [3e30, 4e30], [0.0, 0.0])
    np.testing.assert_allclose(huge, [-0.6, -0.8], rtol=1e-6)
    np.testing.assert_array_equal(nothing, [0, 0])


def test_each_number_of_a_gradient_is_clipped(xp):
    (way,) = one_step(SGD(1.0, clipvalue=0.5), [0.1, -0.4, 3.0, -np.inf])
    np.testing.assert_allclose(way, [-0.1, 0.4, -0.5, 0.5], rtol=1e-6)


@pytest.mark.parametrize("make", [SGD, Adam, Adadelta, RMSprop])
def test_weight_decay_makes_weights_smaller_before_the_formula(make, xp):
    """w ← w - η λ w: without a gradient nothing else moves. With one, the formula's step is added, whatever λ is."""
    (way,) = one_step(make(0.1, weight_decay=0.3), [0.0, 0.0], start=2.0)
    np.testing.assert_allclose(way, -0.1 * 0.3 * 2.0, rtol=1e-5)
    with_decay, without = (one_step(make(0.1, weight_decay=d), [1.0], start=2.0)[0] for d in (0.3, None))
    np.testing.assert_allclose(with_decay - without, -0.06, rtol=1e-4)


def test_weight_decay_follows_the_schedule():
    sgd, w = SGD(optimizers.LinearDecay(0.1, 2), weight_decay=0.5), Tensor([1.0], requires_grad=True)
    for should in (0.95, 0.95 * 0.975, 0.95 * 0.975):
        w.grad = np.zeros(1, "float32")
        sgd.step([w])
        assert w.item() == pytest.approx(should)


@pytest.mark.parametrize("name", ["clipnorm", "clipvalue", "global_clipnorm", "weight_decay"])
@pytest.mark.parametrize("make", [SGD, Adam, Adadelta, RMSprop])
def test_settings_that_are_no_sizes_are_refused(make, name):
    for bad in (-1, np.inf, np.nan, "1", True, [1.0], *(() if name == "weight_decay" else (0, 0.0))):
        with refused(ValueError, where=f"{make.__name__}: {name}", fix=f"{name}="):
            make(**{name: bad})
    with refused(AttributeError, where=f"{make.__name__}.{name}"):
        setattr(make(**{name: 0.5}), name, 0.1)


def test_two_ways_of_clipping_are_one_too_many():
    with refused(ValueError, where="Adam: clipping", got="clipnorm, clipvalue"):
        Adam(clipnorm=1.0, clipvalue=0.5)
    with refused(ValueError, where="SGD: clipping", got="clipvalue, global_clipnorm"):
        SGD(clipvalue=1.0, global_clipnorm=0.5)


@pytest.mark.parametrize("settings", [{"clipnorm": 0.5}, {"clipvalue": 0.1}, {"weight_decay": 0.1}])
def test_clipping_waits_for_no_gpu(settings, stand_in):
    with minigen.using("cupy"):
        w = Tensor(np.ones(4, "float32"), requires_grad=True)
        (w * w).sum().backward()
        with counting() as moved:
            Adam(0.1, **settings).step([w])
    assert (moved["to_host"], moved["sync"]) == (0, 0)


def test_a_checkpoint_knows_the_settings(tmp_path):
    """A run goes on with the same settings only; a file of before they existed is one without them."""
    x, path = np.ones((8, 2), "float32"), tmp_path / "run.npz"

    def fit(optimizer, epochs):
        minigen.seed(0)
        model = Sequential([Input((2,)), Dense(1)])
        model.compile(optimizer, "mse")
        model.fit(x, x[:, :1], epochs=epochs, verbose=0, checkpoint=path, resume=path.exists())
        return model.get_weights()

    fit(Adam(0.1, clipnorm=0.5, weight_decay=0.1), 2)
    resumed = fit(Adam(0.1, clipnorm=0.5, weight_decay=0.1), 4)
    for other in (Adam(0.1, clipnorm=0.5), Adam(0.1, clipnorm=0.6, weight_decay=0.1), Adam(0.1)):
        with pytest.raises(ValueError, match="clipnorm|weight_decay"):
            fit(other, 5)
    path.unlink()
    for a, b in zip(resumed, fit(Adam(0.1, clipnorm=0.5, weight_decay=0.1), 4), strict=True):
        np.testing.assert_array_equal(a, b)


# ---- what has been seen of a parameter is counted for that parameter


def first_step(optimizer, w, g):
    """How far the optimizer moves a weight whose gradient is g, as a multiple of its learning rate."""
    before = w.numpy().copy()
    w.grad = np.full_like(before, g)
    optimizer.step([w])
    return (before - w.numpy()) / optimizer.learning_rate


@pytest.mark.parametrize("later", [1, 10, 1000])
def test_a_parameter_that_joins_later_takes_the_first_step_of_adam(later):
    optimizer, old, new = Adam(0.01), parameter64([1.0]), parameter64([1.0])
    for _ in range(later):
        first_step(optimizer, old, 3.0)
    assert np.allclose(first_step(optimizer, new, 3.0), 1, rtol=1e-4)  # m̂ / √v̂ of one gradient


def test_a_second_model_with_the_same_optimizer_begins_as_with_one_of_its_own():
    x, found = np.ones((4, 2), "float32"), []
    for optimizer, steps in ((Adam(0.01), 20), (Adam(0.01), 0)):
        minigen.seed(0)
        a, b = (Sequential([Input((2,)), Dense(1)]) for _ in range(2))
        a.compile(optimizer, "mse")
        b.compile(optimizer, "mse")
        for _ in range(steps):
            a.train_on_batch(x, x[:, :1])
        for _ in range(3):
            b.train_on_batch(x, x[:, :1])
        found.append(b.get_weights())
    assert all(np.array_equal(one, other) for one, other in zip(*found, strict=True))


@pytest.mark.parametrize("make", [SGD, lambda lr: SGD(lr, 0.9), Adam, RMSprop, lambda lr: SGD(lr, global_clipnorm=1.0)])
def test_a_weight_that_is_listed_twice_gets_one_step(make):
    found = []
    for listed in (lambda a, b: [a, b], lambda a, b: [a, b, a, a]):
        a, b = parameter64([1.0, 2.0]), parameter64([3.0])
        ((a * a).sum() + (b * b).sum()).backward()
        make(0.1).step(listed(a, b))
        found.append([a.numpy().tolist(), b.numpy().tolist()])
    assert found[0] == found[1]


def test_the_counts_are_part_of_the_state():
    first, second = Adam(0.01), Adam(0.01)
    old, new = parameter64([1.0]), parameter64([1.0])
    for _ in range(5):
        first_step(first, old, 3.0)
    first_step(first, new, 3.0)
    assert first.get_counts([old, new]) == [5, 1]
    second.set_state([old, new], first.get_state([old, new]), first.iterations, first.get_counts([old, new]))
    for w in (old, new):
        twin = parameter64(w.numpy())
        second.state[twin], second.counts[twin] = second.state[w], second.counts[w]
        assert np.array_equal(first_step(first, w, -2.0), first_step(second, twin, -2.0))


@pytest.mark.parametrize(
    "make, there_is",
    [
        (lambda: Adam(lr=0.1), "learning_rate=..."),
        (lambda: Adam(0.1, decay=0.1), "learning_rate=optimizers.LinearDecay"),
        (lambda: Adam(0.1, betas=(0.9, 0.99)), "beta_1=0.9, beta_2=0.999"),
        (lambda: RMSprop(0.1, alpha=0.9), "rho=..."),
        (lambda: SGD(0.1, use_ema=True), "an average of the weights"),
        (lambda: SGD(momentm=0.9), "momentum=..."),
    ],
)
def test_an_argument_of_another_name_is_answered(make, there_is):
    with pytest.raises(TypeError, match=rf"unknown argument(.|\n)*fix: +{there_is}"):
        make()


@pytest.mark.parametrize("make", [Adam, SGD, RMSprop, Adadelta])
def test_parameters_in_the_place_of_the_learning_rate_are_answered(make):
    """As PyTorch's optimizers take them, with lr= beside them or not."""
    model = Sequential([Input((2,)), Dense(1)])
    name = make.__name__
    for call in (
        lambda: make(model.parameters()),
        lambda: make(model.parameters(), lr=0.1),
        lambda: make(params=model.parameters(), lr=0.1),
        lambda: make(iter(model.parameters()), 0.1),
        lambda: make([{"params": model.parameters(), "lr": 0.1}]),
        lambda: make(learning_rate=model.parameters()),
        lambda: make(model),
    ):
        with refused(ValueError, where=f"{name}: learning_rate", fix=f"{name}(0.001), then optimizer.step("):
            call()


def test_another_name_of_the_learning_rate_is_refused_when_it_is_set():
    optimizer = SGD(0.1)
    with pytest.raises(AttributeError, match="optimizer.learning_rate"):
        optimizer.lr = 0.5
    assert optimizer.learning_rate == 0.1


@pytest.mark.parametrize("make", [SGD, Adam, Adadelta, RMSprop])
@pytest.mark.parametrize("rate", ["0.1", -1.0, float("nan"), None, True])
def test_a_learning_rate_is_checked_when_it_is_set(make, rate):
    optimizer = make(0.1)
    with refused(ValueError, where=f"{make.__name__}: learning_rate"):
        optimizer.learning_rate = rate
    assert optimizer.learning_rate == 0.1
    optimizer.learning_rate = np.float32(0.5)
    assert optimizer.learning_rate == 0.5 and type(optimizer.learning_rate) is float


def test_a_schedule_that_gives_no_rate_is_refused_at_its_step():
    w = Tensor([1.0], requires_grad=True)
    optimizer = SGD(lambda t: 0.1 if t == 0 else -1.0)
    (w * w).sum().backward()
    optimizer.step([w])
    (w * w).sum().backward()
    with refused(ValueError, where="SGD: learning_rate", fix="a schedule that returns"):
        optimizer.step([w])


@pytest.mark.parametrize(
    ("optimizer", "name", "value"),
    [
        (SGD(0.1), "momentum", 0.9),
        (SGD(0.1), "global_clipnorm", -1),
        (Adam(), "beta_1", 2),
        (RMSprop(), "momentum", 0.9),
        (Adadelta(), "rho", 0.9),
    ],
)
def test_other_settings_are_those_that_an_optimizer_was_made_with(optimizer, name, value):
    """A momentum that is set later would have no memory; it changed nothing, without a word."""
    before = getattr(optimizer, name)
    with refused(AttributeError, where=name, fix="a new optimizer"):
        setattr(optimizer, name, value)
    assert getattr(optimizer, name) == before


# ---- what a step is given

ITERABLES = {
    "generator": lambda ps: (p for p in ps),
    "tuple": tuple,
    "dict values": lambda ps: dict(enumerate(ps)).values(),
    "dict keys": lambda ps: dict.fromkeys(ps),
    "map": lambda ps: map(lambda p: p, ps),
}


@pytest.mark.parametrize("name", [name for name in ITERABLES if name != "dict keys"])
def test_step_takes_every_iterable_of_parameters(name):
    a, b = two_parameters()
    minigen.SGD(0.5).step(ITERABLES[name]([a, b]))
    assert a.item() == b.item() == 0


def test_a_gradient_set_by_hand_must_have_the_shape_of_its_weight():
    w = parameter64(np.ones((2, 3)))
    w.grad = np.ones(3)
    with refused(ValueError, "SGD.step: the gradient"):
        minigen.SGD(0.1).step([w])
    w.grad = Tensor(np.ones((2, 3)))
    minigen.SGD(0.5).step([w])
    assert (w.numpy() == 0.5).all()


def test_a_parameter_without_a_gradient_is_refused_by_name(model):
    code = model.get_layer("code")
    layer = Dense(3, name="fresh")
    layer(X)
    with refused(ValueError, where="Adam.step", got="no gradient: fresh/kernel, fresh/bias", fix="loss.backward"):
        model.optimizer.step([*code.parameters(), *layer.parameters()])


def test_a_gradient_is_applied_once(model):
    """The fixture's own step has used the gradients."""
    with refused(ValueError, where="Adam.step", got="already used: code/kernel"):
        model.optimizer.step(model.parameters())


def test_a_step_on_no_parameters_is_refused(model):
    with refused(ValueError, where="Adam.step", got="an empty list"):
        model.optimizer.step([])


def test_a_parameter_the_loss_does_not_reach(model):
    lost = Dense(2, name="lost")
    lost(X)
    loss = losses.mean_squared_error(X, model(X))
    loss.backward(wrt=[*model.parameters(), *lost.parameters()])
    with refused(ValueError, got="no gradient: lost/kernel, lost/bias"):
        model.optimizer.step([*model.parameters(), *lost.parameters()])


def test_an_own_optimizer_may_move_its_settings():
    class Own(SGD):
        def update(self, w, g, t, *slots):
            self.momentum = 0.5
            super().update(w, g, t, *slots)

    w = leaf()
    (w * w).sum().backward()
    own = Own(0.1, momentum=0.9)
    own.step([w])
    assert own.momentum == 0.5


# ---- names and numbers of arguments


def test_parameters_in_place_of_a_learning_rate_are_named_briefly():
    with pytest.raises(
        ValueError, match=r"Adam: learning_rate(.|\n)*got: +parameters(.|\n)*step\(model.parameters\(\)\)"
    ):
        minigen.Adam([parameter64(np.zeros(1000))])


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
@pytest.mark.parametrize("rate", [-1, float("nan"), "fast"])
def test_a_learning_rate_is_a_number_of_at_least_0(name, rate):
    with refused((ValueError, TypeError), where="learning_rate", expected=">= 0", got=str(rate)):
        optimizers.OPTIMIZERS[name](rate)
