"""State dicts of PyTorch: what PyTorch trained predicts the same here, and comes back as PyTorch has it."""

import zipfile

import numpy as np
import pytest
from helpers.interchange import (
    FOLDER,
    IMAGE_NAMES,
    NORMALISED_NAMES,
    OUTLINES,
    TEXT_NAMES,
    TEXTS,
    off,
    torch_images,
    torch_normalised,
    torch_text,
)
from helpers.refusals import refused

from minigen import (
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    GroupNormalization,
    Input,
    Layer,
    LayerNormalization,
    Model,
    ReLU,
    Reshape,
    Sequential,
    interchange,
    models,
)
from minigen.storage import safetensors

LINEAR = {"0.weight": np.arange(8.0).reshape(2, 4), "0.bias": np.arange(2.0)}


def state(name):
    """The state_dict in the order of PyTorch: the file is sorted by name."""
    arrays = safetensors.read(FOLDER / f"{name}.safetensors")
    return {key: arrays[key] for key in OUTLINES["torch"][name]}


def model_of(name):
    if name == "torch_sequential":
        return Sequential([Input((6,)), Dense(4), ReLU(), *[Dense(4) for _ in range(9)], Dense(6)])
    return IMAGES[name]() if name in IMAGES else torch_text(TEXTS[name])


IMAGES = {"torch_images": torch_images, "torch_normalised": torch_normalised}
NAMES = {"torch_images": IMAGE_NAMES, "torch_normalised": NORMALISED_NAMES, **dict.fromkeys(TEXTS, TEXT_NAMES)}
NAMES["torch_sequential"] = [str(i) for i in (0, *range(2, 12))]


@pytest.mark.parametrize("name", NAMES)
def test_weights_that_pytorch_trained_predict_the_same(xp, name):
    model = model_of(name)
    interchange.load_state_dict(model, state(name))
    assert off(model, name, images=name in IMAGES) < 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_a_state_dict_comes_back_with_its_names_shapes_and_numbers(xp, name):
    model, want = model_of(name), state(name)
    interchange.load_state_dict(model, want)
    found = interchange.state_dict(model, NAMES[name])
    assert {k: (a.shape, a.dtype) for k, a in found.items()} == {k: (a.shape, a.dtype) for k, a in want.items()}
    assert all(type(a) is np.ndarray and a.flags.c_contiguous for a in found.values())
    for key, a in want.items():
        if "bias_hh" in key and name != "torch_gru":
            assert not found[key].any()  # the sum of both biases stands in bias_ih
        elif "bias_ih" in key and name != "torch_gru":
            assert (found[key] == a + want[key.replace("ih", "hh")]).all()
        elif "num_batches" not in key:
            assert (found[key] == a).all(), key


@pytest.mark.parametrize("name", NAMES)
def test_a_file_keeps_no_order_so_names_say_which_is_which(name, tmp_path):
    path = FOLDER / f"{name}.safetensors"
    model = model_of(name)
    if name == "torch_sequential":  # numbers do
        interchange.load_state_dict(model, path)
        assert off(model, name) < 1e-6
        return
    with refused(ValueError, "is not in the file: names={...} says which is which"):
        interchange.load_state_dict(model, path)
    with refused(ValueError, "is not in the file"):
        interchange.load_state_dict(model, dict(sorted(state(name).items())))
    interchange.load_state_dict(model, path, NAMES[name])
    assert off(model, name, images=name in IMAGES) < 1e-6


@pytest.mark.parametrize("layer", [BatchNormalization(), LayerNormalization(), GroupNormalization(2)])
def test_another_epsilon_is_refused_unless_it_is_said(layer):
    model = Sequential([Input((4,)), layer])
    with refused(ValueError, "epsilon=0.001, there 1e-05"):
        interchange.state_dict(model)
    assert interchange.state_dict(model, epsilon=1e-3)


def test_groups_of_a_flattened_image_are_other_groups_there():
    """One after the other here: the channels of a pixel; there the pixels of a channel."""
    flat = [[Input((4, 4, channels)), Flatten(), GroupNormalization(2, epsilon=1e-5)] for channels in (1, 2)]
    assert interchange.state_dict(Sequential([*flat[0], Dense(3)]))
    with refused(ValueError, "a layer that PyTorch has not, on features of an image"):
        interchange.state_dict(Sequential([*flat[1], Dense(3)]))


def test_modules_belong_to_layers_of_the_same_name_then_to_the_others_in_order():
    x = Input((4,))
    h = Dense(3)(x)
    model = Model(x, [Dense(2, name="mu")(h), Dense(2, name="logvar")(h)])
    arrays = {"logvar": (2, 3), "first": (3, 4), "mu": (2, 3)}
    rng = np.random.default_rng(0)
    given = {f"{k}.weight": rng.random(s) for k, s in arrays.items()} | {
        f"{k}.bias": rng.random(s[:1]) for k, s in arrays.items()
    }
    interchange.load_state_dict(model, given)
    assert np.allclose(model.get_layer("mu").kernel.numpy(), given["mu.weight"].T)
    assert np.allclose(model.get_layer("logvar").kernel.numpy(), given["logvar.weight"].T)
    assert list(interchange.state_dict(model)) == [
        f"{n}.{k}" for n in ("dense", "mu", "logvar") for k in ("weight", "bias")
    ]
    interchange.load_state_dict(model, given, {"mu": "logvar", "logvar": "mu"})
    assert np.allclose(model.get_layer("logvar").kernel.numpy(), given["mu.weight"].T)


def test_a_single_layer_and_a_part():
    layer = Dense(2)
    layer(np.ones((1, 4), "float32"))
    interchange.load_state_dict(layer, LINEAR)
    assert (layer.kernel.numpy() == LINEAR["0.weight"].T).all()
    assert list(interchange.state_dict(layer)) == ["weight", "bias"]
    vae = models.conv_vae()
    arrays = interchange.state_dict(vae)
    assert arrays["encoder.conv2d.weight"].shape == (32, 1, 3, 3)
    assert arrays["decoder.conv2d_transpose.weight"].shape == (64, 64, 3, 3)


class Tensor:
    """As far as NumPy and minigen look at a tensor of PyTorch."""

    requires_grad = False

    def __init__(self, array):
        self.data = array


def test_tensors_of_pytorch_are_taken_as_they_are():
    model = Sequential([Input((4,)), Dense(2)])
    interchange.load_state_dict(model, {key: Tensor(a) for key, a in LINEAR.items()})
    assert (model.get_weights()[0] == LINEAR["0.weight"].T).all()


def test_all_that_does_not_fit_is_listed_and_nothing_changes():
    model = torch_images()
    before = model.get_weights()
    given = state("torch_images")
    del given["first.bias"], given["norm.running_var"]
    given |= {"second.weight": np.zeros((4, 3, 2, 2)), "extra.weight": np.zeros(3), "mask": np.zeros(2)}
    for word in (
        "missing: bias (3,) of first for conv2d",
        "missing: running_var (3,) of norm for batch_normalization",
        "weight of second for conv2d_1 is (4, 3, 2, 2), not (4, 3, 3, 3)",
        "unexpected: extra",
        "unexpected: mask",
    ):
        with refused(ValueError, "nothing was changed", got=word):
            interchange.load_state_dict(model, given)
    assert all((a == b).all() for a, b in zip(model.get_weights(), before, strict=True))


class Own(Layer):
    def build(self, input_shape):
        self.s = self.add_weight("s", (input_shape[-1],), "ones")

    def call(self, x):
        return x * self.s


def test_what_pytorch_has_not_is_refused_all_at_once():
    model = Sequential([Input((4, 4, 2)), Conv2D(3, 3), Flatten(), Own(), Dense(2), BatchNormalization()])
    words = ("own: PyTorch has no Own", "Own: a layer that PyTorch has not, on features of an image", "epsilon=0.001")
    for word in words:
        with refused(ValueError, got=word):
            interchange.state_dict(model)
    with refused(ValueError, got="PyTorch has no PixelNet"):
        interchange.state_dict(models.PixelCNN(filters=2, blocks=1))
    assert interchange.state_dict(Sequential([Input((4,)), BatchNormalization()]), epsilon=1e-3)


def test_bad_arguments():
    model = Sequential([Input((4,)), Dense(2), Reshape((2,))])
    for given in (3, [1], {"0.weight": "text"}, {0: np.ones(2)}, {"0.weight": [[1], [1, 2]]}):
        with refused(TypeError, "state_dict"):
            interchange.load_state_dict(model, given)
    for names in (3, "0", {"0": 1}, {1: "dense"}):
        with refused(TypeError, "names"):
            interchange.load_state_dict(model, LINEAR, names)
    with refused(ValueError, "2 modules for 1 layers: dense"):
        interchange.state_dict(model, ["0", "1"])
    with refused(ValueError, "every name once"):
        interchange.state_dict(model, {"0": "dense", "1": "dense"})
    with refused(ValueError, "no layer with weights at 'reshape'"):
        interchange.load_state_dict(model, LINEAR, {"0": "reshape"})
    with refused(ValueError, "no module '7'"):
        interchange.load_state_dict(model, LINEAR, {"7": "dense"})
    with refused(ValueError, "epsilon"):
        interchange.state_dict(model, epsilon=-1)
    with refused(ValueError, "Dense: it has no weights yet"):
        interchange.load_state_dict(Sequential([Dense(2)]), LINEAR)
    with refused(FileNotFoundError):
        interchange.load_state_dict(model, "missing.safetensors")


def test_a_file_of_pytorch_is_answered_with_how_it_is_read(tmp_path):
    """The dict that torch.load() returns, or the name of a .safetensors file: load_state_dict() takes both."""
    model, path = Sequential([Input((4,)), Dense(2)]), tmp_path / "sd.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", "as torch.save() writes it")
    fix = f'minigen.interchange.load_state_dict(model, torch.load("{path}", map_location="cpu"))'
    for load in (model.load_weights, lambda path: interchange.load_state_dict(model, path)):
        with refused(ValueError, "cannot be read", fix=fix):
            load(path)
    path = str(tmp_path / "sd.safetensors")
    safetensors.write(path, LINEAR)
    with refused(ValueError, "do not fit", fix=f"minigen.interchange.load_state_dict(model, {path!r})"):
        model.load_weights(path)
    interchange.load_state_dict(model, path)
    np.testing.assert_array_equal(model.get_weights()[0], LINEAR["0.weight"].T)
    with refused(ValueError, "do not fit", fix="the model that saved them"):
        model.save_weights(tmp_path / "own.safetensors")
        Sequential([Input((3,)), Dense(4, name="other")]).load_weights(tmp_path / "own.safetensors")


def test_numbers_that_would_become_infinite_are_refused():
    model = Sequential([Input((2,)), Dense(1)])
    before = model.get_weights()
    weights = {"0.weight": np.full((1, 2), 1e300), "0.bias": np.zeros(1)}
    with refused(ValueError, got="too large: weight", fix="load_state_dict"):
        interchange.load_state_dict(model, weights)
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("model", ["x", None, Dense, {}])
def test_what_is_no_layer_is_refused(model):
    with refused(TypeError, "interchange.state_dict", expected="a layer or a model", fix="state_dict(model)"):
        interchange.state_dict(model)
    with refused(TypeError, "interchange.load_state_dict", fix="load_state_dict(model, arrays)"):
        interchange.load_state_dict(model, {})
