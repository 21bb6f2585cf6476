"""A model that would come back from its file as another one is refused, or comes back with what was set since."""

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import SGD, Adam, Dense, Embedding, Flatten, Input, Layer, Model, Sequential, load_model, losses
from minigen.model.files.likeness import differences, differences_of_settings, settings_of, shapes_of, text_of
from minigen.optimizers import LinearDecay, Optimizer

X = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
Y = np.random.default_rng(1).normal(size=(4, 2)).astype("float32")


class Power(Layer):
    """y = alpha x^exponent, two attributes that are no arguments."""

    exponent = 1.0

    def __init__(self, name=None):
        super().__init__(name)
        self.alpha = 1.0
        self.table, self.options = [1, (2, "a")], {"a": 1}
        self.number = np.float32(1)
        self._calls = 0

    def call(self, x):
        self._calls += 1
        return self.alpha * x**self.exponent


class Signs(Optimizer):
    """w ← w - η b sign(g)"""

    def __init__(self, learning_rate=0.01, b=1.0):
        super().__init__(learning_rate)
        self.b = b

    def update(self, w, g, t, *slots):
        w -= self.learning_rate * self.b * np.sign(g)


def small(*layers, optimizer="adam", **options):
    minigen.seed(0)
    model = Sequential([Input((3,)), Dense(2), *layers])
    model.compile(optimizer, "mse", **options)
    return model


@pytest.mark.parametrize(
    "name, value",
    [
        ("loss", losses.mean_absolute_error),
        ("loss", losses.MeanSquaredError(reduction="sum")),
        ("loss_weights", [3.0]),
        ("optimizer", Adam(0.1, beta_1=0.2)),
    ],
)
def test_what_was_set_after_compile_comes_back(name, value, tmp_path):
    model = small()
    setattr(model, name, value)
    model.save(tmp_path / "m.minigen")
    found = load_model(tmp_path / "m.minigen")
    assert found.evaluate(X, Y) == model.evaluate(X, Y)
    for one in (model, found):
        one.train_on_batch(X, Y)
    assert (found.predict(X) == model.predict(X)).all()
    model.compile("sgd", "mse")
    model.save(tmp_path / "m.minigen")  # compile() is what counts then
    assert type(load_model(tmp_path / "m.minigen").optimizer) is SGD


@pytest.mark.parametrize(
    "name, value",
    [
        ("alpha", 5.0),
        ("exponent", 2.0),
        ("table", [1, (3, "a")]),
        ("options", {"a": 2}),
        ("number", np.float32(2)),
    ],
)
def test_an_attribute_that_was_set_since_is_no_argument(name, value, tmp_path):
    model = small(Power())
    model.predict(X)
    model.save(tmp_path / "m.minigen")  # _calls is another one
    setattr(model.layers[1], name, value)
    with refused(ValueError, "would make another model", got=f"power.{name}: "):
        model.save(tmp_path / "n.minigen")
    with refused(ValueError, got=f"power.{name}: "):
        model.save(tmp_path / "n.minigen", include_optimizer=False)
    assert not (tmp_path / "n.minigen").exists()


def test_a_setting_of_an_optimizer_that_was_set_since(tmp_path):
    model = small(optimizer=Signs())
    model.optimizer.b = 0.5
    with refused(ValueError, got="b=0.5"):
        model.save(tmp_path / "m.minigen")
    model = small()
    model.optimizer.schedule = LinearDecay(0.1, 10)
    with refused(ValueError, got="schedule=LinearDecay"):
        model.save(tmp_path / "m.minigen")


def test_a_run_that_was_stopped_can_be_saved(tmp_path):
    model = small(metrics=["mae"], loss_weights=[2.0])
    model.stop_training = True
    model.save(tmp_path / "m.minigen")
    model.save(tmp_path / "m.minigen", include_optimizer=False)
    assert load_model(tmp_path / "m.minigen").stop_training is False


def test_differences_in_words():
    one, other = small(), small()
    assert differences_of_settings(one, other, True) == [] and shapes_of(one) == shapes_of(other)
    other.layers[0].name = "b"
    assert differences_of_settings(one, other, True) == ["dense.name: 'b' instead of None"]
    assert differences({"a": "1", "b": "2"}, {"b": "3", "c": "4"}) == [
        "not made again: a 1",
        "new: c 4",
        "b: 3 instead of 2",
    ]
    assert settings_of(Signs()) != settings_of(Signs(b=2.0)) and settings_of(SGD(0.1)) == settings_of(SGD(0.2))
    assert text_of([1, "a", None]) == "1, 'a', None" and text_of([1, Dense(2)]) is text_of(X) is text_of(Adam()) is None


class Times(Layer):
    """y = x times the product of the factors."""

    def __init__(self, *factors, **options):
        super().__init__(**options)
        self.factors = factors

    def call(self, x):
        return x * float(np.prod(self.factors))


def test_a_layer_that_takes_any_number_of_arguments_comes_back(tmp_path):
    model = small(Times(2.0, 3.0, name="six"), Times())
    model.save(tmp_path / "m.minigen")
    found = load_model(tmp_path / "m.minigen", {"Times": Times})
    assert (found.predict(X) == model.predict(X)).all() and found.layers[1].name == "six"


class Around(Model):
    """A model around layers that wait for their first data."""

    def __init__(self, *layers):
        super().__init__()
        self.inner = Sequential(layers)

    def call(self, x, training=False):
        return self.inner(x)


@pytest.mark.parametrize(
    "x, layers",
    [
        (X, lambda: [Dense(4), Dense(2)]),
        (np.arange(8).reshape(4, 2) % 3, lambda: [Embedding(3, 4), Flatten(), Dense(2)]),
        (X, lambda: [Dense(4), Sequential([Dense(3), Dense(2)])]),
    ],
    ids=["rows", "numbers", "nested"],
)
def test_a_part_that_the_first_data_built_comes_back(x, layers, tmp_path):
    for model in (Around(*layers()), Sequential([Around(*layers())]), Around(Around(*layers()))):
        model.compile("adam", "mse")
        model.save(tmp_path / "waits.minigen")
        model.fit(x, Y, verbose=0)
        model.save(tmp_path / "m.minigen")
        found = load_model(tmp_path / "m.minigen", {"Around": Around})
        assert (found.predict(x) == model.predict(x)).all() and found.describe() == model.describe()


def test_the_fix_for_a_wrong_class_is_the_right_one(tmp_path):
    small(Times(2.0)).save(tmp_path / "m.minigen")
    with refused(ValueError, fix="in custom_objects the classes with which it was written"):
        load_model(tmp_path / "m.minigen", {"Times": Around})
    with refused(TypeError, "custom_objects", got="1: "):
        load_model(tmp_path / "m.minigen", {1: Times})

    class Fails(Layer):
        def __init__(self, units, name=None):
            super().__init__(name)
            self.units = [units]

        def call(self, x):
            return x

        def get_config(self):
            return {"other": self.units}

    with pytest.raises(ValueError) as caught:
        small(Fails(2)).save(tmp_path / "m.minigen")
    assert "custom_objects" not in str(caught.value) and "as save() wrote it" not in str(caught.value)
