"""Arguments that a function does not have: the error names them and says what to write instead."""

import inspect
import re

import numpy as np
import pytest
from helpers.advice import expression, typed
from helpers.digit_models import IMAGES, LABELS, vae
from helpers.digit_models import X as PIXELS
from helpers.parameters import leaf
from helpers.refusals import refused
from helpers.small_model import KeyWords, V, X, compiled  # noqa: F401 (in expressions)
from helpers.small_model import compiled as small  # noqa: F401 (in expressions)
from helpers.small_model import uncompiled as model

import minigen
from minigen import (
    GRU,
    LSTM,
    SGD,
    Conv2D,
    Dense,
    Flatten,
    Layer,
    Model,
    Reshape,
    SimpleRNN,
    Tensor,
    datasets,
    grad,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    plot,
)
from minigen.arguments import INSTEAD, OTHER_NAMES, unknown_argument
from minigen.training import alternate

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


UNKNOWN = {
    "vae": lambda: models.vae(2, latent=3),
    "gan": lambda: models.gan(latent_dim=3),
    "VAE.sample": lambda: vae().sample(3, seed=1),
    "VAE.encode": lambda: vae().encode(PIXELS, batch_size=1),
    "Sequential.summary": lambda: compiled().summary(expand_nested=True),
    "Sequential.save_weights": lambda: compiled().save_weights("x", overwrite=True),
    "Sequential.get_layer": lambda: compiled().get_layer(index=0),
    "grid": lambda: minigen.plot.grid(IMAGES, cmap="gray"),
    "linear_probe": lambda: models.linear_probe(PIXELS, LABELS, PIXELS, LABELS, epochs=3),
    "alternate": lambda: alternate([], validation_split=0.1),
    "seed": lambda: minigen.seed(seed=1),
}


@pytest.mark.parametrize("where", UNKNOWN)
def test_an_unknown_argument_of_a_method_or_function_is_answered(where):
    with refused(TypeError, f"{where}: unknown argument"):
        UNKNOWN[where]()


ARGUMENTS = {  # what is written elsewhere: what to write here
    "LeakyReLU(alpha=0.2)": "negative_slope=...",
    "Dense(3, input_dim=4)": "Input(shape=(n,)) before it",
    "Dense(3, activatoin='relu')": "activation=...",
    "Dense(out_features=3)": "units=...",
    "Conv2D(4, 3, input_shape=(8, 8, 1))": "Input(shape=...) before it",
    "Conv2D(4, 3, stride=2)": "strides=...",
    "Dense(3, kernel_regularizer='l2')": "Adam(weight_decay=1e-4)",
    "GRU(3, recurrent_regularizer='l2')": "Adam(weight_decay=1e-4)",
    "LSTM(3, activation='relu')": "tanh is built in",
    "MaxPooling2D(kernel_size=2)": "pool_size=...",
    "Conv2D(4, 3, bias=False)": "use_bias=...",
    "Lambda(lambda x: x, output_shape=(3,))": "one call finds it",
    "Add(axis=1)": "the last axis",
    "small().compile('adam', 'mse', clipnorm=1.0)": "Adam(clipnorm=1.0), an argument of the optimizer",
    "small().save_weights('w', overwrite=True)": "a file is replaced",
    "small().get_layer(index=0)": "model.layers[0]",
    "clip(V, min=0.0)": "low=...",
    "Tensor(V).clip(max=1.0)": "high=...",
    "Tensor(V).std(unbiased=False)": "nothing to divide by n; x.var() * n / (n - 1), and its root for std(),",
    "Tensor(V).var(ddof=1)": "x.var() * n / (n - 1)",
    "Dense(3, activity_regularizer='l2')": "train_step",
    "Dense(3, trainable=False)": "p.requires_grad = False",
    "Dropout(p=0.5)": "rate=...",
    "Dropout(0.5, seed=1)": "minigen.seed(1)",
    "Flatten(data_format='channels_first')": "x.transpose(0, 2, 3, 1)",
    "LSTM(hidden_size=3)": "units=...",
    "LSTM(3, num_layers=2)": "return_sequences=True in all but the last",
    "models.vae(input_shape=(28, 28, 1))": "image_shape=...",
    "models.gan(input_dim=784)": "image_shape=...",
    "datasets.ImageFolder('shapes', image_size=(8, 8))": "size=...",
    "datasets.ImageFolder('shapes', target_size=(8, 8))": "size=...",
    "datasets.ImageFolder('shapes', color_mode='grayscale')": "color=...",
    "datasets.load('mnist', image_size=(8, 8))": "size=...",
    "losses.half_squared_error(V, V, axis=0)": "reduction=...",
    "metrics.mean_squared_error(V, V, axis=0)": "of a metric all",
    "Layer(nam='a')": "name=...",
    "BatchNormalization(eps=1e-5)": "epsilon=...",
    "LayerNormalization(normalized_shape=4)": "it is the last axis",
    "GroupNormalization(num_groups=4)": "groups=...",
    "Input(input_shape=(3,))": "Input(shape=...)",
    "Model(input=Input((3,)), output=None)": "inputs=...",
    "Sequential([], layer=3)": "layers=...",
    "models.vae(2).compile('adam', loss_weights=[1])": "train_step",
    "models.vae(2).compile(optimiser='adam')": "optimizer=...",
    "small().fit(V, V[:, :2], validation_steps=3)": "validation_data=(x_val[:n], y_val[:n])",
    "small().fit(V, V[:, :2], validation_freq=2)": "on_epoch_end",
    "small().fit(V, V[:, :2], nb_epoch=2)": "epochs=...",
    "KeyWords(3, input_shape=(3,))": "Input(shape=...) before it",
    "models.GPT('ab', n_layer=2)": "blocks=...",
    "models.GPT('ab', num_layers=2)": "blocks=...",
    "models.GPT('ab', num_heads=2)": "heads=...",
    "models.GPT('ab', block_size=8)": "window=...",
    "models.GPT('ab', 1, 1, 8, 4).sample(max_new_tokens=9)": "n=...",
    "models.GPT('ab', 1, 1, 8, 4).sample(temp=0.5)": "temperature=...",
}


@pytest.mark.parametrize("code", ARGUMENTS)
def test_an_argument_of_another_name(code):
    with pytest.raises(TypeError) as error:
        eval(code, vars(minigen) | globals())
    text = str(error.value)
    assert "unknown argument" in text and "expected:" in text and "got:" in text
    assert ARGUMENTS[code] in text.partition("fix:")[2]


FROM_ELSEWHERE = {
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
    "grad: unknown argument 'allow_unused'": (lambda: grad(leaf().sum(), [], allow_unused=True), "grad(loss, [x])"),
    "SGD.step: unknown argument 'lr'": (lambda: SGD(0.1).step([], lr=0.1), "without lr="),
    "Task: unknown argument 'batch_size'": (lambda: minigen.Task("a", model(), X, batch_size=3), "without batch_size"),
    "sparse_categorical_crossentropy: unknown argument 'label_smoothing'": (
        lambda: losses.sparse_categorical_crossentropy([0], X, label_smoothing=0.1),
        "as targets",
    ),
    "kl_standard_normal: unknown argument 'reduction'": (
        lambda: losses.kl_standard_normal(X, X, reduction="sum"),
        'losses.MeanSquaredError(reduction="sum")',
    ),
    "accuracy: unknown argument 'threshold'": (lambda: metrics.accuracy([1], [1.0], threshold=0.3), "without"),
    "Dense: unknown argument 'out_features'": (lambda: Dense(out_features=3), "units=..."),
    "GRU: unknown argument 'hidden_size'": (lambda: GRU(hidden_size=3), "units=..."),
    "Flatten: unknown argument 'start_dim'": (lambda: Flatten(start_dim=1), "x.flatten(1)"),
}


@pytest.mark.parametrize("problem", FROM_ELSEWHERE)
def test_an_argument_from_elsewhere_is_answered(problem):
    call, fix = FROM_ELSEWHERE[problem]
    with refused(TypeError, problem):
        call()
    with pytest.raises(TypeError) as error:
        call()
    assert fix in str(error.value).partition("fix:")[2]


# ---- the tables


def test_a_name_here_goes_before_a_suggestion_and_a_suggestion_before_a_similar_name():
    def fix(name, *known):
        return unknown_argument("f", name, known).partition("fix:")[2].strip()

    assert fix("bias", "use_bias") == "use_bias=..." and fix("bias", "x") == "it without bias="
    assert fix("kernel_regularizer", "kernel_initializer") == INSTEAD["regularizer"]
    assert fix("beta_constraint", "beta_1") == INSTEAD["constraint"] != fix("activity_regularizer")
    assert fix("kernal_initializer", "kernel_initializer") == "kernel_initializer=..."
    assert fix("input_dim", "units") == INSTEAD["input_dim"]
    assert fix("input_dim", "image_shape", "units") == "image_shape=..."
    assert fix("inputs", "xs") == "xs=..." and fix("inputs", "xs", "wrt") == "wrt=..."
    assert fix("activatoin", "activation", "units") == "activation=..."
    assert "expected: no arguments" in unknown_argument("f", "lr", [])


def test_every_name_that_is_suggested_is_an_argument_of_something():
    rooms = (minigen, datasets, initializers, layers, losses, metrics, models, optimizers, plot)
    public = [value for room in rooms for value in vars(room).values() if callable(value)]
    methods = [method for value in public if inspect.isclass(value) for method in vars(value).values()]
    known = set()
    for function in [*public, *methods, *vars(Tensor).values()]:
        if callable(function) and not isinstance(function, type(Tensor)) or inspect.isclass(function):
            try:
                known |= set(inspect.signature(function).parameters)
            except (TypeError, ValueError):
                continue
    assert {name for names in OTHER_NAMES.values() for name in names} <= known


@pytest.mark.parametrize("fix", sorted({expression(fix) for fix in INSTEAD.values()} - {""}))
def test_what_is_said_of_an_argument_works_when_typed(fix):
    typed(fix)


IN_A_CALL = {  # an advice that is another argument: (the call, the argument)
    "betas": ("Adam({})", "beta_1=0.9, beta_2=0.999"),
    "ceil_mode": ("MaxPooling2D(2, {})", 'padding="same"'),
    "decay": ("Adam({})", "learning_rate=optimizers.LinearDecay(1e-3, steps)"),
    "elementwise_affine": ("LayerNormalization({})", "center=False, scale=False"),
    "from_logits": ("model.compile('adam', {})", "loss=losses.BinaryCrossentropy(from_logits=True)"),
    "ignore_class": ("losses.mse(y, y, {})", "sample_weight=(y != c) / (y != c).mean()"),
    "output_padding": ("Conv2DTranspose(2, 3, {})", 'padding="same"'),
    "pos_weight": ("model.fit(X, y, {})", "sample_weight=np.where(labels == 1, 5.0, 1.0)"),
    "validation_batch_size": ("model.fit(X, y, {}2)", "batch_size="),
    "validation_steps": ("model.fit(X, y, {})", "validation_data=(x_val[:n], y_val[:n])"),
    "weight": ("model.fit(X, y, {})", "class_weight={0: 1.0, 1: 5.0}"),
    "weighted_metrics": ("model.compile('adam', 'mse', {})", "metrics=['mae']"),
}


@pytest.mark.parametrize("name", IN_A_CALL)
def test_another_argument_that_is_said_works_when_typed(name):
    call, argument = IN_A_CALL[name]
    assert argument in INSTEAD[name]
    y, binary = np.eye(8)[:, :1], minigen.Sequential([minigen.Input((4,)), Dense(1, "sigmoid")])
    binary.compile("adam", "mse")
    given = {"X": X, "y": y, "x_val": X, "y_val": y, "labels": y, "n": 4, "c": 1, "steps": 9, "np": np}
    given["model"] = binary
    eval(call.format(argument), vars(minigen) | given)


def test_every_argument_that_is_said_is_typed():
    assert IN_A_CALL.keys() == {name for name, fix in INSTEAD.items() if re.match(r"\w+=", fix)}


def test_what_is_said_of_arguments_gives_the_number():
    """The variance with n - 1, and the loss of each image where axis= stands in Keras."""
    x, n = Tensor(X), X.size
    assert (x.var() * n / (n - 1)).item() == pytest.approx(X.var(ddof=1), rel=1e-6)
    assert ((x.var() * n / (n - 1)) ** 0.5).item() == pytest.approx(X.std(ddof=1), rel=1e-6)
    assert x.var().item() == pytest.approx(X.var(), rel=1e-6) and x.std().item() == pytest.approx(X.std(), rel=1e-6)
    assert losses.half_squared_error(X, 2 * X, reduction="none").shape == (len(X),)


def test_two_recurrent_layers_and_two_directions_work_when_typed():
    steps = np.ones((2, 3, 4), "float32")
    for kind in (GRU, LSTM, SimpleRNN):
        assert minigen.Sequential([kind(5, return_sequences=True), kind(5)])(steps).shape == (2, 5)
        forward, backward = kind(5), kind(5)
        found = {**vars(minigen), "forward": forward, "backward": backward, "x": Tensor(steps)}
        assert eval(expression(INSTEAD["bidirectional"]), found).shape == (2, 10)
