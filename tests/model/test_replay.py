"""Training steps as CUDA graphs, on the stand-in, which records calls and repeats them."""

import warnings

import numpy as np
import pytest
from helpers import device_steps, small_gans
from helpers.device_steps import FLAT, IMAGES
from helpers.small_gans import small_gan

import minigen
from minigen import SGD, Adam, Dense, Input, Sequential, models
from minigen.model import replay
from minigen.optimizers import LinearDecay

X = np.concatenate([FLAT] * 4)


@pytest.fixture
def graphs(stand_in, monkeypatch):
    monkeypatch.setenv("MINIGEN_CUDA_GRAPHS", "1")
    launches = []
    launch = stand_in.Graph.launch
    monkeypatch.setattr(stand_in.Graph, "launch", lambda self: (launches.append(self), launch(self))[1])
    return launches


def dense():
    model = models.fc_autoencoder(8, 64)
    model.compile(Adam(LinearDecay(1e-2, 20), weight_decay=0.01), "binary_crossentropy")
    return model, (X, X)


def conv():
    model = models.conv_autoencoder((8, 8, 1))
    model.compile(SGD(0.1, momentum=0.9), "mse")
    return model, (IMAGES, IMAGES)


def masked():
    model = Sequential([Input((8, 8, 1)), *(minigen.MaskedConv2D(1, 3, mask) for mask in "AB")])
    model.compile(SGD(0.1), "mse")
    return model, (IMAGES, IMAGES)


def vae():
    return device_steps.compiled(models.vae(2, 16, 64), X)


def gan():
    return device_steps.compiled(small_gan(), small_gans.X[:24])


def trained(make, epochs=3, batch_size=6):
    """(weights, history, counts of steps, random state) after fit() on the stand-in."""
    minigen.seed(0)
    with minigen.using("cupy"):
        model, data = make()
        history = model.fit(*data, batch_size=batch_size, epochs=epochs, verbose=0).history
        counts = [(o.iterations, sorted(o.counts.values())) for o in replay._optimizers(model)]
        return model.get_weights(), history, counts, minigen.backend.random_state()


@pytest.mark.filterwarnings("ignore::minigen.models.gans.monitor.GANWarning")
@pytest.mark.parametrize("make", [dense, conv, masked, vae, gan])
def test_replayed_steps_train_as_the_usual_ones(make, graphs, monkeypatch):
    ours = trained(make, epochs=8 if make in (conv, masked) else 3)
    assert len(graphs) >= 5 and len(set(graphs)) == 1  # two of the check, and the steps after the second
    monkeypatch.delenv("MINIGEN_CUDA_GRAPHS")
    before = len(graphs)
    theirs = trained(make, epochs=8 if make in (conv, masked) else 3)
    assert len(graphs) == before
    for a, b in zip(ours[0], theirs[0], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    for name, values in theirs[1].items():
        np.testing.assert_allclose(ours[1][name], values, rtol=1e-4)
    assert ours[2:] == theirs[2:]


def test_each_shape_has_a_graph_of_its_own(graphs):
    trained(dense, epochs=2, batch_size=10)  # 24 samples: 10, 10 and 4
    assert len(set(graphs)) == 1  # of 10; there were two steps on 4, to warm up
    trained(dense, epochs=3, batch_size=10)
    assert len(set(graphs)) == 3


REFUSED = {
    "reads back": lambda: device_steps.compiled(small_gan(margin=0.3), small_gans.X),
    "may do something else": lambda: device_steps.compiled(small_gan(models.WassersteinGAN), small_gans.X),
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_recorded_runs_as_usual_and_says_so_once(make, graphs):
    with pytest.warns(replay.GraphWarning, match="no CUDA graph") as told:
        trained(make, epochs=1)
    assert len(told) == 1 and not graphs


def test_the_users_own_functions_are_not_recorded(graphs):
    def own(x):
        return x * 2

    def make():
        model = Sequential([Input((64,)), Dense(64, own)])
        model.compile("sgd", "mse")
        return model, (X, X)

    with pytest.warns(replay.GraphWarning, match="own is not of minigen"):
        trained(make)


def test_a_step_that_differs_is_not_replayed(graphs, monkeypatch):
    """As if a number had been taken into the graph that should change: the rate of Adam."""
    monkeypatch.setattr(minigen.kernels.graph, "number", lambda compute, like: compute())
    with pytest.warns(replay.GraphWarning):
        ours = trained(lambda: (lambda m: (m.compile(Adam(0.1), "mse"), (m, (X, X)))[1])(models.fc_autoencoder(8, 64)))
    assert np.isfinite(ours[1]["loss"]).all()


def test_a_changed_setting_gives_another_graph(graphs):
    class Halves(minigen.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.layers[1].rate = 0.5 if epoch < 4 else 0.25

    def make():
        model = Sequential([Input((64,)), minigen.Dropout(0.5), Dense(64)])
        model.compile("sgd", "mse")
        return model, (X, X)

    minigen.seed(0)
    with minigen.using("cupy"), warnings.catch_warnings():
        warnings.simplefilter("error")
        model, data = make()
        model.fit(*data, batch_size=24, epochs=8, verbose=0, callbacks=[Halves()])
    assert len(set(graphs)) == 2


CHANGES = {
    "the loss": lambda model: setattr(model, "loss", minigen.losses.get("mae")),
    "the optimizer": lambda model: model.compile(Adam(0.05), "mse"),  # with the settings of the first
    "what is trained": lambda model: [setattr(p, "requires_grad", False) for p in model.layers[0].parameters()],
    "a loss of the user": lambda model: model.compile(Adam(0.01), growing_loss()),
}


def growing_loss():
    factors = iter(range(1, 1000))
    return lambda y, y_pred: minigen.mean((y_pred - y) ** 2) * next(factors)


@pytest.mark.filterwarnings("ignore:.*is not of minigen:minigen.model.replay.GraphWarning")
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_a_callback_changes_is_trained_with(change, graphs, monkeypatch):
    class Changes(minigen.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 3:
                change(self.model)

    def weights():
        minigen.seed(0)
        with minigen.using("cupy"):
            model = Sequential([Input((64,)), Dense(4), Dense(64)])
            model.compile(Adam(0.01), "mse")
            model.fit(X, X, batch_size=12, epochs=6, verbose=0, callbacks=[Changes()])
            return model.get_weights()

    ours = weights()
    assert graphs
    monkeypatch.delenv("MINIGEN_CUDA_GRAPHS")
    for a, b in zip(ours, weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_labels_are_not_recorded_and_a_line_says_so(graphs):
    def make():
        model = Sequential([Input((64,)), Dense(3, "softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        return model, (X, np.arange(len(X)) % 3)

    with pytest.warns(replay.GraphWarning, match="labels") as told:
        trained(make)
    assert len(told) == 1 and not graphs


def test_without_the_variable_nothing_is_recorded(stand_in):
    with minigen.using("cupy"):
        model, data = dense()
        model.fit(*data, verbose=0)
    assert "train_step" not in vars(model)
