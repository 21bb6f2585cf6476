"""A model whole in a file: loaded, it predicts the same, and goes on with its training as if nothing had happened."""

import functools
import json
import warnings

import numpy as np
import pytest
from helpers.memory import peak
from helpers.refusals import refused

import minigen
from minigen import (
    SGD,
    Adam,
    Dense,
    Dropout,
    Input,
    Layer,
    Model,
    RMSprop,
    Sequential,
    Tensor,
    load_model,
    losses,
    models,
)
from minigen.models.autoencoders.autoencoder import Autoencoder
from minigen.optimizers import LinearDecay, Optimizer
from minigen.storage import npz

RNG = np.random.default_rng(0)
ROWS = RNG.random((16, 6), "float32")
IMAGES = RNG.random((16, 28, 28, 1), "float32")
INK = (IMAGES > 0.5).astype("float32")
LABELS = RNG.integers(0, 10, 16)
TEXT = "the quick brown fox jumps over the lazy dog " * 6


def flat(a):
    return a.reshape(16, 784)


def fitted(model, *data, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of networks that are too small to learn
        return model.fit(*data, verbose=0, **({"batch_size": 8} | options)).history


MODELS = {
    "fc_autoencoder": (lambda: models.fc_autoencoder(4), (flat(IMAGES), flat(IMAGES))),
    "sparse": (lambda: models.sparse_fc_autoencoder(4, 0.1), (flat(IMAGES), flat(IMAGES))),
    "conv_autoencoder_128": (models.conv_autoencoder_128, (IMAGES, IMAGES)),
    "digit_classifier": (models.digit_classifier, (IMAGES, LABELS)),
    "vae": (lambda: models.vae(2, 8), (flat(IMAGES),)),
    "linear_vae": (lambda: models.linear_vae(6, 2), (ROWS,)),
    "conditional_vae": (lambda: models.conditional_vae(2, hidden=8), (flat(IMAGES), LABELS)),
    "conv_vae": (models.conv_vae, (IMAGES,)),
    "vae_gan": (lambda: models.vae_gan(2, 8), (flat(IMAGES),)),
    "toy_gan": (models.toy_gan, (ROWS[:, :1],)),
    "gan": (lambda: models.gan(2, margin=0.4), (flat(IMAGES),)),
    "conditional_gan": (lambda: models.conditional_gan(2), (flat(IMAGES), LABELS)),
    "dcgan": (lambda: models.dcgan(2), (IMAGES,)),
    "wgan_gp": (lambda: models.wgan_gp(2), (IMAGES,)),
    "made": (lambda: models.MADE(784, 5, "random"), (flat(INK), flat(INK))),
    "pixelcnn": (lambda: models.PixelCNN(filters=2, blocks=1), (INK, INK)),
    "window_network": (lambda: models.window_network(3, 4), (INK.reshape(16, 1, 784, 1),) * 2),
    "char_rnn": (lambda: models.CharRNN(TEXT, "gru", 8, 4, 0.1), (TEXT,)),
    "gpt": (lambda: models.GPT(TEXT, 1, 2, 8, 6, False, 0.1), (TEXT,)),
    "image_gpt": (lambda: models.ImageGPT((4, 4), 1, 2, 8), (INK[:, 8:12, 8:12], INK[:, 8:12, 8:12])),
    "head": (lambda: models.Head(models.vae(2, 8).encoder, Dense(10, "softmax")), (flat(IMAGES), LABELS)),
}
LOSSES = {"digit_classifier": "sparse_categorical_crossentropy", "head": "sparse_categorical_crossentropy"}
LOSSES |= dict.fromkeys(("fc_autoencoder", "sparse", "conv_autoencoder_128"), "binary_crossentropy")


def without_monitor(model):
    """A GAN that does not measure 500 fakes after each epoch."""
    for gan in (model, getattr(model, "gan", None)):
        if hasattr(gan, "monitor"):
            gan.monitor = None
    return model


def trained(name):
    minigen.seed(0)
    make, data = MODELS[name]
    model = without_monitor(make())
    metrics = ["accuracy"] if name in ("digit_classifier", "head") else ["mse"]
    model.compile(*(["adam", LOSSES[name], metrics] if name in LOSSES else []))
    options = {"window": 5} if name == "char_rnn" else {}
    fitted(model, *data, **options)
    return model, data, options


def same(one, other):
    return all(
        (a == b).all() and a.dtype == b.dtype for a, b in zip(one.get_weights(), other.get_weights(), strict=True)
    )


@pytest.mark.parametrize("name", MODELS)
def test_a_ready_made_model_goes_on_as_if_nothing_had_happened(name, tmp_path):
    model, data, options = trained(name)
    draws = minigen.backend.random_state()
    model.save(tmp_path / "m.minigen")
    found = without_monitor(load_model(tmp_path / "m.minigen"))
    assert minigen.backend.random_state() == draws
    assert type(found) is type(model) and found.describe() == model.describe() and same(found, model)
    assert list(found.named_weights()) == list(model.named_weights())
    minigen.seed(1)
    history = fitted(model, *data, epochs=2, **options)
    minigen.seed(1)
    assert fitted(found, *data, epochs=2, **options) == history
    assert same(found, model)


def test_the_text_of_a_training_is_in_no_file(tmp_path):
    models.CharRNN("secret words", "gru", 4, 2).save(tmp_path / "m.minigen")
    assert load_model(tmp_path / "m.minigen").init_arguments()["text"] == " cdeorstw"


class Scale(Layer):
    """y = factor s x"""

    def __init__(self, factor=1.0, name=None):
        super().__init__(name)
        self.factor = factor

    def build(self, input_shape):
        self.s = self.add_weight("s", (input_shape[-1],), "ones")

    def call(self, x):
        return x * self.s * self.factor


class Lion(Optimizer):
    """w ← w - η sign(m)"""

    slots = ("m",)

    def __init__(self, learning_rate=0.01, beta=0.9):
        super().__init__(learning_rate)
        self.beta = beta

    def update(self, w, g, t, *slots):
        (m,) = slots
        m *= self.beta
        m += g
        w -= self.learning_rate * minigen.backend.xp.sign(m)


class Net(Model):
    """A model without a graph, with a state and an optimizer of its own."""

    def __init__(self, units, scale):
        super().__init__()
        self.first, self.scale, self.blocks, self.rate = Dense(units), scale, [Dense(units) for _ in range(2)], 1.0

    def call(self, x, training=False):
        h = self.scale(self.first(x))
        for block in self.blocks:
            h = minigen.tanh(block(h))
        return h

    def compile(self, main, other, loss):
        super().compile(main, loss)
        self.other = other

    def train_step(self, x, y):
        self.rate /= 2
        loss = self.rate * self.total_loss(y, self(x, training=True))
        loss.backward()
        self.optimizer.step(self.first.parameters())
        self.other.step(self.scale.parameters())
        return {"loss": loss}

    def training_state(self):
        return {"rate": self.rate}

    def set_training_state(self, state):
        self.rate = state["rate"]


def own_loss(y_true, y_pred):
    return minigen.mean((y_true - y_pred) ** 2)


OWN = {"Scale": Scale, "Lion": Lion, "Net": Net, "own_loss": own_loss}


def own_net():
    minigen.seed(0)
    net = Net(4, Scale(2.0))
    net.compile(Lion(0.02), RMSprop(LinearDecay(0.1, 20), momentum=0.5), own_loss)
    fitted(net, ROWS, ROWS[:, :4])
    return net


def test_classes_of_the_user_come_back(xp, tmp_path):
    net = own_net()
    net.save(tmp_path / "m.minigen")
    with refused(ValueError, fix="custom_objects={'Scale': Scale, 'Net': Net, 'Lion': Lion, 'own_loss': own_loss}"):
        load_model(tmp_path / "m.minigen")
    found = load_model(tmp_path / "m.minigen", custom_objects=OWN)
    assert found.rate == net.rate == 0.25 and found.optimizer.beta == 0.9
    minigen.seed(1)
    history = fitted(net, ROWS, ROWS[:, :4], epochs=2)
    minigen.seed(1)
    assert fitted(found, ROWS, ROWS[:, :4], epochs=2) == history and same(found, net)


def small(**options):
    minigen.seed(0)
    model = Sequential([Input((6,)), Dense(4, "tanh"), Dropout(0.2), Dense(6, "sigmoid")])
    model.compile(**({"optimizer": Adam(0.01), "loss": "binary_crossentropy"} | options))
    return model


@pytest.mark.parametrize("steps", [0, 1, 3])
@pytest.mark.parametrize("optimizer", ["sgd", SGD(0.1, 0.9), "adam", "adadelta", RMSprop(LinearDecay(0.1, 9))])
def test_steps_and_averages_of_every_optimizer(xp, optimizer, steps, tmp_path):
    optimizer = type(optimizer).from_config(optimizer.get_config()) if isinstance(optimizer, Optimizer) else optimizer
    model = small(optimizer=optimizer)
    for _ in range(steps):
        model.train_on_batch(ROWS, ROWS)
    model.save(tmp_path / "m.minigen")
    found = load_model(tmp_path / "m.minigen")
    for one in (model, found):
        minigen.seed(1)
        for _ in range(2):
            one.train_on_batch(ROWS, ROWS)
    assert same(found, model) and found.optimizer.iterations == model.optimizer.iterations
    assert found.optimizer.learning_rate == model.optimizer.learning_rate


def test_what_was_set_since_comes_along(tmp_path):
    model = small()
    model.optimizer.learning_rate = 0.5
    model.layers[1].rate, model.layers[0].kernel.requires_grad, model.fuse = 0.7, False, False
    model.save(tmp_path / "m.minigen")
    found = load_model(tmp_path / "m.minigen")
    assert (found.optimizer.learning_rate, found.layers[1].rate, found.fuse) == (0.5, 0.7, False)
    assert [w.requires_grad for w in found.weights()] == [False, True, True, True]


@pytest.mark.parametrize(
    "loss",
    [
        "mse",
        losses.half_squared_error,
        functools.partial(losses.binary_crossentropy, from_logits=True),
        losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.25, reduction="sum"),
        losses.MeanSquaredError,
        ["mse"],
    ],
)
def test_losses_and_metrics_come_back(loss, tmp_path):
    x = Input((6,))
    model = Model(x, Dense(6)(x))
    model.compile("sgd", loss, metrics=[minigen.metrics.mean_squared_error])
    model.save(tmp_path / "m.minigen")
    found = load_model(tmp_path / "m.minigen")
    assert found.evaluate(ROWS, ROWS) == model.evaluate(ROWS, ROWS)
    found.save(tmp_path / "again.minigen")
    assert load_model(tmp_path / "again.minigen").evaluate(ROWS, ROWS) == model.evaluate(ROWS, ROWS)
    model.save(tmp_path / "m.minigen", include_optimizer=False)
    assert load_model(tmp_path / "m.minigen").loss is None


def test_without_what_compile_set(tmp_path):
    model = small(loss=lambda y, p: ((y - p) ** 2).mean(), metrics=[lambda y, p: 0.0])
    for word in ("Sequential.compile, loss", "Sequential.compile, metrics"):
        with refused(ValueError, got=word):
            model.save(tmp_path / "m.minigen")
    assert not list(tmp_path.iterdir())
    model.save(tmp_path / "m.minigen", include_optimizer=False)
    found = load_model(tmp_path / "m.minigen")
    assert found.loss is None and (found.predict(ROWS) == model.predict(ROWS)).all()
    small().save(tmp_path / "m.minigen")
    found = load_model(tmp_path / "m.minigen", compile=False)
    assert found.optimizer is None and found.loss is None
    whole = Autoencoder(small(), small())  # each part is compiled by itself, too
    for part in (whole, whole.encoder, whole.decoder):
        part.compile(Lion(LinearDecay(0.1, 9)), own_loss)
    whole.save(tmp_path / "m.minigen")
    found = load_model(tmp_path / "m.minigen", compile=False)  # it needs no custom_objects
    assert found.optimizer is None and found.encoder.optimizer is None and same(found, whole)


def test_a_model_that_waits_for_data_waits_again(tmp_path):
    minigen.seed(0)
    model = Sequential([Dense(3, "tanh"), Scale(), Dense(2)])
    model.compile("adam", "mse")
    model.save(tmp_path / "m.minigen")
    found = load_model(tmp_path / "m.minigen", {"Scale": Scale})
    assert found.weights() == [] and found.unbuilt() == model.unbuilt()
    draws = minigen.backend.random_state()
    y = model.predict(ROWS)
    minigen.backend.set_random_state(draws)
    assert (found.predict(ROWS) == y).all()
    model.save(tmp_path / "m.minigen")
    assert (load_model(tmp_path / "m.minigen", {"Scale": Scale}).predict(ROWS) == y).all()


def test_shared_parts_are_shared_again(tmp_path):
    whole = Autoencoder(encoder := Sequential([Input((6,)), Dense(2)]), Sequential([Input((2,)), Dense(6)]))
    whole.save(tmp_path / "m.minigen")
    found = load_model(tmp_path / "m.minigen")
    assert found.encoder.layers[0].kernel is found.weights()[0]
    assert found.encoder.label == encoder.label
    head = models.Head(models.vae(2, 8).encoder, Dense(2))
    head.save(tmp_path / "m.minigen")
    found = load_model(tmp_path / "m.minigen")
    found.save(tmp_path / "again.minigen")  # the part of the encoder that the head does not use is there, too
    own, again = (one.init_arguments()["encoder"].get_weights() for one in (head, found))
    assert len(own) == 6 and all((a == b).all() for a, b in zip(own, again, strict=True))


def test_what_would_be_another_model_is_refused(tmp_path):
    net = own_net()
    net.more = Dense(2)
    net.more(ROWS)
    with refused(ValueError, "load_model() would make another model", got="the layer at 'more'"):
        net.save(tmp_path / "m.minigen")
    del net.more
    net.third = Adam()
    with refused(ValueError, got="not made again: 0.third Adam"):
        net.save(tmp_path / "m.minigen")
    net.scale.factor = "much"
    net.third = None
    net.save(tmp_path / "m.minigen")
    assert load_model(tmp_path / "m.minigen", OWN).scale.factor == "much"
    net.third = Adam()
    with refused(ValueError):
        net.save(tmp_path / "m.minigen")
    net.save(tmp_path / "m.minigen", include_optimizer=False)

    class Doubled(Layer):
        def __init__(self, units):
            super().__init__()
            self.units = 2 * units

        def call(self, x):
            return x

    layer = Doubled(2)
    model = Sequential([Input((6,)), layer])
    model.save(tmp_path / "m.minigen")
    layer.units = 10
    with refused(ValueError, got="doubled.units: 20 instead of 10"):
        model.save(tmp_path / "m.minigen")

    class Changed(Dense):
        def get_config(self):
            return super().get_config() | {"units": self.units - 1}

    with refused(ValueError, got="changed/bias: (1,) float32 instead of (2,) float32"):
        Sequential([Input((6,)), Changed(2)]).save(tmp_path / "m.minigen")


def test_a_file_can_be_read_without_minigen(tmp_path):
    model = small()
    model.save(tmp_path / "m.minigen")
    with np.load(tmp_path / "m.minigen") as file:
        meta = json.loads(str(file["meta"]))
        assert (file["arrays/weights/dense/kernel"] == model.get_weights()[0]).all()
    assert meta["kind"] == "model" and meta["model"]["layers"]["dropout"]["class"] == "minigen.Dropout"
    other = small()
    other.load_weights(tmp_path / "m.minigen")
    assert same(other, model)


def test_a_name_says_the_format(tmp_path):
    for name in ("m", "m.npz", "m.h5", "m.safetensors", "m.MINIGEN"):
        with refused(ValueError, expected="a name that ends in .minigen or .keras", fix='"m.minigen"'):
            small().save(tmp_path / name)
        with refused(ValueError, expected=".minigen or .keras", fix=f"model.load_weights('{tmp_path / name}')"):
            load_model(tmp_path / name)
    with refused(TypeError):
        small().save(3)
    with refused(TypeError, "include_optimizer"):
        small().save(tmp_path / "m.minigen", "no")
    with refused(TypeError, "compile"):
        load_model(tmp_path / "m.minigen", compile="no")
    with refused(FileNotFoundError, fix="model.save, save_weights or fit(checkpoint=...)"):
        load_model(tmp_path / "missing.minigen")
    with refused(FileNotFoundError):
        small().save(tmp_path / "no" / "m.minigen")
    small().save_weights(tmp_path / "w.minigen")
    with refused(ValueError, expected="a whole model", got="a file of kind 'weights'"):
        load_model(tmp_path / "w.minigen")
    assert [path.name for path in tmp_path.iterdir()] == ["w.minigen"]


def rewritten(path, change):
    arrays, meta = npz.read(path)
    change(arrays, meta)
    npz.write(path, arrays, meta)


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays, meta: arrays.pop("weights/dense/kernel"),
        lambda arrays, meta: arrays.pop("0.optimizer/dense/kernel/0"),
        lambda arrays, meta: arrays.update({"weights/dense/kernel": np.zeros((3, 3), "float32")}),
        lambda arrays, meta: arrays.update(more=np.zeros(3)),
        lambda arrays, meta: meta.pop("model"),
        lambda arrays, meta: meta.update(format=2),
        lambda arrays, meta: meta.update(optimizers={}),
        lambda arrays, meta: meta.update(optimizers={"0.optimizer": 3}),
        lambda arrays, meta: meta["optimizers"]["0.optimizer"].update(counts=[1]),
        lambda arrays, meta: meta["optimizers"]["0.optimizer"].update(iterations=-1),
        lambda arrays, meta: meta["optimizers"]["0.optimizer"].update(settings={"learning_rate": "much"}),
        lambda arrays, meta: meta["model"]["steps"].pop(),
        lambda arrays, meta: meta["model"].update(steps=[1, 2]),
        lambda arrays, meta: meta["model"]["layers"].update(other=meta["model"]["layers"]["dense"]),
        lambda arrays, meta: meta["model"]["frozen"].append(3),
        lambda arrays, meta: meta["model"].update(root=-1),
    ],
)
def test_a_file_that_is_not_whole_is_refused(change, tmp_path):
    model = small()
    model.train_on_batch(ROWS, ROWS)
    model.save(tmp_path / "m.minigen")
    rewritten(tmp_path / "m.minigen", change)
    with refused(ValueError, "m.minigen"):
        load_model(tmp_path / "m.minigen")


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.pop("steps"),
        lambda model: model.update(steps=[1, 2]),
        lambda model: model.update(steps=None),
        lambda model: model.pop("root"),
        lambda model: model.update(root=10**9),
        lambda model: model.update(root=-10),
        lambda model: model.update(outside=[[10**9, {}], 3]),
    ],
)
def test_a_file_that_is_not_whole_is_refused_without_its_training_too(change, tmp_path):
    small().save(tmp_path / "m.minigen")
    rewritten(tmp_path / "m.minigen", lambda arrays, meta: change(meta["model"]))
    for compile in (True, False):
        with refused(ValueError, "m.minigen"):
            load_model(tmp_path / "m.minigen", compile=compile)


def test_memory_of_saving_and_loading(tmp_path):
    path = tmp_path / "m.minigen"
    model = Sequential([Input((1000,)), Dense(2000), Dense(1000)])
    assert peak(lambda: model.save(path)) < 2 * 16e6
    size = path.stat().st_size
    assert peak(lambda: load_model(path)) < 4 * size

    def change(arrays, meta):
        for step in meta["model"]["steps"]:
            if step.get("class") == "minigen.Dense":
                step["config"]["units"] *= 10**5

    rewritten(path, change)

    def load():
        with refused(ValueError, "numbers left"):
            load_model(path)

    assert peak(load) < 4 * size


@pytest.mark.parametrize(
    "make, argument, value",
    [
        (lambda: models.MADE(16, 4), "image_shape", 10**6),
        (lambda: models.MADE(16, 4), "hidden", 10**6),
        (lambda: models.MADE(16, (3, 4), "random"), "hidden", {"tuple": [3, 10**6]}),
        (lambda: models.PixelCNN((4, 4), 2, 1), "image_shape", {"tuple": [10**6, 4]}),
        (lambda: models.PixelCNN((4, 4), 2, 1), "blocks", 10**4),
        (lambda: models.CharRNN("ab", "gru", 3, 2), "units", 10**6),
    ],
)
def test_a_ready_made_model_of_another_size_takes_no_memory(make, argument, value, tmp_path):
    path = tmp_path / "m.minigen"
    make().save(path)
    rewritten(path, lambda arrays, meta: meta["model"]["steps"][0]["config"].update({argument: value}))

    def load():
        with refused(ValueError, "numbers left"):
            load_model(path)

    assert peak(load) < 4 * path.stat().st_size + 1e6


def test_many_models_in_each_other(tmp_path):
    x = Input((2,))
    model = Model(x, Dense(2)(x))
    for _ in range(60):
        model = Model(x, model(x))
    model.save(tmp_path / "m.minigen")
    assert same(load_model(tmp_path / "m.minigen"), model)


def test_tensors_of_other_precision(xp, tmp_path):
    model = small()
    model.astype("float64")
    model.train_on_batch(ROWS.astype("float64"), ROWS.astype("float64"))
    model.save(tmp_path / "m.minigen")
    found = load_model(tmp_path / "m.minigen")
    assert found.dtype == "float64" and same(found, model)
    assert isinstance(found.weights()[0], Tensor)
