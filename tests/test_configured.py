"""get_config() and from_config(): every object remembers the arguments that it was made with."""

import dataclasses
import json

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import GRU, LSTM, SGD, Adam, Conv2D, Dense, Dropout, Input, Layer, Model, Sequential, initializers, models
from minigen.configured import Configured, class_of_name, name_of_class
from minigen.layers import Concatenate, MaskedDense, Reshape
from minigen.optimizers import LinearDecay

OBJECTS = [
    Dense(3, "relu", kernel_initializer="he_normal", name="first"),
    Dense(units=3),
    Conv2D(2, (3, 5), strides=2, padding="same", dilation_rate=1, use_bias=False),
    GRU(4, return_sequences=True),
    LSTM(4),
    Reshape((2, -1)),
    Concatenate(1),
    SGD(0.1, 0.9, nesterov=True, global_clipnorm=1.0),
    Adam(LinearDecay(1e-3, 10)),
    initializers.RandomNormal(stddev=0.02),
]


@pytest.mark.parametrize("thing", OBJECTS, ids=lambda thing: type(thing).__name__)
def test_a_config_makes_another_one_like_it(thing):
    config = thing.get_config()
    again = type(thing).from_config(json.loads(json.dumps(config)))
    assert json.dumps(again.get_config()) == json.dumps(config)
    assert again is not thing


def test_a_config_has_names_and_defaults_as_in_keras():
    assert Dropout(0.3).get_config() == {"rate": 0.3, "name": None}
    assert Dense(3, "relu").get_config() == {
        "units": 3,
        "activation": "relu",
        "use_bias": True,
        "kernel_initializer": "glorot_uniform",
        "bias_initializer": "zeros",
        "name": None,
    }


def test_what_was_set_since_is_in_it():
    layer = Dropout(0.3)
    layer.rate, layer.name, layer.other = 0.5, "noise", 3
    assert layer.get_config() == {"rate": 0.5, "name": "noise"}
    optimizer = Adam(LinearDecay(0.1, 10))
    optimizer.schedule, optimizer.learning_rate = None, 0.25
    assert optimizer.get_config()["learning_rate"] == 0.25


class Twice(Layer):
    """Its attribute is not its argument."""

    def __init__(self, units, *, scale=2, **kwargs):
        super().__init__(**kwargs)
        self.units = 2 * units
        self.dense = Dense(self.units)

    def call(self, x):
        return self.dense(x)


class Own(Twice):
    """As in the guides of Keras."""

    def __init__(self, units, factor, **kwargs):
        super().__init__(units, **kwargs)
        self.factor = factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor + 1}


def test_layers_of_the_user():
    assert Twice(3, name="it").get_config() == {"units": 3, "scale": 2, "name": "it"}
    assert Twice.from_config(Twice(3).get_config()).units == 6
    assert Own(3, 4).get_config() == {"units": 3, "factor": 5}
    assert Own.from_config(Own(3, 4).get_config()).factor == 5


class Around(Layer):
    def __init__(self, layer, others=()):
        super().__init__()
        self.layer, self.others = layer, list(others)

    def call(self, x):
        return self.layer(x)


def test_a_layer_in_a_layer_is_made_anew():
    around = Around(Dense(3, name="inner"), [Twice(2)])
    config = around.get_config()
    assert config["layer"]["class_name"] == "minigen.Dense" and config["others"][0]["class_name"] == "Twice"
    again = Around.from_config(config, {"Twice": Twice})
    assert again.layer.name == "inner" and again.layer is not around.layer and again.others[0].units == 4
    with refused(ValueError, "unknown class 'Twice'", fix="custom_objects={'Twice': Twice}"):
        Around.from_config(config)


def test_a_model_with_a_graph_is_its_description():
    x = Input((4,))
    model = Model(x, Dense(2)(Dense(3)(x)))
    again = Model.from_config(json.loads(json.dumps({k: v for k, v in model.get_config().items()})))
    assert again.describe() == model.describe()
    model = Sequential([Dense(3), Dense(2)])
    assert [layer["class_name"] for layer in model.get_config()["layers"]] == ["minigen.Dense"] * 2
    model.add(Dense(1))
    model.predict(np.ones((1, 4)))
    assert Sequential.from_config(model.get_config()).describe() == model.describe()
    vae = models.VAE.from_config(models.vae(3).get_config())
    assert vae.latent_dim == 3 and vae.decoder.layers[0].units == 512


def test_an_array_stays_an_array():
    mask = np.tril(np.ones((3, 3)))
    again = MaskedDense.from_config(MaskedDense(3, mask).get_config())
    assert (again.mask == mask).all()


@dataclasses.dataclass(eq=False)
class Data(Layer):
    rate: float

    def call(self, x):
        return x


def test_an_init_that_is_not_in_the_class_is_refused():
    with refused(TypeError, "Data.get_config", fix="def get_config(self)"):
        Data(0.5).get_config()


def test_an_init_under_another_name():
    def init(self, width):
        Layer.__init__(self)
        self.width = width

    renamed = type("Renamed", (Layer,), {"__init__": init})
    assert renamed(3).get_config() == {"width": 3}

    def decorated(*args, **keywords):
        init(*args, **keywords)

    decorated = type("Decorated", (Layer,), {"__init__": decorated})
    assert decorated(3).width == 3
    with refused(TypeError, "Decorated.get_config", expected="an __init__ that is written in the class"):
        decorated(3).get_config()


def test_bad_arguments_are_refused_as_ever():
    with refused(TypeError, "Adam: unknown argument 'lr'"):
        Adam(lr=0.1)
    with refused(TypeError, "Dense: unknown argument 'out_features'"):
        Dense(out_features=3)


def all_kinds(kind):
    for one in kind.__subclasses__():
        yield one
        yield from all_kinds(one)


def test_names_of_minigens_classes_stand_for_one_class_each():
    own = [kind for kind in all_kinds(Configured) if name_of_class(kind).startswith("minigen.")]
    assert len(own) > 60 and len({kind.__name__ for kind in own}) == len(own)
    assert all(class_of_name(name_of_class(kind), {}) is kind for kind in own)


def test_a_class_of_the_same_name_is_another_one():
    class Dense(minigen.Dense):
        pass

    assert name_of_class(Dense) == "Dense"
    assert class_of_name("Dense", {"Dense": Dense}) is Dense
    for name in ("Dense", "minigen.Nothing", 3, None):
        with refused(ValueError, "unknown class"):
            class_of_name(name, {})


class Stack(Layer):
    """Layers in a row: an __init__ that takes any number of arguments."""

    def __init__(self, first, *units, **options):
        super().__init__(options.get("name"))
        self.first, self.sizes = first, [first, *units]

    def call(self, x):
        return x


@pytest.mark.parametrize("arguments", [(1,), (1, 2), (1, 2, 3)])
@pytest.mark.parametrize("options", [{}, {"name": "s"}])
def test_any_number_of_arguments(arguments, options):
    layer = Stack(*arguments, **options)
    again = Stack.from_config(layer.get_config())
    assert again.sizes == list(arguments) and again.name == layer.name and again.get_config() == layer.get_config()
