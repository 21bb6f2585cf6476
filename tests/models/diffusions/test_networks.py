"""The U-Net: its values against PyTorch, sizes, gradients, files, two steps of training, and what it refuses."""

import math
from pathlib import Path

import numpy as np
import pytest
from helpers.refusals import NO_SIZES, refused

import minigen
from minigen import Tensor, gradcheck, load_model, models
from minigen.models.diffusions.schedule import CosineSchedule, StraightSchedule

GOLDEN = np.load(Path(__file__).parents[2] / "golden" / "unet.npz")
INPUTS = [GOLDEN[name] for name in ("x", "time", "label")]


def small_unet(image_shape=(8, 12, 1)):
    """The U-Net of tests/golden/make_unet.py, with its weights, in float64."""
    net = models.unet(image_shape, classes=3, filters=(2, 4), blocks=1).astype("float64")
    weights = net.named_weights()
    for i, name in enumerate(sorted(weights)):
        shape = weights[name].shape
        spread = math.sqrt(2 / math.prod(shape[:-1])) if name.endswith("kernel") else 0.3
        numbers = spread * np.sin(np.arange(math.prod(shape)) ** 2.0 + i).reshape(shape)
        weights[name].assign(numbers + 1 if name.endswith("gamma") else numbers)
    return net


# ---- values


def test_values_and_gradient_are_those_of_pytorch(xp):
    net, x = small_unet(), Tensor(INPUTS[0], requires_grad=True)
    y = net([x, *INPUTS[1:]])
    np.testing.assert_allclose(y.numpy(), GOLDEN["y"], rtol=1e-9, atol=1e-11)
    (y * Tensor(np.sin(np.arange(y.size)).reshape(y.shape))).sum().backward()
    np.testing.assert_allclose(minigen.to_numpy(x.grad), GOLDEN["dx"], rtol=1e-8, atol=1e-10)


def test_gradients():
    """Of the inputs, and of the weights that are in no block: test_blocks.py has those."""
    net, (x, time, label) = small_unet((4, 8, 1)), INPUTS
    for name, weight in net.named_weights().items():
        weight.requires_grad = not name.startswith(("time_residual_block", "spatial_attention"))
    gradcheck(lambda x, label: net([x, time[:1], label]), [x[:1, :4, :8], label[:1]], max_elements=4)


def test_a_row_of_zeros_is_no_class():
    """It adds nothing to the time, whatever the weights of the classes are."""
    net = small_unet()
    before = net(INPUTS).numpy()
    net.get_layer("dense_2").kernel.assign(np.ones((3, 128)))
    after = net(INPUTS).numpy()
    assert abs(after[0] - before[0]).max() > 1e-3 and np.array_equal(after[1], before[1])  # of classes 1 and none


# ---- sizes


def count(n, m, blocks, classes, units=128):
    """The weights of the cpu preset."""

    def dense(a, b):
        return a * b + b

    def residual(a, b):
        shortcut = dense(a, b) if a != b else 0
        return 2 * a + 2 * b + dense(9 * a, b) + dense(9 * b, b) + dense(units, b) + shortcut

    ends = dense(16, n) + 2 * n + 16 * n + 1
    between = dense(9 * n, m) + dense(9 * m, n)
    down_and_up = residual(n, n) + residual(2 * n, n) + 2 * (blocks - 1) * residual(n, n)
    middle = 2 * residual(m, m) + 2 * m + 4 * dense(m, m)
    return dense(units // 2, units) + dense(units, units) + classes * units + ends + between + down_and_up + middle


def test_number_of_weights():
    assert models.unet(classes=10).count_params() == count(48, 96, 2, 10) == 723_313
    assert models.unet().count_params() == 723_313 - 10 * 128
    assert models.unet(filters=(8, 16), blocks=1).count_params() == count(8, 16, 1, 0)


@pytest.mark.parametrize(
    ("shape", "sizes"),
    [((28, 28, 1), {"filters": (8, 16)}), ((8, 12, 3), {"filters": [4, 6]}), ((4, 8), {"preset": "gpu"})],
)
@pytest.mark.parametrize("classes", [None, 3])
def test_a_new_net_gives_zeros_of_the_shape_of_the_images(shape, sizes, classes):
    if sizes == {"preset": "gpu"}:
        sizes = {"preset": "gpu", "filters": (4, 4, 8)}
    net = models.unet(shape, classes, **sizes)
    image = (*shape, 1)[:3]
    inputs = [np.ones((2, *image), "float32"), np.full((2, 1), 0.5, "float32"), np.eye(3, dtype="float32")[:2]]
    y = net(inputs if classes else inputs[:2]).numpy()
    assert y.shape == (2, *image) and not y.any()
    assert len(net.inputs) == (3 if classes else 2)


def test_the_gpu_preset_is_wider_and_deeper():
    net = models.unet((8, 8, 1), preset="gpu")
    assert net.count_params() > 10 * models.unet((8, 8, 1)).count_params()
    resolutions = {layer.output.shape[1:3] for layer in net.layers if "residual" in layer.default_name}
    assert resolutions == {(8, 8), (4, 4), (2, 2)}


def test_a_saved_net_computes_the_same(tmp_path):
    net = small_unet()
    net.save(tmp_path / "unet.minigen")
    np.testing.assert_array_equal(load_model(tmp_path / "unet.minigen")(INPUTS).numpy(), net(INPUTS).numpy())


# ---- the models


@pytest.mark.parametrize(("make", "schedule"), [(models.diffusion, CosineSchedule), (models.flow, StraightSchedule)])
def test_two_steps_of_training_a_drawing_and_a_file(make, schedule, tmp_path):
    minigen.seed(0)
    model = make(classes=3, image_shape=(8, 8, 1), filters=(4, 8), blocks=1)
    assert model.network.count_params() == count(4, 8, 1, 3)
    assert type(model.schedule) is schedule and model.prediction == "velocity"
    model.compile()
    x, labels = np.random.default_rng(0).random((8, 8, 8, 1), dtype=np.float32), np.arange(8) % 3
    history = model.fit(x, labels, epochs=1, batch_size=4, verbose=0)
    assert np.isfinite(history.history["loss"][0])
    model.save(tmp_path / "model.minigen")
    drawn = []
    for one in (model, load_model(tmp_path / "model.minigen")):
        minigen.seed(1)
        drawn.append(one.sample(2, labels=1, steps=3))
    assert drawn[0].shape == (2, 8, 8, 1) and np.array_equal(*drawn)


# ---- what is refused


@pytest.mark.parametrize("make", [models.unet, models.diffusion, models.flow])
def test_rows_and_columns_are_multiples_of_4(make):
    with refused(ValueError, where="image_shape", expected="multiples of 4", got="27 x 28", fix="(28, 28, 1)"):
        make(image_shape=(27, 28, 1))
    with refused(ValueError, where="image_shape", expected="(rows, columns", got="784", fix="(28, 28, 1)"):
        make(image_shape=(784,))


@pytest.mark.parametrize("filters", [(8,), (8, 16, 32), (8, 0), (8, 2.5), 8, "ab", ()])
def test_filters_are_one_for_each_resolution(filters):
    expected = "2 positive integers"
    with refused(ValueError, where="unet: filters", expected=expected, got=repr(filters), fix="filters=(64, 128)"):
        models.unet(filters=filters)
    with refused(ValueError, where="unet: filters", expected="3 positive", fix="filters=(64, 128, 256)"):
        models.unet(preset="gpu", filters=(8, 16))


@pytest.mark.parametrize("n", [n for n in NO_SIZES if n is not None])
def test_blocks_and_classes_are_positive_integers(n):
    for argument in ("blocks", "classes"):
        with refused(ValueError, where=f"unet: {argument}", expected="a positive integer", fix=f"unet({argument}="):
            models.unet(**{argument: n})
    with refused(ValueError, where="preset", expected="cpu, gpu", got="tpu"):
        models.unet(preset="tpu")
