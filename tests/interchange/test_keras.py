"""Whole models in .keras files: those of Keras are read, and what is written is what Keras writes."""

import json
import zipfile

import numpy as np
import pytest
from helpers.interchange import FOLDER, KERAS, off
from helpers.memory import peak
from helpers.refusals import refused

import minigen
from minigen import (
    SGD,
    Adam,
    AdamW,
    BatchNormalization,
    Dense,
    Dropout,
    Flatten,
    Input,
    Model,
    Reshape,
    RMSprop,
    Sequential,
    load_model,
    losses,
    models,
)
from minigen.optimizers import LinearDecay


def config_of(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("config.json"))


def rewritten(name, tmp_path, change):
    """A copy of a golden file with another config."""
    path = tmp_path / "changed.keras"
    with zipfile.ZipFile(FOLDER / f"{name}.keras") as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.namelist():
            data = old.read(entry)
            if entry == "config.json":
                config = json.loads(data)
                change(config)
                data = json.dumps(config).encode()
            new.writestr(entry, data)
    return path


@pytest.mark.parametrize("name", KERAS)
def test_a_model_that_keras_wrote_predicts_the_same(xp, name):
    draws = minigen.backend.random_state()
    model = load_model(FOLDER / f"{name}.keras")
    assert off(model, name) < 1e-6
    assert minigen.backend.random_state() == draws


def test_what_compile_was_given_comes_along():
    model = load_model(FOLDER / "keras_images.keras")
    assert isinstance(model.optimizer, Adam)
    assert model.optimizer.get_config() == Adam(0.01, beta_1=0.5, global_clipnorm=1.0).get_config()
    assert model.loss == [losses.binary_crossentropy, losses.mean_squared_error]
    model = load_model(FOLDER / "keras_text.keras")
    assert model.optimizer.get_config() == RMSprop(LinearDecay(0.01, 100)).get_config()
    assert [name for name, _, _ in model.metrics] == ["accuracy"]
    assert load_model(FOLDER / "keras_shared.keras").loss.keywords["from_logits"] is True
    model = load_model(FOLDER / "keras_residual.keras")
    assert model.loss is losses.sparse_categorical_crossentropy
    assert [name for name, _, _ in model.metrics] == ["accuracy", "sparse_top_k_categorical_accuracy"]
    model = load_model(FOLDER / "keras_normalised.keras")
    assert isinstance(model.optimizer, AdamW)
    assert model.optimizer.get_config() == AdamW(0.01, 0.02).get_config()
    assert load_model(FOLDER / "keras_text.keras", compile=False).loss is None


@pytest.mark.parametrize("name", KERAS)
def test_a_model_that_was_written_again_is_the_same(xp, name, tmp_path):
    model = load_model(FOLDER / f"{name}.keras")
    model.save(tmp_path / "again.keras")
    again = load_model(tmp_path / "again.keras")
    assert off(again, name) < 1e-6
    assert again.describe() == model.describe()
    assert again.optimizer.get_config() == model.optimizer.get_config()


# What Keras writes besides: settings that have no meaning here, with the values that minigen computes with.
ONLY_KERAS = """
compile_config weighted_metrics loss_weights run_eagerly steps_per_execution jit_compile amsgrad centered clipnorm
clipvalue ema_momentum ema_overwrite_frequency gradient_accumulation_steps loss_scale_factor use_ema
weight_decay input_axes output_axes seed beta_initializer gamma_initializer moving_mean_initializer
moving_variance_initializer mask training build_config build_input_shape label_smoothing reduction axis name
dtype""".split()
CALLED_OTHERWISE = ("module", "registered_name", "shared_object_id", "learning_rate", "loss", "metrics")


def differences(theirs, ours, at=""):
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in sorted({*theirs, *ours} - set(CALLED_OTHERWISE)):
            if key in theirs and key in ours:
                yield from differences(theirs[key], ours[key], f"{at}/{key}")
            elif key not in ONLY_KERAS:
                yield f"{at}/{key}"
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for i, (one, other) in enumerate(zip(theirs, ours, strict=True)):
            yield from differences(one, other, f"{at}[{i}]")
    elif theirs != ours:
        yield f"{at}: {theirs}, {ours}"


@pytest.mark.parametrize("name", KERAS)
def test_the_config_is_that_of_keras(name, tmp_path):
    path = tmp_path / "again.keras"
    load_model(FOLDER / f"{name}.keras").save(path)
    assert list(differences(config_of(FOLDER / f"{name}.keras"), config_of(path))) == []
    assert list(differences(config_of(FOLDER / f"{name}.keras"), {**config_of(path), "class_name": "Other"})) != []


def test_what_keras_has_not_is_refused_all_at_once(tmp_path):
    x = Input((4,))
    model = Model(x, Dropout(0.5)(Dense(2, activation=lambda a: a * 2, name="first")(x), training=True))
    model.compile(Adam(lambda t: 0.1), lambda y, p: ((y - p) ** 2).mean(), [lambda y, p: 1.0])
    path = tmp_path / "m.keras"
    for word in ("first: activation", "training=True in the graph", "learning_rate", "loss", "metric"):
        with refused(ValueError, got=word):
            model.save(path)
    with refused(ValueError, got="VAE: a model without a graph of layers"):
        models.vae().save(path)
    with refused(ValueError, got="MaskedDense is no layer of Keras"):
        models.MADE(4, 3).logits.save(path)
    assert not path.exists()


def test_a_step_of_its_own_is_refused_and_left_out_on_request(tmp_path):
    """The penalty of a sparse autoencoder is in its step, which Keras' files have no place for."""
    model = models.sparse_fc_autoencoder(3, 0.1, 8)
    model.compile("adam", "mse")
    with refused(ValueError, got="a train_step() of its own", fix="include_optimizer=False"):
        model.save(tmp_path / "m.keras")
    model.save(tmp_path / "m.keras", include_optimizer=False)
    x = np.ones((2, 8), "float32")
    np.testing.assert_allclose(load_model(tmp_path / "m.keras").predict(x), model.predict(x), rtol=1e-6)


def test_a_call_of_its_own_is_refused(tmp_path):
    class Doubled(Model):
        def call(self, x, training=False):
            return 2 * super().call(x, training)

    x = Input((3,))
    with refused(ValueError, got="a call() of its own"):
        Doubled(x, Dense(2)(x)).save(tmp_path / "m.keras")


def test_what_minigen_has_not_is_refused_all_at_once(tmp_path):
    def change(config):
        first, second, third = config["config"]["layers"][1:4]
        first["config"]["mask_zero"] = True
        second["config"]["go_backwards"] = True
        third["class_name"] = "LayerNormalization"
        config["compile_config"]["optimizer"]["class_name"] = "Lion"

    path = rewritten("keras_text", tmp_path, change)
    for word in ("mask_zero=True", "go_backwards=True", "LayerNormalization 'gru'", "optimizer Lion"):
        with refused(ValueError, got=word):
            load_model(path)


@pytest.mark.parametrize("layer", [{"module": "own"}, {"module": "keras.src.ops.numpy"}, {"module": None}])
def test_a_class_of_the_same_name_that_is_no_layer_of_keras_is_refused(layer, tmp_path):
    path = rewritten("keras_text", tmp_path, lambda config: config["config"]["layers"][-1].update(layer))
    with refused(ValueError, got=f"Dense 'dense_1' of {layer['module']}: minigen has no such layer"):
        load_model(path)


def test_arithmetic_with_numbers_comes_back(tmp_path):
    x = Input((3,))
    y = minigen.layers.Subtract()([1 - x, x / 2]) + 3 * x**2 - 2 / (x + 1)
    model = Model(x, y - x * x)
    model.save(tmp_path / "m.keras")
    rows = np.random.default_rng(0).random((4, 3), "float32")
    assert (load_model(tmp_path / "m.keras").predict(rows) == model.predict(rows)).all()


def test_weights_that_do_not_train_stay_so(tmp_path):
    def change(config):
        config["config"]["layers"][1]["config"]["layers"][1]["config"]["trainable"] = False

    model = load_model(rewritten("keras_images", tmp_path, change))
    frozen = [path for path, w in model.named_weights().items() if not w.requires_grad]
    assert [path for path in frozen if "moving" not in path] == ["encoder/conv2d/kernel"]


def broken(entries, tmp_path):
    path = tmp_path / "broken.keras"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


def test_archives_that_are_none_are_refused(tmp_path):
    with zipfile.ZipFile(FOLDER / "keras_text.keras") as archive:
        config, weights = archive.read("config.json"), archive.read("model.weights.h5")
    entries = [("config.json", config), ("model.weights.h5", weights)]
    (tmp_path / "none.keras").write_bytes(b"no archive")
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    paths = [
        tmp_path / "none.keras",
        broken(entries[:1], tmp_path),
        broken([("config.json", deep), entries[1]], tmp_path),
        broken([("config.json", b"[1, 2]"), entries[1]], tmp_path),
        broken([entries[0], ("model.weights.h5", b"short")], tmp_path),
    ]
    for path in paths:
        with refused(ValueError, "a .keras file, complete" if path.name == "none.keras" else ""):
            load_model(path)
    with zipfile.ZipFile(tmp_path / "packed.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    with refused(ValueError, "compressed entries"):
        load_model(tmp_path / "packed.keras")
    with refused(FileNotFoundError):
        load_model(tmp_path / "missing.keras")


@pytest.mark.parametrize("units", [10**12, -1, 2.5, "many", None, [1]])
def test_a_config_with_another_size_takes_no_memory(units, tmp_path):
    def change(config):
        config["config"]["layers"][-1]["config"]["units"] = units

    with refused(ValueError):
        load_model(rewritten("keras_text", tmp_path, change))


def test_images_of_another_size_take_no_memory(tmp_path):
    def change(config):
        decoder = config["config"]["layers"][2]["config"]["layers"]
        assert decoder[4]["class_name"] == "UpSampling2D"
        decoder[4]["config"] |= {"size": [2000, 3000], "interpolation": "nearest"}

    path = rewritten("keras_images", tmp_path, change)
    assert peak(lambda: load_model(path)) < 8e6  # one image would take 1.1 GB


def test_calls_that_wait_for_each_other_are_refused(tmp_path):
    def change(config):
        call = config["config"]["layers"][-1]["inbound_nodes"][0]
        call["args"][0]["config"]["keras_history"][0] = config["config"]["layers"][-1]["name"]

    with refused(ValueError, "calls that cannot be made"):
        load_model(rewritten("keras_shared", tmp_path, change))


def test_a_sequential_without_an_input_is_written_once_it_is_built(tmp_path):
    model = Sequential([Dense(3, "tanh"), Dense(2)])
    with refused(ValueError, "a model without a graph"):
        model.save(tmp_path / "m.keras")
    x = np.ones((2, 4), "float32")
    y = model.predict(x)
    model.save(tmp_path / "m.keras")
    assert (load_model(tmp_path / "m.keras").predict(x) == y).all()


def small(*layers, optimizer="adam"):
    minigen.seed(0)
    model = Sequential([Input((3,)), Dense(4), *layers])
    model.compile(optimizer, "mse")
    return model


def frozen(model, layer, weights):
    for weight in model.layers[layer].weights[:weights]:
        weight.requires_grad = False
    return model


@pytest.mark.parametrize(
    "model, problem",
    [
        (lambda: small().astype("float64"), "dense: dtype float64"),
        (lambda: small().astype("float16"), "dense: dtype float16"),
        (lambda: frozen(small(BatchNormalization()), 1, 4), "batch_normalization: frozen"),
        (lambda: frozen(small(BatchNormalization()), 1, 1), "batch_normalization: only some"),
        (lambda: frozen(small(), 0, 1), "dense: only some of its weights are frozen"),
        (lambda: small(Dense(4, name="a.b")), "a.b: a name with a dot"),
    ],
    ids=["float64", "float16", "normalization", "gamma", "kernel", "dot"],
)
def test_what_one_of_the_two_would_not_read_is_refused(model, problem, tmp_path):
    with refused(ValueError, got=problem):
        model().save(tmp_path / "m.keras")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["gan", "conditional_gan", "dcgan", "wgan_gp", "vae_gan"])
def test_a_compiled_gan_is_refused(name, tmp_path):
    model = getattr(minigen.models, name)(2)
    model.compile()
    with refused(ValueError, got="a model without a graph of layers"):
        model.save(tmp_path / "m.keras")


def test_numbers_of_numpy_and_whole_numbers_are_written_as_keras_takes_them(tmp_path):
    layers = [Dropout(np.float32(0.1)), Reshape(np.array([2, 2])), Flatten(), Dense(np.int64(4))]
    model = small(*layers, optimizer=SGD(1, momentum=0))
    model.save(tmp_path / "m.keras")
    x = np.ones((2, 3), "float32")
    assert (load_model(tmp_path / "m.keras").predict(x) == model.predict(x)).all()
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        optimizer = json.loads(archive.read("config.json"))["compile_config"]["optimizer"]["config"]
    assert type(optimizer["momentum"]) is type(optimizer["learning_rate"]) is float and optimizer["nesterov"] is False


def test_what_was_set_after_compile_is_written(tmp_path):
    model = small()
    model.optimizer.learning_rate, model.loss = 0.5, losses.mean_absolute_error
    model.save(tmp_path / "m.keras")
    found = load_model(tmp_path / "m.keras")
    assert found.optimizer.learning_rate == 0.5
    assert found.evaluate(np.ones((2, 3)), np.ones((2, 4))) == model.evaluate(np.ones((2, 3)), np.ones((2, 4)))
