"""Every ready-made network on images of other shapes: 8 x 8, 28 x 28, colour, and rows and columns that differ."""

import inspect

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import models

N = 6
LABELS = np.arange(N) % 3

# a network for images of this shape, and what fit() takes besides the images
DENSE = {
    "fc_autoencoder": lambda s: (models.fc_autoencoder(4, image_shape=s), "itself"),
    "sparse_fc_autoencoder": lambda s: (models.sparse_fc_autoencoder(4, image_shape=s), "itself"),
    "deep_fc_autoencoder": lambda s: (models.deep_fc_autoencoder(image_shape=s), "itself"),
    "latent_autoencoder": lambda s: (models.latent_autoencoder(2, 8, image_shape=s), "itself"),
    "linear_autoencoder": lambda s: (models.linear_autoencoder(image_shape=s, encoding_dim=2), "itself, linear"),
    "vae": lambda s: (models.vae(2, 8, image_shape=s), "nothing"),
    "linear_vae": lambda s: (models.linear_vae(image_shape=s, latent_dim=2), "nothing"),
    "conditional_vae": lambda s: (models.conditional_vae(2, 3, 8, image_shape=s), "labels"),
    "gan": lambda s: (models.gan(3, image_shape=s), "nothing"),
    "conditional_gan": lambda s: (models.conditional_gan(3, 3, image_shape=s), "labels"),
    "vae_gan": lambda s: (models.vae_gan(2, 8, image_shape=s), "nothing"),
    "logistic_regression": lambda s: (models.logistic_regression(image_shape=s, classes=3), "classes"),
    "detector": lambda s: (models.detector(image_shape=s), "one number"),
}
CONVOLUTIONS = {
    "conv_autoencoder": lambda s: (models.conv_autoencoder(image_shape=s), "itself"),
    "conv_autoencoder_128": lambda s: (models.conv_autoencoder_128(image_shape=s), "itself"),
    "conv_vae": lambda s: (models.conv_vae(2, image_shape=s), "nothing"),
    "dcgan": lambda s: (models.dcgan(3, image_shape=s), "nothing"),
    "diffusion": lambda s: (models.diffusion(3, image_shape=s, filters=(4, 4), blocks=1), "labels"),
    "flow": lambda s: (models.flow(image_shape=s, filters=(4, 4), blocks=1), "nothing"),
    "wgan_gp": lambda s: (models.wgan_gp(3, image_shape=s), "nothing"),
    "digit_classifier": lambda s: (models.digit_classifier(3, image_shape=s), "classes"),
}
BINARY = {
    "MADE": lambda s: (models.MADE(image_shape=s, hidden=8), "itself, binary"),
    "PixelCNN": lambda s: (models.PixelCNN(image_shape=s, filters=4, blocks=1), "itself, binary"),
}
SHAPES = [(8, 8, 1), (28, 28, 1), (32, 32, 3), (48, 24, 1)]


def trained(make, shape):
    """The model after an epoch on images of this shape, and the images."""
    model, given = make(shape)
    x = np.random.default_rng(0).random((N, *shape)).astype("float32")
    x = np.round(x) if "binary" in given else x
    losses = {"classes": "sparse_categorical_crossentropy", "itself, linear": "mse"}
    targets = {"labels": [LABELS], "classes": [LABELS], "one number": [np.ones((N, 1), "float32")], "nothing": []}
    own_compile = given in ("nothing", "labels") or "binary" in given
    model.compile() if own_compile else model.compile("adam", losses.get(given, "binary_crossentropy"))
    history = model.fit(x, *targets.get(given, [x]), batch_size=3, verbose=0).history
    assert all(np.isfinite(v).all() for values in history.values() for v in values)
    return model, x, given


def check_pictures(model, x, given):
    """Predictions, reconstructions and samples have the shape of the images."""
    if given in ("classes", "one number"):
        assert model.predict(x).shape == (N, 3 if given == "classes" else 1)
        return
    condition = [LABELS] if given == "labels" else []
    if isinstance(model, models.Diffusion):
        assert model.sample(N, *condition, steps=2).shape == model.encode(x, *condition, steps=2).shape == x.shape
        return
    if hasattr(model, "encode") and given != "labels":
        assert model.predict(x).shape == x.shape
    if hasattr(model, "sample"):
        assert model.sample(N, *condition).shape == x.shape
    if hasattr(model, "discriminate"):
        assert model.discriminate(x, *condition).shape == (N,)


@pytest.mark.parametrize("shape", [(8, 8), (48, 24, 1), (4, 6, 3)], ids=str)
@pytest.mark.parametrize("name", DENSE)
def test_dense_networks_flatten_images_of_any_shape(name, shape):
    check_pictures(*trained(DENSE[name], shape))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_networks_of_convolutions_adapt(name, shape):
    check_pictures(*trained(CONVOLUTIONS[name], shape))


@pytest.mark.parametrize("shape", [(8, 8, 1), (12, 6, 1)], ids=str)
@pytest.mark.parametrize("name", BINARY)
def test_autoregressive_models_too(name, shape):
    model, x, given = trained(BINARY[name], shape)
    assert model.nll(x).shape == (N,)
    if np.prod(shape) <= 64:
        check_pictures(model, x, given)


def test_no_ready_made_network_is_left_out():
    made = {name for name in models.__all__ if name.islower() and inspect.isfunction(getattr(models, name))}
    other_data = {
        "toy_autoencoder",
        "toy_gan",
        "toy_diffusion",
        "point_network",
        "window_network",
    }  # points; images as one row
    other_data.add("unet")  # images with a time: it is the network in diffusion()
    networks = {name for name in made if isinstance(_made(name), minigen.Model)} - other_data
    assert networks == set(DENSE) | set(CONVOLUTIONS)


def _made(name):
    try:
        return getattr(models, name)()
    except TypeError:  # it needs arguments
        return {"linear_autoencoder": lambda: models.linear_autoencoder(4, 2)}.get(name, lambda: None)()


@pytest.mark.parametrize("name", DENSE)
def test_a_flat_image_and_one_with_axes_are_the_same_network(name):
    """The weights of one are those of the other, and so are the outputs."""
    minigen.seed(0)
    flat, given = DENSE[name]((64,))
    shaped, _ = DENSE[name]((4, 16))
    shaped.set_weights(flat.get_weights())
    x = np.random.default_rng(1).random((N, 64)).astype("float32")
    if given in ("nothing", "labels") and not hasattr(flat, "encode"):
        z = np.random.default_rng(2).standard_normal((N, 3)).astype("float32")
        condition = [LABELS] if given == "labels" else []
        one, other = flat.generate(z, *condition), shaped.generate(z, *condition)
    else:
        condition = (lambda images: [images, LABELS]) if given == "labels" else (lambda images: images)
        one, other = flat.predict(condition(x)), shaped.predict(condition(x.reshape(-1, 4, 16)))
    np.testing.assert_array_equal(one.reshape(N, -1), other.reshape(N, -1))


def test_the_loss_still_finds_the_logits_behind_the_sigmoid():
    """With shape: Dense, Reshape, Activation. A confident wrong prediction keeps its gradient."""
    model = models.fc_autoencoder(2, image_shape=(2, 2))
    model.compile("sgd", "binary_crossentropy")
    model.set_weights([100 * np.ones_like(w) for w in model.get_weights()])
    x = np.ones((1, 2, 2), "float32")
    x[0, 0, 0] = 0
    assert model.evaluate(x, x) > 100  # clipped probabilities would give 16 / 4


NEAREST = [
    ("conv_autoencoder", (30, 30, 1), ["(28, 28, 1)", "(28, 32, 1)"]),
    ("conv_vae", (50, 24, 3), ["(48, 24, 3)", "(52, 24, 3)"]),
    ("dcgan", (2, 9), ["(4, 8, 1)"]),
    ("wgan_gp", (31, 32, 1), ["(32, 32, 1)"]),
    ("conv_autoencoder_128", (28, 24, 1), ["(24, 24, 1)", "(28, 20, 1)"]),
    ("conv_autoencoder_128", (30, 30, 1), ["(28, 28, 1)", "(32, 32, 1)"]),
    ("digit_classifier", (3, 8), ["(4, 8, 1)"]),
]


@pytest.mark.parametrize(("name", "shape", "near"), NEAREST, ids=str)
def test_sizes_that_do_not_work_are_answered_with_the_nearest_that_do(name, shape, near):
    with refused(ValueError, where=f"models.{name}: image_shape", got=f"{shape[0]} x {shape[1]}"):
        CONVOLUTIONS[name](shape)
    for part in near:
        with refused(ValueError, fix=part):
            CONVOLUTIONS[name](shape)
        CONVOLUTIONS[name](eval(part))


@pytest.mark.parametrize("shape", [(), 0, (0, 8), (-1,), (2.5, 8), "28x28", None, (True, 8), (None, 8)], ids=str)
@pytest.mark.parametrize("name", [*DENSE, *CONVOLUTIONS])
def test_shapes_that_are_none(name, shape):
    with refused(ValueError, where=f"models.{name}: image_shape"):
        (DENSE | CONVOLUTIONS)[name](shape)


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions_need_rows_and_columns(name):
    for shape in ((784,), 784, (2, 8, 8, 1)):
        with refused(ValueError, expected="(rows, columns, channels)"):
            CONVOLUTIONS[name](shape)
