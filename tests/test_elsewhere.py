"""Names and calls as learners of NumPy, Keras and PyTorch write them are answered with what there is here."""

import contextlib
import re

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import (
    GRU,
    SGD,
    Adam,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Input,
    Layer,
    Model,
    Op,
    Reshape,
    Sequential,
    Tensor,
    elsewhere,
    grad,
    initializers,
    losses,
    metrics,
    models,
    no_grad,
)
from minigen.storage import npz

X = np.ones((8, 4), "float32")


def leaf():
    return Tensor(np.array([[1.0, 2.0], [3.0, 4.0]]), requires_grad=True)


def model():
    return Sequential([Input(shape=(4,)), Dense(2)])


# ---- names

OWNERS = {
    "Tensor": (leaf, elsewhere.TENSOR),
    "Dense": (lambda: Dense(2), elsewhere.LAYER),
    "Sequential": (model, elsewhere.LAYER),
    "Adam": (Adam, elsewhere.OPTIMIZER),
    "minigen": (lambda: minigen, elsewhere.PACKAGE),
}
NAMES = [(owner, name) for owner, (_, table) in OWNERS.items() for name in table]


@pytest.mark.parametrize(("owner", "name"), NAMES)
def test_a_name_from_elsewhere_is_answered(owner, name):
    make, table = OWNERS[owner]
    one = make()
    with refused(AttributeError, table[name]):
        getattr(one, name)
    assert not hasattr(one, name)


def expression(fix):
    """The expression at the beginning of an advice, "" if it begins with words or is for a GPU."""
    for end in [len(fix)] + [m.start() for m in re.finditer("; |, | for ", fix)]:
        with contextlib.suppress(SyntaxError):
            compile(fix[:end], "", "eval")
            return "" if "..." in fix[:end] or "cupy" in fix[:end] else fix[:end]
    return ""


TYPED = {expression(fix) for _, table in OWNERS.values() for fix in table.values()} - {""}


@pytest.mark.parametrize("fix", sorted(TYPED))
def test_what_is_said_of_a_name_works_when_typed(fix, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one, x = Sequential([Input(shape=(2,)), Dense(2), Dense(2)]), Tensor([[1.0, 2.0], [3.0, 4.0]], True)
    one.compile("adam", "mse")
    one.save_weights("w.npz")
    optimizer, loss = one.optimizer, (one(x) ** 2).sum() + (x**2).sum()
    if "step" in fix:
        loss.backward()
    names = {"minigen": minigen, "numpy": np, "Tensor": Tensor, "Sequential": Sequential, "n": 2}
    names |= {"x": x, "a": x, "b": x, "y": Tensor([[1.0, 2.0], [2.0, 1.0]])}
    names |= {"indices": [0], "shape": (2, 2), "xs": [x, x], "data": np.ones(2), "array": np.ones(2), "path": "w.npz"}
    names |= {"layer": one.layers[0], "model": one, "optimizer": optimizer, "loss": loss, "head": one.layers[1]}
    value = eval(fix, names)
    assert value is not None or not fix.startswith(("x.numpy()", "numpy."))  # NumPy's sort() returns nothing


@pytest.mark.parametrize("owner", OWNERS)
def test_any_other_name_is_an_attribute_error(owner):
    make, _ = OWNERS[owner]
    with pytest.raises(AttributeError, match="flibbertigibbet"):
        make().flibbertigibbet  # noqa: B018
    assert not hasattr(make(), "flibbertigibbet")


def test_weights_that_wait_for_data_are_told_from_typing_errors():
    with refused(AttributeError, "the first data makes its weights"):
        Dense(2).kernel  # noqa: B018
    with pytest.raises(AttributeError) as error:
        Dense(2).kernl  # noqa: B018
    assert "first data" not in str(error.value)


# ---- arguments

UNKNOWN = {
    "sum: unknown argument 'dim'": (lambda: leaf().sum(dim=0), "axis=..."),
    "max: unknown argument 'keepdim'": (lambda: leaf().max(axis=0, keepdim=True), "keepdims=..."),
    "softmax: unknown argument 'dim'": (lambda: minigen.softmax(leaf(), dim=1), "axis=..."),
    "stack: unknown argument 'dim'": (lambda: minigen.stack([leaf()], dim=0), "axis=..."),
    "Tensor.backward: unknown argument 'create_graph'": (
        lambda: leaf().sum().backward(create_graph=True),
        "minigen.grad",
    ),
    "Tensor.backward: unknown argument 'inputs'": (lambda: leaf().sum().backward(inputs=[]), "wrt=..."),
    "Tensor: unknown argument 'dtype'": (lambda: Tensor([1.0], dtype="float64"), "np.asarray"),
    "grad: unknown argument 'allow_unused'": (lambda: grad(leaf().sum(), [], allow_unused=True), "grad(y, xs)"),
    "SGD.step: unknown argument 'lr'": (lambda: SGD(0.1).step([], lr=0.1), "without lr="),
    "Task: unknown argument 'batch_size'": (lambda: minigen.Task("a", model(), X, batch_size=3), "without batch_size"),
    "binary_crossentropy: unknown argument 'label_smoothing'": (
        lambda: losses.binary_crossentropy(X, X, label_smoothing=0.1),
        "as targets",
    ),
    "mean_squared_error: unknown argument 'reduction'": (
        lambda: losses.mean_squared_error(X, X, reduction="sum"),
        "the mean over the batch",
    ),
    "accuracy: unknown argument 'threshold'": (lambda: metrics.accuracy([1], [1.0], threshold=0.3), "without"),
    "Dense: unknown argument 'out_features'": (lambda: Dense(out_features=3), "units=..."),
    "GRU: unknown argument 'hidden_size'": (lambda: GRU(hidden_size=3), "units=..."),
    "Flatten: unknown argument 'start_dim'": (lambda: Flatten(start_dim=1), "without start_dim="),
    "Sequential.fit: unknown argument 'callbacks'": (lambda: model().fit(X, callbacks=[]), "on_epoch_end"),
}


@pytest.mark.parametrize("problem", UNKNOWN)
def test_an_argument_from_elsewhere_is_answered(problem):
    call, fix = UNKNOWN[problem]
    with refused(TypeError, problem):
        call()
    with pytest.raises(TypeError) as error:
        call()
    assert fix in str(error.value).partition("fix:")[2]


WRONG_NUMBER = {
    "Dense": lambda: Dense(),
    "Conv2D": lambda: Conv2D(3),
    "GRU": lambda: GRU(),
    "Reshape": lambda: Reshape(1, 2, 3),
    "Sequential.fit": lambda: model().fit(),
    "Sequential.predict": lambda: model().predict(),
    "Sequential.add": lambda: model().add(Dense(1), "name"),
    "mean_squared_error": lambda: losses.mean_squared_error(X),
    "generator_loss": lambda: losses.generator_loss(),
    "accuracy": lambda: metrics.accuracy([1], [1], [1]),
    "glorot_uniform": lambda: initializers.get("glorot_uniform")(),
    "where": lambda: minigen.where(X > 0),
    "SGD": lambda: SGD(0.1, 0.9, False, None, 5),
}


@pytest.mark.parametrize("where", WRONG_NUMBER)
def test_a_wrong_number_of_arguments_is_answered(where):
    with refused(TypeError, f"{where}: wrong arguments"):
        WRONG_NUMBER[where]()


def test_a_type_error_from_inside_of_a_call_is_left_alone():
    class Broken(Layer):
        def __init__(self, n):
            super().__init__()
            self.n = len(n)

    with pytest.raises(TypeError, match="has no len"):
        Broken(3)


# ---- operators and functions


@pytest.mark.parametrize(
    "operation",
    [
        lambda x: x // 2,
        lambda x: 2 // x,
        lambda x: x % 2,
        lambda x: 2 % x,
        lambda x: divmod(x, 2),
        lambda x: x & x,
        lambda x: x | 1,
        lambda x: x ^ x,
        lambda x: ~x,
        lambda x: x << 1,
        lambda x: x >> 1,
    ],
)
def test_operators_without_a_gradient_are_answered(operation):
    with refused(TypeError, "an operator of tensors"):
        operation(leaf())


ONE_NUMBER = {
    minigen.exp: np.exp,
    minigen.log: np.log,
    minigen.softplus: lambda x: np.log1p(np.exp(x)),
    minigen.square: np.square,
    minigen.sqrt: np.sqrt,
    minigen.relu: lambda x: x,
    minigen.tanh: np.tanh,
}


@pytest.mark.parametrize("function", ONE_NUMBER, ids=lambda f: f.__name__)
def test_functions_of_a_plain_number(function, xp):
    y = function(2.0)
    assert isinstance(y, minigen.backend.xp.ndarray)
    np.testing.assert_allclose(minigen.to_numpy(y), ONE_NUMBER[function](2.0), rtol=1e-6)


@pytest.mark.parametrize("function", [minigen.softmax, minigen.log_softmax, minigen.sum, minigen.logsumexp])
def test_functions_over_an_axis_of_a_plain_number_are_refused(function):
    with refused(TypeError, function.__name__):
        function(2.0)
    with refused(ValueError, f"{function.__name__}: axis"):
        function(leaf(), axis=2)


def test_softmax_over_several_axes_is_that_of_all_of_them():
    x = leaf()
    np.testing.assert_allclose(minigen.softmax(x, axis=(0, 1)).numpy().sum(), 1)
    np.testing.assert_allclose(minigen.softmax(x, axis=(0, 1)).numpy().ravel(), minigen.softmax(x.reshape(-1)).numpy())


def test_shapes_that_where_cannot_bring_together():
    with refused(ValueError, "where: shapes do not fit"):
        minigen.where(np.array([True, False, True]), leaf(), leaf())
    with refused(ValueError, "where: shapes do not fit"):
        minigen.where(leaf() > 1, leaf(), np.ones(3))


def test_arrays_as_bounds_of_clip_are_compared():
    with refused(ValueError, "clip"):
        minigen.clip(leaf(), np.array([1.0, 5.0]), np.array([2.0, 3.0]))
    y = minigen.clip(leaf(), np.array([1.5, 0.0]), Tensor(np.array([2.0, 3.0])))
    np.testing.assert_array_equal(y.numpy(), [[1.5, 2], [2, 3]])


def test_no_grad_above_a_function_and_a_generator():
    @no_grad()
    def double(x):
        """Twice x."""
        return x * 2

    assert double(leaf()).op is None and double.__doc__ == "Twice x."
    assert (leaf() * 2).op is not None

    def rows(x):
        yield x * 2

    with refused(TypeError, "@no_grad()"):
        no_grad()(rows)
    with refused(TypeError, "@no_grad()"):
        no_grad()(leaf())


def test_one_no_grad_may_be_used_in_itself():
    off = no_grad()
    with off:
        with off:
            pass
        assert (leaf() * 2).op is None
    assert (leaf() * 2).op is not None


def test_an_integer_tensor_counts_and_indexes():
    two = Tensor(np.array(2))
    assert list(range(two)) == [0, 1] and [5, 6, 7][two] == 7
    for wrong in (Tensor(2.5), leaf()):
        with refused(TypeError, "an index or a count"):
            range(wrong)
    with refused(ValueError, "item()"):
        range(Tensor(np.array([1, 2])))


# ---- own layers and models


def own(base, result):
    class Own(base):
        def call(self, x):
            return result

    return Own()


@pytest.mark.parametrize("base", [Layer, Model])
@pytest.mark.parametrize("result", [None, {"a": 1}, 3.0, "s", [1, 2], [], np.float32(2.0)], ids=repr)
def test_a_call_that_returns_no_tensor_is_answered(base, result):
    with refused(TypeError, "Own.call returned"):
        own(base, result)(X)
    with refused(TypeError, "Own.call returned"):
        own(base, result)(Input(shape=(4,)))


def test_a_call_without_an_input_is_answered():
    class Own(Layer):
        def call(self):
            return 1

    with refused(TypeError, "Own: wrong arguments"):
        Own()(X)


class Forgetful(Model):
    """Its __init__ does not call super().__init__()."""

    def __init__(self):
        self.inner = Dense(2)

    def call(self, x):
        return self.inner(x)


def test_a_model_that_forgets_super_init_trains():
    one = Forgetful()
    one.compile("sgd", "mse", metrics=["mean_squared_error"])
    history = one.fit(X, X[:, :2], epochs=2, verbose=0).history
    assert history["loss"][1] < history["loss"][0]
    assert Forgetful().metrics == () and Forgetful()._names == {}


def test_layers_in_layers_beyond_what_python_can_call():
    class Around(Model):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def call(self, x):
            return self.inner(x)

    one = Dense(2)
    for _ in range(400):
        one = Around(one)
    with refused(RecursionError, "calls in each other"):
        one(X)


# ---- values


@pytest.mark.parametrize("units", [10**30, 10**14])
def test_a_layer_that_no_memory_can_hold(units):
    with refused(MemoryError, "Dense: weight kernel"):
        Dense(units)(X)


LAYERS = {
    "Flatten": Flatten,
    "Reshape": lambda: Reshape((4,)),
    "Dense": lambda: Dense(2),
    "Dropout": lambda: Dropout(0.5),
    "BatchNormalization": BatchNormalization,
    "Conv2D": lambda: Conv2D(2, 3),
}


@pytest.mark.parametrize("name", LAYERS)
def test_what_is_no_batch_is_answered(name):
    for no_batch in (2.5, np.float32(2.5), {}):
        with refused((TypeError, ValueError), f"{name}: "):
            LAYERS[name]()(no_batch)


def test_a_size_in_place_of_a_shape():
    with refused(ValueError, "Reshape((784,))"):
        Reshape(784)


def test_an_embedding_of_no_array():
    with refused(TypeError, "Embedding: one input"):
        Embedding(3, 2)({})


def test_names_that_are_too_long_for_a_file(tmp_path):
    path = tmp_path / "w.npz"
    one = Sequential([Input(shape=(4,)), Dense(2, name="a" * 65_000)])
    one.save_weights(path)
    before = path.read_bytes()
    too_long = Sequential([Input(shape=(4,)), Dense(2, name="a" * 66_000)])
    with refused(ValueError, "is not written"):
        too_long.save_weights(path)
    assert path.read_bytes() == before


def test_the_longest_name_that_a_file_holds(tmp_path):
    """A zip file has two bytes for the length of a name."""
    longest = 65_535 - len("arrays/.npy")
    npz.write(tmp_path / "a.npz", {"a" * longest: np.zeros(1)}, {})
    assert list(npz.read(tmp_path / "a.npz")[0]) == ["a" * longest]
    with refused(ValueError, "is not written"):
        npz.write(tmp_path / "b.npz", {"a" * (longest + 1): np.zeros(1)}, {})


def test_a_call_that_returns_a_dictionary_of_tensors():
    """It may for a train_step of one's own; a graph and predict() have no names for it."""

    class Named(Model):
        def call(self, x):
            return {"mu": x, "var": x * x}

    assert set(Named()(X)) == {"mu", "var"}
    with refused(TypeError, "Named: outputs in a graph"):
        Named()(Input(shape=(4,)))
    with refused(ValueError, "Named.predict"):
        Named().predict(X)


def test_a_monitor_is_asked_for_watch_when_it_is_set():
    gan = models.gan(4)
    with pytest.raises(TypeError, match="watch"):
        gan.monitor = 3
    gan.monitor = None
    with refused(TypeError, "GANMonitor: scorer"):
        models.GANMonitor(3)


def test_an_initializer_with_a_spread_that_is_none():
    with refused(ValueError, "RandomNormal: stddev"):
        initializers.RandomNormal(0.0, -1.0)
    with refused(ValueError, "RandomNormal: mean"):
        initializers.RandomNormal("0")


def test_an_own_op_keeps_its_refusal_of_numbers():
    class Half(Op):
        "y = x / 2"

        def forward(self, x):
            return 0.5

    with refused(TypeError, "Half.forward returned no array"):
        Half()(leaf())


NO_FLOATS = {
    "text": np.array(["a", "b"]),
    "objects": np.array([None, 1.0]),
    "dates": np.array(["2020-01-01"], "M8[D]"),
    "complex numbers": np.array([1j]),
    "records": np.zeros(2, [("a", "f4")]),
}
FUNCTIONS = {
    "exp": minigen.exp,
    "softplus": minigen.softplus,
    "sum": minigen.sum,
    "logsumexp": minigen.logsumexp,
    "add": lambda x: minigen.ops.add(x, 1.0),
    "maximum": lambda x: minigen.maximum(x, 0.0),
    "sigmoid": minigen.sigmoid,
    "dropout": lambda x: minigen.dropout(x, 0.5),
    "gaussian_noise": lambda x: minigen.gaussian_noise(x, 0.5),
    "Tensor": Tensor,
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("kind", ["text", "objects", "dates", "records"])
def test_arrays_of_no_numbers_are_refused(function, kind):
    with refused(TypeError, str(NO_FLOATS[kind].dtype)):
        FUNCTIONS[function](NO_FLOATS[kind])


def test_functions_of_one_number_of_numpy():
    for number in (np.float64(2.0), np.float32(2.0), np.int64(2)):
        np.testing.assert_allclose(minigen.softplus(number), np.log1p(np.exp(2.0)), rtol=1e-6)
        assert minigen.sum(number).shape == ()


CHOICES = {
    "padding": lambda value: Conv2D(2, 3, padding=value),
    "interpolation": lambda value: minigen.UpSampling2D(2, interpolation=value),
    "verbose": lambda value: model().predict(X, verbose=value),
    "astype": lambda value: Dense(2).astype(value),
}


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("value", [np.zeros(3), [1, 2], None, "somehow", int], ids=repr)
def test_what_is_none_of_the_choices(choice, value):
    with refused(ValueError, choice):
        CHOICES[choice](value)


def test_parts_of_an_autoencoder():
    encoder, decoder = model(), Sequential([Input(shape=(2,)), Dense(4)])
    models.Autoencoder(encoder, decoder)
    with refused(TypeError, "Autoencoder: encoder"):
        models.Autoencoder(Dense(3), decoder)
    with refused(TypeError, "Autoencoder: decoder"):
        models.Autoencoder(encoder, None)
    with refused(ValueError, "data_range"):
        models.Autoencoder(encoder, decoder, data_range="0..1")
    with refused(ValueError, "SparseAutoencoder: penalty"):
        models.SparseAutoencoder(encoder, decoder, penalty="much")


def test_bounds_of_clip_that_do_not_broadcast():
    with refused(ValueError, "clip: shapes do not fit"):
        minigen.clip(leaf(), np.zeros(3), np.ones(3))
    with refused(ValueError, "gaussian_noise: stddev"):
        minigen.gaussian_noise(X, "loud")


def test_a_model_that_returns_lists_of_lists_cannot_predict():
    class Nested(Model):
        def call(self, x):
            return [[x, x], [x]]

    with refused(ValueError, "Nested.predict"):
        Nested().predict(X)


WITHOUT_A_SHAPE = {
    "transpose": minigen.transpose,
    "broadcast_to": lambda x: minigen.broadcast_to(x, (2, 2)),
    "pad": lambda x: minigen.pad(x, [(1, 1)]),
    "split": lambda x: minigen.split(x, [1]),
    "reshape": lambda x: minigen.reshape(x, (2, 2)),
    "conv2d: kernel": lambda x: minigen.conv2d(np.ones((1, 4, 4, 1), "float32"), x),
    "stack": lambda x: minigen.stack(np.array(1.5)),
}


@pytest.mark.parametrize("where", WITHOUT_A_SHAPE)
@pytest.mark.parametrize("value", [None, 0.5, [[1.0, 2.0]]], ids=repr)
def test_functions_of_what_has_no_shape(where, value):
    with refused(TypeError, where):
        WITHOUT_A_SHAPE[where](value)


def test_a_number_has_no_axis():
    for axis in (0, -1, 10**30):
        with refused(ValueError, "mean: axis"):
            Tensor(2.0).mean(axis=axis)
    assert Tensor(2.0).mean().item() == Tensor(2.0).mean(axis=()).item() == 2


def test_a_shape_that_is_a_number():
    class Own(Layer):
        def build(self, input_shape):
            self.w = self.add_weight("w", 4)

        def call(self, x):
            return x * self.w

    with refused(TypeError, "add_weight: shape"):
        Own()(X)
    with refused(TypeError, "an initializer: shape"):
        initializers.glorot_uniform(5)
    assert initializers.he_normal((0, 3)).shape == (0, 3)


def test_compare_and_draw_are_given_functions_and_names():
    with refused(TypeError, "compare: f"):
        minigen.compare(None, np.tanh, [X])
    with refused(TypeError, "compare: reference"):
        minigen.compare(minigen.tanh, None, [X])
    with refused(ValueError, "compare: tol"):
        minigen.compare(minigen.tanh, np.tanh, [X], tol="a")
    with refused(TypeError, "draw: names"):
        minigen.to_dot(leaf() * 2.0, names=["a"])


def test_text_cannot_count_fakes():
    with refused(TypeError, "GANMonitor: scorer"):
        models.GANMonitor("the scorer")


def test_numbers_that_bytes_cannot_hold():
    for function in (minigen.minimum, minigen.maximum):
        for number in (300, -1):
            with refused(TypeError, "of uint8"):
                function(np.array([5], "uint8"), number)


def test_lone_samples_of_two_inputs():
    a, b = Input(shape=(4,)), Input(shape=(4,))
    two = Model([a, b], minigen.Concatenate()([a, b]))
    with refused(ValueError, "part[None]"):
        two.predict([X[0], X[1]])
    assert two.predict([part[None] for part in [X[0], X[1]]]).shape == (1, 8)


def test_errors_inside_of_layers_stay_what_they_are():
    class Raises(Layer):
        def call(self, x, training):
            raise KeyError("boom")

    class Property(Layer):
        @property
        def double(self):
            return 2 * self.unitz

        def call(self, x):
            return x * self.double

    class Typo(Op):
        "y = x"

        def forward(self, x, i):
            return self.axxis + x

    with pytest.raises(KeyError, match="boom"):
        Raises()(X)
    with pytest.raises(AttributeError, match="unitz"):
        Property()(X)
    with pytest.raises(AttributeError, match="axxis"):
        Typo()(leaf(), np.array([1]))


def test_a_call_that_calls_itself_leaves_the_layer_as_it_was():
    class Endless(Layer):
        def build(self, input_shape):
            self.w = self.add_weight("w", (4,))

        def call(self, x):
            return self(x)

    layer = Endless()
    with refused(RecursionError, "calls in each other"):
        layer(X)
    assert not layer.built and layer.weights() == []


def test_one_no_grad_in_two_threads():
    """Each thread goes back to what it was doing."""
    import threading

    off, entered, left, seen = no_grad(), threading.Event(), threading.Event(), []

    def other():
        with no_grad():
            off.__enter__()
            entered.set()
            left.wait(10)
            off.__exit__()
            seen.append((leaf() * 2).op)

    thread = threading.Thread(target=other)
    off.__enter__()
    thread.start()
    assert entered.wait(10)
    off.__exit__()
    left.set()
    thread.join(10)
    assert seen == [None] and (leaf() * 2).op is not None


def test_no_grad_above_what_runs_later():
    async def later(x):
        return x * 2

    with refused(TypeError, "@no_grad()"):
        no_grad()(later)


def test_an_own_optimizer_may_move_its_settings():
    class Own(SGD):
        def update(self, w, g, t, *slots):
            self.momentum = 0.5
            super().update(w, g, t, *slots)

    w = leaf()
    (w * w).sum().backward()
    Own(0.1, momentum=0.9).step([w])


def test_bounds_of_clip_in_lists():
    np.testing.assert_array_equal(minigen.clip(leaf(), [1.5, 0.0], [2.0, 3.0]).numpy(), [[1.5, 2], [2, 3]])
    with refused(ValueError, "clip"):
        minigen.clip(leaf(), [3.0, 3.0], [2.0, 4.0])


def test_tensors_in_lists_of_lists():
    with refused(TypeError, "minigen.stack(xs)"):
        Tensor([[leaf(), leaf()], [leaf(), leaf()]])


def test_calls_that_do_not_fit_in_other_ways():
    with refused(TypeError, "transpose: unknown argument 'axis'"):
        leaf().transpose(axis=1)
    with pytest.raises(TypeError, match=r"expected: \*axes"):
        leaf().transpose(axis=1)
    with refused(TypeError, "Dense: wrong arguments"):
        Dense.__init__()

    class Plain(SGD):
        pass

    with refused(TypeError, "Plain: unknown argument 'lr'"):
        Plain(lr=0.1)

    class Static(Model):
        @staticmethod
        def sample(n):
            return n

    assert Static().sample(3) == 3
