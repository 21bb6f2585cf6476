"""Batches that the user makes: generators, data loaders, zip() and other iterables."""

import itertools

import numpy as np
import pytest
from helpers.interrupted import ctrl_c_in_step
from helpers.notebook import in_a_notebook
from helpers.refusals import refused

import minigen
from minigen import Concatenate, Dense, Input, Lambda, Model, Sequential, Task
from minigen.training import DataWarning, is_iterable_of_batches

RNG = np.random.default_rng(0)
X = RNG.random((10, 4)).astype("float32")
Y = X[:, :2] - X[:, 2:]


class Loader:
    """As a data loader: a new iteration begins anew; each batch is a list, as PyTorch's loader has it."""

    def __init__(self, batch=4, n=10):
        self.starts, self.batch, self.n = 0, batch, n

    def __iter__(self):
        self.starts += 1
        return iter([[X[i : i + self.batch], Y[i : i + self.batch]] for i in range(0, self.n, self.batch)])


class Indexed:
    """As Keras' Sequence: a length and items, cut out of arrays, which have no end."""

    def __len__(self):
        return 3

    def __getitem__(self, i):
        return X[4 * i : 4 * i + 4], Y[4 * i : 4 * i + 4]


class OfUnknownLength(Loader):
    """As PyTorch's loader of an IterableDataset: it has a __len__, which raises."""

    def __len__(self):
        raise TypeError("object of type 'IterableDataset' has no len()")


def endless():
    for i in itertools.count():
        k = 4 * (i % 3)
        yield X[k : k + 4], Y[k : k + 4]


def model(seed=0):
    minigen.seed(seed)
    found = Sequential([Input((4,)), Dense(3, "tanh"), Dense(2)])
    found.compile("adam", "mse")
    return found


def expected(epochs=3, **options):
    """The same training on arrays."""
    return model().fit(X, Y, batch_size=4, epochs=epochs, shuffle=False, verbose=0, **options).history


SOURCES = {
    "an iterable": (Loader, {}),
    "a sequence": (Indexed, {}),
    "an iterable of unknown length": (OfUnknownLength, {}),
    "a generator": (endless, {"steps_per_epoch": 3}),
    "zip": (
        lambda: zip(itertools.cycle(np.split(X[:8], 2)), itertools.cycle(np.split(Y[:8], 2))),
        {"steps_per_epoch": 2},
    ),
}


@pytest.mark.parametrize("source", SOURCES)
def test_a_training_on_batches_is_that_on_the_arrays(source, xp):
    make, options = SOURCES[source]
    n = 8 if source == "zip" else 10
    arrays = model().fit(X[:n], Y[:n], batch_size=4, epochs=3, shuffle=False, verbose=0).history
    assert model().fit(make(), epochs=3, verbose=0, **options).history == arrays


def test_a_generator_is_read_once_and_not_further_than_needed():
    read = []

    def counting():
        for i, batch in enumerate(endless()):
            read.append(i)
            yield batch

    assert model().fit(counting(), epochs=2, steps_per_epoch=3, verbose=0).history == expected(2)
    assert read == list(range(6))
    generator = endless()
    first = model().fit(itertools.islice(generator, 3), verbose=0)
    assert first.history == expected(1)


def test_steps_per_epoch_go_on_through_an_iterable_that_can_be_read_again():
    loader = Loader()
    history = model().fit(loader, epochs=3, steps_per_epoch=2, verbose=0).history
    assert history == model().fit(X, Y, batch_size=4, epochs=3, steps_per_epoch=2, shuffle=False, verbose=0).history
    assert loader.starts == 3  # to look at the first batch, and twice to train


def test_batches_of_x_alone_with_weights_and_several_inputs():
    a, b = Input((2,)), Input((2,))
    two = Model([a, b], Dense(1)(Concatenate()([a, b])))
    two.compile("sgd", "mse")
    assert two.fit(iter([([X[:, :2], X[:, 2:]], Y[:, :1])]), verbose=0)["loss"]

    class Own(Model):
        def train_step(self, x, y=None, sample_weight=None):
            return {"loss": 1.0 if sample_weight is None else float(sample_weight.numpy().sum())}

    assert Own().fit(iter([X]), verbose=0)["loss"] == [1.0]
    assert Own().fit(iter([(X, Y, np.arange(10))]), verbose=0)["loss"] == [45.0]
    labels = np.arange(10) % 2
    assert Own().fit(iter([(X, labels, np.arange(10))]), class_weight={0: 1, 1: 2}, verbose=0)["loss"] == [70.0]


def test_validation_evaluate_and_predict_on_batches():
    trained = model()
    history = trained.fit(X, Y, verbose=0, validation_data=Loader())
    assert list(history) == ["loss", "val_loss"]
    assert history["val_loss"][0] == pytest.approx(trained.evaluate(X, Y), rel=1e-6)
    for source in (Loader, Indexed, OfUnknownLength):
        assert trained.evaluate(source()) == trained.evaluate(X, Y, batch_size=4)
    np.testing.assert_array_equal(trained.predict(Loader()), trained.predict(X, batch_size=4))
    np.testing.assert_array_equal(trained.predict(iter([X[:4], X[4:]])), trained.predict(X, batch_size=4))


def test_predict_on_batches_shows_a_bar_and_divides_large_batches(monkeypatch, capsys):
    sizes = []
    noting = Sequential([Input((4,)), Lambda(lambda x: sizes.append(len(x)) or x)])
    sizes.clear()
    in_a_notebook(monkeypatch)
    np.testing.assert_array_equal(noting.predict(Indexed(), batch_size=3, verbose=1), X)
    assert sizes == [3, 1, 3, 1, 2]
    bars = capsys.readouterr().out
    assert "Sequential.predict" in bars and "0/3" in bars
    noting.predict(Indexed())
    assert capsys.readouterr().out == ""
    with refused(ValueError, "verbose"):
        noting.predict(Indexed(), verbose="no")


def test_a_model_with_weights_to_make_gets_them_from_the_first_batch():
    minigen.seed(0)
    lazy = Sequential([Dense(3, "tanh"), Dense(2)])
    lazy.compile("adam", "mse")
    assert lazy.fit(Loader(), epochs=2, verbose=0)["loss"] and lazy.count_params() == 23


@pytest.mark.parametrize("at", [3, 5])
@pytest.mark.parametrize("steps", [None, 2])
def test_a_run_that_is_resumed_has_the_batches_of_one_without_a_break(at, steps, tmp_path, capsys):
    """Of three batches: those of the epochs before, and those of the epoch that were done, are left out."""
    options = {"epochs": 3, "verbose": 0, "checkpoint": tmp_path / "run.npz", "steps_per_epoch": steps}
    with ctrl_c_in_step(at):
        model().fit(Loader(), **options)
    resumed = model(seed=5)
    assert resumed.fit(Loader(), resume=True, **options).history == expected(3, steps_per_epoch=steps)


def test_a_generator_that_gives_the_same_batches_again_is_resumed(tmp_path):
    options = {"verbose": 0, "checkpoint": tmp_path / "run.npz", "steps_per_epoch": 2}
    model().fit(endless(), epochs=1, **options)
    history = model(seed=5).fit(endless(), epochs=3, resume=True, **options).history
    assert history == expected(3, steps_per_epoch=2)


@pytest.mark.parametrize("source", [Loader, endless])
def test_with_another_initial_epoch_the_data_begin_at_their_beginning(source):
    """As in Keras: nothing is left out of data that no training has read."""
    history = model().fit(source(), epochs=3, initial_epoch=1, steps_per_epoch=2, verbose=0).history
    assert history == expected(2, steps_per_epoch=2)
    assert history == expected(3, initial_epoch=1, steps_per_epoch=2)


def test_an_iterable_that_is_empty_when_it_is_read_again_ends_the_training():
    class Once(Loader):
        def __iter__(self):
            return super().__iter__() if self.starts < 2 else iter([])

    with pytest.warns(DataWarning, match="1 of 2 steps in epoch 2 of 4"):
        assert len(model().fit(Once(), epochs=4, steps_per_epoch=2, verbose=0)["loss"]) == 2


# ---- the end of the data


def test_a_generator_that_ends_too_early_ends_the_training():
    batches = list(itertools.islice(endless(), 5))
    with pytest.warns(DataWarning, match="2 of 3 steps in epoch 2 of 4"):
        history = model().fit(iter(batches), epochs=4, steps_per_epoch=3, verbose=0)
    assert len(history["loss"]) == 2
    with pytest.warns(DataWarning, match="0 of 5 steps in epoch 2 of 2"):
        assert len(model().fit(iter(batches), epochs=2, steps_per_epoch=5, verbose=0)["loss"]) == 1


def test_a_generator_that_ends_where_the_training_ends_is_no_problem():
    assert len(model().fit(iter(Loader()), verbose=0)["loss"]) == 1
    six = itertools.islice(endless(), 6)
    assert len(model().fit(six, epochs=2, steps_per_epoch=3, verbose=0)["loss"]) == 2


# ---- bad input


def test_a_generator_for_several_epochs_needs_steps_per_epoch():
    with refused(ValueError, "Sequential.fit: x", fix="steps_per_epoch"):
        model().fit(endless(), epochs=2, verbose=0)


def test_a_generator_is_no_validation_data():
    with refused(ValueError, "validation_data", fix="next(batches)"):
        model().fit(X, Y, validation_data=endless(), verbose=0)


@pytest.mark.parametrize("options", [{"y": Y}, {"sample_weight": np.ones(10)}, {"validation_split": 0.2}])
def test_what_belongs_to_arrays(options):
    with refused(TypeError, f"Sequential.fit: {next(iter(options))}"):
        model().fit(Loader(), verbose=0, **options)
    if "validation_split" not in options:
        with refused(TypeError, f"Sequential.evaluate: {next(iter(options))}"):
            model().evaluate(Loader(), **options)


@pytest.mark.parametrize(
    "batch",
    [
        (),
        (X, Y, np.ones(10), 1),
        (X, Y[:3]),
        (X[:, :2], Y),
        (X,),
        (np.full((2, 4), np.nan, "float32"), Y[:2]),
        "text",
        (None, Y),
    ],
    ids=["empty", "four parts", "lengths", "shape", "no targets", "NaN", "text", "None"],
)
def test_batches_that_cannot_be(batch):
    """The first one before any step, a later one when it comes."""
    trained = model()
    with refused((TypeError, ValueError), "Sequential"):
        trained.fit(iter([batch]), verbose=0)
    assert trained.optimizer.iterations == 0
    with refused((TypeError, ValueError), "Sequential"):
        trained.fit(iter([(X, Y), batch]), verbose=0)
    assert trained.optimizer.iterations == 1


def test_no_batches():
    with refused(ValueError, "Sequential.fit: no data"):
        model().fit(iter([]), verbose=0)
    with refused(ValueError, "Sequential.predict: no data"):
        model().predict(Loader(n=0))


def test_what_is_an_iterable_of_batches():
    for x in (iter([X]), Loader(), Indexed(), endless(), zip(X, Y, strict=True), map(len, "a"), {X.tobytes()}):
        assert is_iterable_of_batches(x)
    for x in (X, [X, X], (X, Y), minigen.Tensor(X), "text", b"text", {"a": X}, 3, None, memoryview(b"a"), [[1.0, 2.0]]):
        assert not is_iterable_of_batches(x), type(x)


def test_a_task_takes_arrays():
    with refused(TypeError, "Task 'a'"):
        Task("a", model(), Loader())
