"""Descriptions: the steps in which a layer or model was made."""

import json

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import LSTM, Activation, Concatenate, Dense, Dropout, Input, Layer, Model, Sequential, Tensor, models
from minigen.initializers import RandomNormal
from minigen.layers import MaskedDense
from minigen.layers.description.writing import Writer, describe


def kinds(description):
    return [step.get("class") or next(iter(step)) for step in description["steps"]]


def test_steps_come_in_the_order_in_which_the_model_was_made():
    x = Input((4,))
    a, b = Dense(2), Dense(3)
    h = a(x)
    model = Model(x, Concatenate()([b(h), h]))
    found = describe(model)
    assert kinds(found) == [
        "minigen.Dense",
        "input",
        "call",
        "minigen.Dense",
        "call",
        "minigen.Concatenate",
        "call",
        "minigen.Model",
    ]
    assert found["root"] == 7
    assert found["layers"]["dense_1"] == {"class": "minigen.Dense", "dtype": "float32", "built_for": {"tuple": [1, 2]}}
    json.dumps({key: value for key, value in found.items() if key != "arrays"})


def test_names_do_not_depend_on_which_graph_is_walked_first():
    x = Input((4,))
    first, second = Dense(2), Dense(3)
    a, b = first(x), second(x)
    late = Model(x, b)
    both = Model(x, [late(x), a])
    found = [step["config"]["units"] for step in describe(both)["steps"] if step.get("class") == "minigen.Dense"]
    assert found == [2, 3]


def test_every_step_refers_to_earlier_ones_alone():
    for model in (models.vae_gan(2, 8), models.wgan_gp(2), models.PixelCNN(filters=2, blocks=1), models.MADE(4, 3)):
        for number, step in enumerate(describe(model)["steps"]):
            todo = [step]
            while todo:
                value = todo.pop()
                if isinstance(value, dict):
                    assert value.get("ref", -1) < number and value.get("symbol", [-1])[0] < number
                todo += value.values() if isinstance(value, dict) else value if isinstance(value, list) else []


def test_objects_and_arrays():
    start = RandomNormal(stddev=0.5)
    model = Sequential(
        [Input((3,)), MaskedDense(3, np.eye(3), kernel_initializer=start), Dense(2, "tanh", True, start)]
    )
    found = describe(model)
    assert kinds(found).count("minigen.RandomNormal") == 1
    assert (found["arrays"]["0"] == np.eye(3)).all()


def test_weights_that_do_not_train_and_weights_outside():
    model = Sequential([Input((4,)), Dense(2), Dense(3)])
    model.layers[0].kernel.requires_grad = False
    assert describe(model)["frozen"] == ["dense/kernel"]
    vae = models.vae(2, 8)
    head = models.Head(vae.encoder, Dense(2))
    ((number, weights),) = describe(head)["outside"]  # the head takes mu alone
    assert set(weights) == {"kernel", "bias"} and describe(head)["steps"][number]["config"]["name"] == "logvar"


def test_what_has_no_description_is_listed_at_once():
    x = Input((4,))
    h = Activation(lambda a: a)(x)
    h = Dense(2, kernel_initializer=lambda shape, dtype: np.zeros(shape, dtype), name="first")(h)
    h = Dense(2, activation=object.__new__(type("F", (), {"__call__": lambda self, a: a})))(h)
    model = Model(x, LSTM(2)(minigen.Reshape((2, 1))(h), initial_state=[Tensor(np.zeros((1, 2), "float32"))] * 2))
    for word in ("Activation, activation", "Dense 'first', kernel_initializer", "Dense, activation", "LSTM: Tensor"):
        with refused(ValueError, "it cannot be described, nothing was written", got=word):
            describe(model)


def test_two_classes_of_one_name_are_a_problem():
    def make():
        class Scale(Layer):
            def call(self, x):
                return x

        return Scale()

    with refused(ValueError, got="two classes or functions of the name Scale"):
        describe(Sequential([make(), make()]))
    writer = Writer(Sequential([make(), Dense(2)]))
    assert list(writer.custom_objects) == ["Scale"]


def test_a_layer_in_itself_is_refused():
    class Around(Layer):
        def __init__(self, others):
            super().__init__()

        def call(self, x):
            return x

    others = []
    others.append(Around(others))
    with pytest.raises((ValueError, RecursionError)):
        describe(others[0])


def test_long_graphs_need_no_recursion():
    h = x = Input((2,))
    for _ in range(1500):
        h = Dropout(0.1)(h)
    assert len(describe(Model(x, h))["steps"]) == 3002


class Odd(Layer):
    """Its get_config() returns what it was given."""

    def __init__(self, config, name=None):
        super().__init__(name)
        self.config = config

    def call(self, x):
        return x

    def get_config(self):
        return {"config": self} if self.config == "itself" else self.config


def circle(kind):
    one = kind()
    one.append(one) if kind is list else one.update(u=one)
    return one


@pytest.mark.parametrize(
    "config, problem",
    [
        ([1], "get_config() is a list, [1], no dict"),
        ("text", "get_config() is a str, 'text', no dict"),
        ("itself", "contain themselves"),
        (circle(dict), "contain themselves"),
        ({"config": circle(list)}, "contain themselves"),
    ],
    ids=["list", "text", "itself", "dict in itself", "list in itself"],
)
def test_a_config_that_is_none_is_refused(config, problem, tmp_path):
    for model in (Sequential([Input((3,)), Dense(2), Odd(config)]), Sequential([Odd(config)])):
        with refused(ValueError, "nothing was written", got=problem):
            model.save(tmp_path / "m.minigen")
