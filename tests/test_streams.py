"""Samples that are read when a batch needs them: they train as their array does, and keep what they promise."""

import tracemalloc

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.streamed import Counted, X

import minigen
from minigen import Dense, Sequential, Task, alternate, models
from minigen.streams import Streamed


def autoencoder(x):
    model = models.fc_autoencoder(4)
    model.compile("adam", "binary_crossentropy")
    history = model.fit(x, x, batch_size=16, epochs=2, verbose=0, validation_data=(x, x)).history
    return history, model.evaluate(x, x), model.predict(x), model.encode(x)


def vae(x):
    model = models.vae(2, 8)
    model.compile()
    history = model.fit(x, batch_size=16, epochs=2, verbose=0, validation_data=x).history
    return history, model.evaluate(x), model.predict(x), model.encode(x)[0], model.draw_codes(x)


def gan(x):
    model = models.gan(3)
    model.compile()
    return model.fit(x, batch_size=16, verbose=0).history, model.evaluate(x), model.discriminate(x)


def classifier(x):
    y = np.arange(50) % 10
    model = models.logistic_regression()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model.fit(x, y, verbose=0, epochs=2).history, model.evaluate(x, y)


def two_tasks(x):
    base = models.vae(2, 8)
    base.compile()
    head = models.Head(base.encoder, minigen.Dense(10, "softmax"))
    head.compile("adam", "sparse_categorical_crossentropy")
    tasks = [(Task("vae", base, x), 1), (Task("digit", head, x, np.arange(50) % 10), 1)]
    return (alternate(tasks, batch_size=16, verbose=0).history,)


@pytest.mark.parametrize("train", [autoencoder, vae, gan, classifier, two_tasks])
def test_it_trains_as_its_array_does(train):
    results = []
    for x in (X, Counted(X)):
        minigen.seed(0)
        results.append(train(x))
    np.testing.assert_equal(results[1], results[0])


def test_targets_that_are_the_input_are_read_once():
    x = Counted(X)
    model = models.fc_autoencoder(4)
    model.compile("adam", "binary_crossentropy")
    model.fit(x, x, batch_size=16, epochs=3, verbose=0)
    assert x.reads == 3 * len(X)


def test_no_more_than_a_batch_is_ever_read():
    class Limited(Counted):
        def read(self, indices):
            assert len(indices) <= 16
            return super().read(indices)

    x = Limited(X)
    model = models.vae(2, 8)
    model.compile()
    model.fit(x, batch_size=16, epochs=2, verbose=0, validation_data=Limited(X[:40]))
    model.evaluate(x, batch_size=16)
    model.predict(x, batch_size=16)


@pytest.mark.parametrize("index", [slice(10, 40, 3), [4, 1, 4], np.arange(50) % 7 == 0, 3])
def test_a_part_is_read_as_late_as_the_whole(index):
    x = Counted(X)
    part = x.part(index)
    expected = np.atleast_2d(X[index])
    assert x.reads == 0 and part.shape == expected.shape and (part.min(), part.max()) == (0.0, 1.0)
    np.testing.assert_array_equal(part[:], expected)
    np.testing.assert_array_equal(part.part([0])[:], expected[:1])
    with refused(IndexError, where="Counted: index"):
        x.part(1.5)


def test_on_the_other_library(stand_in):
    with minigen.using("cupy"):
        minigen.seed(0)
        on_device = autoencoder(Counted(X))
    minigen.seed(0)
    np.testing.assert_allclose(on_device[2], autoencoder(X)[2], rtol=1e-5)


def test_a_file_in_memory_map_is_never_copied_whole(tmp_path):
    """np.memmap is an array; a copy of all of it would take 32 MB."""
    x = np.memmap(tmp_path / "x", "float32", "w+", shape=(10_000, 784))
    x[:] = 0.5
    model = models.fc_autoencoder(4)
    model.compile("adam", "binary_crossentropy")
    tracemalloc.start()
    model.fit(x, x, batch_size=256, verbose=0, validation_data=(x[:1000], x[:1000]))
    model.evaluate(x, x, batch_size=256)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16e6


# ---- what stands for the check of all the data


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.001, 1.001])
def test_a_number_outside_of_the_range_is_found_when_it_is_read(value):
    a = X.copy()
    a[40, 7] = value
    model = models.fc_autoencoder(4)
    model.compile("adam", "binary_crossentropy")
    with refused(ValueError, where="Counted.read", expected="numbers in [0, 1]"):
        model.fit(Counted(a), Counted(a), verbose=0)


def test_the_range_is_compared_with_that_of_the_model_before_the_first_step():
    x = Counted(2 * X - 1, (-1.0, 1.0))
    with refused(ValueError, where="outside the range of the model", got="[-1, 1]"):
        models.vae().predict(x)
    model = models.fc_autoencoder()
    model.compile("adam", "binary_crossentropy")
    with refused(ValueError, where="probabilities", got="[-1, 1]"):
        model.fit(x, x)
    generator = minigen.Sequential([minigen.Input((2,)), minigen.Dense(784, "tanh")])
    discriminator = minigen.Sequential([minigen.Input((784,)), minigen.Dense(1)])
    tanh = models.GAN(generator, discriminator, data_range=(-1.0, 1.0))
    tanh.compile()
    with refused(ValueError, where="half the range", fix="2 * x - 1"):
        tanh.fit(Counted(X))
    tanh.fit(x, verbose=0)
    assert x.reads == 50


@pytest.mark.parametrize("shape", [(50, 783), (0, 784)])
def test_other_shapes_are_refused_before_anything_is_read(shape):
    x = Counted(np.zeros(shape, "float32"))
    model = models.fc_autoencoder()
    model.compile("adam", "mse")
    for call in (lambda: model.fit(x, x), lambda: model.predict(x), lambda: model.evaluate(x, x)):
        with refused(ValueError, got=str(shape)[1:-1]):
            call()
    with refused(ValueError, where="differ in length"):
        model.fit(Counted(X), Counted(X[:40]))
    assert x.reads == 0


# ---- what an array has


def test_it_has_what_an_array_has():
    x = Counted(X.reshape(50, 28, 28).astype("float64"))
    assert (x.shape, x.ndim, x.size, len(x)) == ((50, 28, 28), 3, 39_200, 50)
    assert (x.min(), x.max()) == (0.0, 1.0) and x.dtype == np.float32
    assert repr(x) == "<Counted, (50, 28, 28), numbers in [0, 1]>"
    for index in (3, -1, np.int64(7), slice(2, 9), slice(None, None, -7), [4, 1, 4], np.arange(50) % 3 == 0, ...):
        got = x[index]
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, x.array[index].astype("float32"))


def test_a_class_without_read_says_so():
    with refused(NotImplementedError, "read(self, indices)"):
        Streamed((3, 4), (0.0, 1.0))[0]


def test_one_without_the_init_of_its_base_is_told_so():
    class Bare(Streamed):
        def __init__(self):
            pass

        def read(self, indices):
            return np.zeros((len(indices), 2), "float32")

    class Whole(Bare):
        def __init__(self):
            Streamed.__init__(self, (3, 2), (0.0, 1.0))

    for use in (len, lambda x: x.ndim, lambda x: x[0], repr, lambda x: Sequential([Dense(2)]).predict(x)):
        with refused(AttributeError, where="Bare: no ", fix="super().__init__(shape, data_range)"):
            use(Bare())
    with pytest.raises(AttributeError, match="Whole has no attribute 'other'"):
        _ = Whole().other
