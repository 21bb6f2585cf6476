"""Every loss, layer, metric and ready-made model in a file, which an interpreter that knows nothing of it loads."""

import inspect
import json

import numpy as np
import pytest
from helpers import loaded
from helpers.processes import python

import minigen
from minigen import Dense, Input, Layer, Model, layers, losses, metrics, models, museum

RNG = np.random.default_rng(0)
ROWS, IMAGES = RNG.random((6, 8), "float32"), RNG.random((6, 8, 8, 1), "float32")
BITS, LABELS, SYMBOLS = (ROWS > 0.5).astype("float32"), RNG.integers(0, 7, 6), RNG.integers(0, 4, (6, 5))
ONE_HOT = np.eye(7, dtype="float32")[LABELS]


def public(module, base):
    """The names of the public classes of a module that are subclasses of `base`."""
    kinds = [getattr(module, name) for name in module.__all__ if isinstance(getattr(module, name), type)]
    return {kind.__name__ for kind in kinds if issubclass(kind, base) and kind is not base}


# ---- layers: one model with all of them

LAYERS = {
    "images": {
        "Activation": ("relu",),
        "AveragePooling2D": (),
        "BatchNormalization": (),
        "Conv2D": (2, 3),
        "Conv2DTranspose": (2, 3),
        "Dropout": (0.5,),
        "Flatten": (),
        "GaussianNoise": (0.1,),
        "GlobalAveragePooling2D": (),
        "GroupNormalization": (-1,),
        "LayerNormalization": (),
        "LeakyReLU": (),
        "MaskedConv2D": (2, 3, "A"),
        "MaxPooling2D": (),
        "ReLU": (),
        "Rescaling": (2.0, 1.0),
        "Reshape": ((4, 16),),
        "UpSampling2D": (),
    },
    "rows": {"Dense": (3, "tanh"), "MaskedDense": (2, np.tri(8, 2)), "Lambda": (minigen.square,)},
    "pairs": {
        "Add": (),
        "Arithmetic": ("divide",),
        "Average": (),
        "Concatenate": (),
        "Maximum": (),
        "Minimum": (),
        "Multiply": (),
        "Subtract": (),
    },
    "symbols": {"Embedding": (4, 3)},
    "sequences": {
        "GRU": (2,),
        "LSTM": (2,),
        "PositionEmbedding": (5,),
        "SimpleRNN": (2,),
        "SinePositionEncoding": (),
    },
    "two sequences": {"MultiHeadAttention": (2, 3)},
}
ONLY_HERE = {"Lambda", "MaskedConv2D", "MaskedDense", "PositionEmbedding", "SinePositionEncoding"}


def with_layers(leave_out=()):
    """A model with an output for each layer."""
    images, rows, symbols = Input((8, 8, 1)), Input((8,)), Input((5,), dtype="int64")
    inputs = {"images": images, "rows": rows, "pairs": [rows, Dense(8)(rows)], "symbols": symbols}
    inputs["sequences"] = layers.Embedding(4, 3)(symbols)
    inputs["two sequences"] = [inputs["sequences"], layers.Embedding(4, 2)(symbols)]
    outputs = [
        getattr(layers, name)(*arguments)(*(inputs[kind] if kind == "two sequences" else [inputs[kind]]))
        for kind, chosen in LAYERS.items()
        for name, arguments in chosen.items()
        if name not in leave_out
    ]
    return Model([images, rows, symbols], outputs), [IMAGES, ROWS, SYMBOLS], []


# ---- losses and metrics: a model with an output for each


def compiled(kinds, **options):
    """A model with an output for each of the kinds of targets, and its data."""
    targets = {"labels": LABELS, "one-hot": ONE_HOT, "bits": BITS}
    x, outputs = Input((8,)), {"labels": (7, "softmax"), "one-hot": (7, "softmax"), "bits": (8, "sigmoid")}
    model = Model(x, [Dense(*outputs[kind])(x) for kind in kinds] if len(kinds) > 1 else Dense(*outputs[kinds[0]])(x))
    model.compile("adam", **options)
    return model, [ROWS], [targets[kind] for kind in kinds]


OBJECTS = {
    "BinaryCrossentropy": ("bits", {"label_smoothing": 0.1, "axis": [1]}),
    "CategoricalCrossentropy": ("one-hot", {"label_smoothing": 0.2}),
    "MeanAbsoluteError": ("bits", {"name": "distance"}),
    "MeanSquaredError": ("bits", {"reduction": "sum"}),
    "SparseCategoricalCrossentropy": ("labels", {"reduction": "sum"}),
}
KINDS = {"sparse": "labels", "categorical": "one-hot", "top": "one-hot", "accuracy": "labels", "acc": "labels"}


def kind_of(name):
    return KINDS.get(name.partition("_")[0], "bits")


def with_objects():
    made = [getattr(losses, name)(**options) for name, (_, options) in OBJECTS.items()]
    return compiled([kind for kind, _ in OBJECTS.values()], loss=made, loss_weights=[1.0, 0.5, 2.0, 1.5, 3.0])


def with_losses(chosen):
    return compiled([kind_of(name) for name in chosen], loss=list(chosen))


def with_metrics():
    measured = [[name for name in metrics.METRICS if kind_of(name) == kind] for kind in ("labels", "one-hot", "bits")]
    loss = ["sparse_categorical_crossentropy", "categorical_crossentropy", "mse"]
    return compiled(["labels", "one-hot", "bits"], loss=loss, metrics=measured)


# ---- ready-made models


def ready(model, *data, loss="mse"):
    """The model, compiled as it is by default, or with a loss; and its data, x or x and y."""
    for gan in (model, getattr(model, "gan", None)):
        if hasattr(gan, "monitor"):
            gan.monitor = None
    takes = inspect.signature(model.compile).parameters
    model.compile(*(["adam", loss] if "loss" in takes and takes["loss"].default is None else []))
    return model, list(data[:1]), list(data[1:])


INK, TO_LABELS = (IMAGES > 0.5).astype("float32"), "sparse_categorical_crossentropy"
TIMES = np.linspace(0.1, 0.9, 6, dtype="float32")[:, None]
READY_MADE = {
    "CharRNN": lambda: ready(models.CharRNN("abcd", "gru", 3, 2), SYMBOLS, SYMBOLS[:, ::-1]),
    "GPT": lambda: ready(models.GPT("abcd", 2, 2, 4, 5), SYMBOLS, SYMBOLS[:, ::-1]),
    "ImageGPT": lambda: ready(models.ImageGPT((8, 8), 1, 2, 4), INK, INK),
    "Head": lambda: ready(models.Head(models.vae(2, 8, 8).encoder, Dense(7, "softmax")), ROWS, LABELS, loss=TO_LABELS),
    "MADE": lambda: ready(models.MADE(8, 5, "random"), BITS, BITS),
    "PixelCNN": lambda: ready(models.PixelCNN((8, 8), 2, 1), INK, INK),
    "conditional_gan": lambda: ready(models.conditional_gan(2, 7, image_shape=8), ROWS, LABELS),
    "conditional_vae": lambda: ready(models.conditional_vae(2, 7, 8, 8), ROWS, LABELS),
    "conv_autoencoder": lambda: ready(models.conv_autoencoder((8, 8, 1)), IMAGES, IMAGES),
    "conv_autoencoder_128": lambda: ready(models.conv_autoencoder_128((8, 8, 1)), IMAGES, IMAGES),
    "conv_vae": lambda: ready(models.conv_vae(2, (8, 8, 1)), IMAGES),
    "dcgan": lambda: ready(models.dcgan(2, image_shape=(8, 8, 1)), IMAGES),
    "deep_fc_autoencoder": lambda: ready(models.deep_fc_autoencoder(8), ROWS, ROWS),
    "detector": lambda: ready(models.detector(8, 3), ROWS, BITS[:, :1]),
    "diffusion": lambda: ready(models.diffusion(7, image_shape=(8, 8, 1), filters=(4, 4), blocks=1), IMAGES, LABELS),
    "digit_classifier": lambda: ready(models.digit_classifier(7, (8, 8, 1)), IMAGES, LABELS, loss=TO_LABELS),
    "flow": lambda: ready(models.flow(image_shape=(8, 8, 1), filters=(4, 4), blocks=1), IMAGES),
    "fc_autoencoder": lambda: ready(models.fc_autoencoder(3, 8), ROWS, ROWS),
    "gan": lambda: ready(models.gan(2, margin=0.4, image_shape=8), ROWS),
    "latent_autoencoder": lambda: ready(models.latent_autoencoder(2, 5, 8), ROWS, ROWS),
    "linear_autoencoder": lambda: ready(models.linear_autoencoder(8, 2), ROWS, ROWS),
    "linear_vae": lambda: ready(models.linear_vae(8, 2), ROWS),
    "logistic_regression": lambda: ready(models.logistic_regression(8, 7), ROWS, LABELS, loss=TO_LABELS),
    "sparse_fc_autoencoder": lambda: ready(models.sparse_fc_autoencoder(3, 0.1, 8), ROWS, ROWS),
    "point_network": lambda: (models.point_network(8, 4, 1), [ROWS, TIMES], []),
    "toy_autoencoder": lambda: ready(models.toy_autoencoder(), ROWS[:, :4], ROWS[:, :4]),
    "toy_diffusion": lambda: ready(models.toy_diffusion(features=8, units=4), ROWS),
    "toy_gan": lambda: ready(models.toy_gan(), ROWS[:, :1]),
    "unet": lambda: (models.unet((8, 8, 1), filters=(4, 4), blocks=1), [IMAGES, TIMES], []),
    "vae": lambda: ready(models.vae(2, 5, 8), ROWS),
    "vae_gan": lambda: ready(models.vae_gan(2, 5, image_shape=8), ROWS),
    "wgan_gp": lambda: ready(models.wgan_gp(2, image_shape=(8, 8, 1)), IMAGES),
    "window_network": lambda: ready(
        models.window_network(3, 4, 64), INK.reshape(6, 1, 64, 1), INK.reshape(6, 1, 64, 1)
    ),
    "museum": lambda: ready(museum.vae.build(museum.vae.KLByMean, 2, 5, 8), ROWS),
}
# ---- all of them

CASES = {
    "layers": with_layers,
    "layers_of_keras": lambda: with_layers(ONLY_HERE),
    "objects": with_objects,
    "losses": lambda: with_losses(losses.LOSSES),
    "losses_of_keras": lambda: with_losses([n for n in losses.LOSSES if n not in ("half_squared_error", PER_IMAGE)]),
    "metrics": with_metrics,
    **READY_MADE,
}
OF_KERAS = ["layers_of_keras", "objects", "losses_of_keras", "metrics", "detector", "digit_classifier"]
OF_KERAS += ["logistic_regression", *(name for name in READY_MADE if "autoencoder" in name and "sparse" not in name)]
PER_IMAGE = "binary_crossentropy_per_image"
FILES = [f"{name}.minigen" for name in CASES] + [f"{name}.keras" for name in OF_KERAS]


def test_every_public_name_is_in_a_file():
    assert {name for chosen in LAYERS.values() for name in chosen} == public(layers, Layer)
    assert set(OBJECTS) == public(losses, losses.Loss)
    kinds = {"Sequential"} | public(models, Model)
    returned = {name: getattr(getattr(models, name), "__annotations__", {}).get("return") for name in models.__all__}
    made = {name for name, kind in returned.items() if kind in kinds}
    assert set(READY_MADE) == made | {
        "CharRNN",
        "GPT",
        "Head",
        "ImageGPT",
        "MADE",
        "PixelCNN",
        "museum",
        "point_network",
        "unet",
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """(what the models compute here, what they compute in one fresh interpreter that has loaded them all)."""
    folder, here = tmp_path_factory.mktemp("fresh"), {}
    for name, make in CASES.items():
        minigen.seed(0)
        model, xs, ys = make()
        data = {f"x{i}": a for i, a in enumerate(xs)} | {f"y{i}": a for i, a in enumerate(ys)}
        np.savez(folder / f"{name}.npz", **data)
        for suffix in [".minigen", ".keras"][: 1 + (name in OF_KERAS)]:
            model.save(folder / f"{name}{suffix}")
            here[f"{name}{suffix}"] = loaded.numbers(model, data)
    status, out, error = python(loaded.__file__, folder)
    assert status == 0, error.decode()
    return here, json.loads(out)


@pytest.mark.parametrize("name", FILES)
def test_a_fresh_interpreter_computes_the_same(name, results):
    here, there = results
    assert there[name] == here[name]
