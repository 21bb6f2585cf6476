"""minigen against the real Keras 3: every array of golden/keras.npz, made by golden/make_keras.py, comes out again."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import minigen
from minigen import (
    GRU,
    LSTM,
    Adadelta,
    Adam,
    BatchNormalization,
    Conv2D,
    Dense,
    Embedding,
    Input,
    LeakyReLU,
    MaxPooling2D,
    Sequential,
    SimpleRNN,
    Tensor,
    UpSampling2D,
    losses,
    optimizers,
    to_numpy,
)

with np.load(Path(__file__).parent / "golden" / "keras.npz") as file:
    GOLDEN = {key: file[key] for key in file.files}

ACTIVATIONS = ["linear", "relu", "sigmoid", "tanh", "softplus", "softmax", "elu", "leaky_relu", "log_softmax"]

BATCH_NORMS = ["batchnorm_2d", "batchnorm_4d"]

LOSSES = {  # case: (loss, from_logits)
    "bce": (losses.binary_crossentropy, False),
    "bce_logits": (losses.binary_crossentropy, True),
    "cce": (losses.categorical_crossentropy, False),
    "cce_logits": (losses.categorical_crossentropy, True),
    "scce": (losses.sparse_categorical_crossentropy, False),
    "scce_logits": (losses.sparse_categorical_crossentropy, True),
    "mse": (losses.mean_squared_error, None),
    "mae": (losses.mean_absolute_error, None),
}

OPTIMIZERS = {  # case: (optimizer, rtol of the way travelled)
    "sgd": (lambda: optimizers.SGD(0.1), 5e-6),
    "sgd_momentum": (lambda: optimizers.SGD(0.1, momentum=0.9), 5e-6),
    "sgd_nesterov": (lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True), 5e-6),
    "adam": (lambda: optimizers.Adam(), 2e-5),
    "adam_beta": (lambda: optimizers.Adam(0.01, beta_1=0.5), 2e-5),
    "adadelta": (lambda: optimizers.Adadelta(), 5e-6),
    "adadelta_slow": (lambda: optimizers.Adadelta(0.001), 5e-6),
    "rmsprop": (lambda: optimizers.RMSprop(), 5e-6),
    "rmsprop_momentum": (lambda: optimizers.RMSprop(0.01, rho=0.8, momentum=0.5), 5e-6),
    "sgd_clipped": (lambda: optimizers.SGD(0.1, global_clipnorm=2.0), 5e-6),
    "adam_clipped": (lambda: optimizers.Adam(0.01, global_clipnorm=2.0), 2e-5),
}

IMAGE_LAYERS = {case: call for case, call in GOLDEN["layers/calls"].tolist()}  # the call that makes the layer

RECURRENT = {"simple_rnn": SimpleRNN, "gru": GRU, "lstm": LSTM}

NOT_IN_MINIGEN = {"optim_rmsprop_centered"}


def golden(case):
    """{array: value} of one case."""
    return {key.split("/")[1]: value for key, value in GOLDEN.items() if key.split("/")[0] == case}


def close(got, want, rtol=2e-6, atol=2e-6):
    got = to_numpy(got)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, want, rtol=rtol, atol=atol)


def test_every_case_is_compared():
    compared = {f"dense_{a}" for a in ACTIVATIONS} | {*BATCH_NORMS, *LOSSES} | {f"optim_{o}" for o in OPTIMIZERS}
    compared |= {*IMAGE_LAYERS, *RECURRENT, "embedding"}
    inputs = {"meta", "dense", "optim", "layers", "fit", "fit_end", "conv_fit", "conv_fit_steps"}
    assert {key.split("/")[0] for key in GOLDEN} == compared | inputs | NOT_IN_MINIGEN


def test_every_layer_on_images_is_compared():
    """In how many cases; the list comes with the file, so that a case missing there would be missed nowhere else."""
    assert Counter(call.split("(")[0] for call in IMAGE_LAYERS.values()) == {
        "Conv2D": 44,
        "Conv2DTranspose": 30,
        "MaxPooling2D": 22,
        "AveragePooling2D": 22,
        "GlobalAveragePooling2D": 2,
        "UpSampling2D": 12,
    }
    x = GOLDEN["layers/x"]
    assert len(np.unique(x)) == len(x), "max pooling has ties"


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_dense(xp, activation):
    given, want = golden("dense"), golden(f"dense_{activation}")
    layer = Dense(4, activation=None if activation == "leaky_relu" else activation)
    after = LeakyReLU() if activation == "leaky_relu" else minigen.Activation("linear")
    x = Tensor(given["x"], requires_grad=True)
    layer(x)  # builds the weights
    layer.kernel.assign(given["kernel"])
    layer.bias.assign(given["bias"])

    y = after(layer(x))
    (y * Tensor(given["v"])).sum().backward()

    close(y, want["y"])
    scale = np.abs(want["dkernel"]).max()  # rows of up to 63 are summed into one gradient
    close(x.grad, want["dx"])
    close(layer.kernel.grad, want["dkernel"], atol=1e-6 * scale)
    close(layer.bias.grad, want["dbias"])


@pytest.mark.parametrize("case", RECURRENT)
def test_recurrent(xp, case):
    """From a given state: all steps, the state at the end, and the gradients of everything."""
    want = golden(case)
    layer = RECURRENT[case](5, return_sequences=True, return_state=True)
    x = Tensor(want["x"], requires_grad=True)
    state = [Tensor(want[f"state{i}"], requires_grad=True) for i in range(layer.states)]
    layer(x)
    layer.set_weights([want["kernel"], want["recurrent_kernel"], want["bias"]])  # Keras' list as it is

    y, *end = layer([x, *state])
    (y * Tensor(want["v"])).sum().backward()
    close(y, want["y"])
    for i in range(layer.states):
        close(end[i], want[f"end{i}"])
        close(state[i].grad, want[f"dstate{i}"], atol=1e-5)
    close(x.grad, want["dx"], atol=1e-5)
    close(layer.kernel.grad, want["dkernel"], atol=2e-5)
    close(layer.recurrent_kernel.grad, want["drecurrent_kernel"], atol=2e-5)
    close(layer.bias.grad, want["dbias"], atol=2e-5)


def test_embedding(xp):
    want = golden("embedding")
    layer = Embedding(6, 3)
    layer(want["x"])
    layer.embeddings.assign(want["embeddings"])
    y = layer(want["x"])
    (y * Tensor(want["v"])).sum().backward()
    close(y, want["y"])
    close(layer.embeddings.grad, want["dembeddings"])


@pytest.mark.parametrize("case", BATCH_NORMS)
def test_batch_normalization(xp, case):
    want = golden(case)
    layer = BatchNormalization()
    x = Tensor(want["x"], requires_grad=True)
    layer(x)
    for name in ("gamma", "beta", "moving_mean", "moving_variance"):
        getattr(layer, name).assign(want[name])

    close(layer(x), want["y_eval"])
    close(layer.moving_mean, want["moving_mean"])  # prediction moves nothing

    y = layer(x, training=True)
    (y * Tensor(want["v"])).sum().backward()
    close(y, want["y_train"])
    close(layer.moving_mean, want["new_moving_mean"])
    close(layer.moving_variance, want["new_moving_variance"])
    close(x.grad, want["dx"])
    close(layer.gamma.grad, want["dgamma"], atol=1e-5)
    close(layer.beta.grad, want["dbeta"], atol=1e-5)
    assert layer.moving_mean.grad is None and layer.moving_variance.grad is None


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case}: {call}") for case, call in IMAGE_LAYERS.items()])
def test_layer_on_images(xp, case):
    """A convolution, pooling or up-sampling and its gradients, of numbers whose sums are exact: equal to the last bit.

    Only what divides, means and linear interpolation, may round.
    """
    given, want = golden("layers"), golden(case)

    def first(name, shape):
        return given[name][: np.prod(shape)].reshape(shape)

    layer = eval(IMAGE_LAYERS[case], vars(minigen))
    x = Tensor(first("x", want["dx"].shape), requires_grad=True)
    layer(x)  # builds the weights
    weights = dict(zip(("kernel", "bias"), layer.parameters(), strict=False))
    for name, weight in weights.items():
        weight.assign(first(name, weight.shape))

    y = layer(x)
    (y * Tensor(first("v", want["y"].shape))).sum().backward()

    got = {"y": y, "dx": x.grad} | {f"d{name}": weight.grad for name, weight in weights.items()}
    assert got.keys() == want.keys()
    rounds = "Average" in IMAGE_LAYERS[case] or "bilinear" in IMAGE_LAYERS[case]
    for name in want:
        assert got[name].shape == want[name].shape
        close(got[name], want[name], **({} if rounds else {"rtol": 0, "atol": 0}))


@pytest.mark.parametrize("case", LOSSES)
def test_loss(xp, case):
    want = golden(case)
    function, from_logits = LOSSES[case]
    y_pred = Tensor(want["y_pred"], requires_grad=True)
    options = {} if from_logits is None else {"from_logits": from_logits}
    loss = function(want["y_true"], y_pred, **options)
    loss.backward()
    assert loss.shape == ()
    close(loss, want["loss"], rtol=1e-6, atol=0)
    close(y_pred.grad, want["dy_pred"], atol=1e-8)


def test_clipped_probabilities_are_in_the_golden_file():
    """The clipping of binary_crossentropy is compared at both ends, right and wrong; its gradient there is 0."""
    want = golden("bce")
    ends = (want["y_pred"] < 1e-7) | (want["y_pred"] > 1 - 1e-7)
    assert ends.sum() >= 5 and set(want["y_true"][ends]) == {0, 1}
    assert (want["dy_pred"][ends] == 0).all() and (want["dy_pred"][~ends] != 0).all()


@pytest.mark.parametrize("case", OPTIMIZERS)
def test_optimizer(xp, case):
    """20 updates with given gradients, all compared: by the way from the start, since Adadelta(0.001) hardly moves.

    rtol is relative to how far the weight ever gets, because one that turns back keeps the roundings of its journey.
    """
    given, want = golden("optim"), golden(f"optim_{case}")
    make, rtol = OPTIMIZERS[case]
    optimizer = make()
    w, b = Tensor(given["w0"], requires_grad=True), Tensor(given["b0"], requires_grad=True)
    moves = {"w": [], "b": []}
    for grad_w, grad_b in zip(given["grad_w"], given["grad_b"], strict=True):
        w.grad, b.grad = Tensor(grad_w).data, Tensor(grad_b).data
        optimizer.step([w, b])
        moves["w"].append(w.numpy() - given["w0"])
        moves["b"].append(b.numpy() - given["b0"])
    for name in ("w", "b"):
        should = want[name] - given[f"{name}0"]
        error = np.abs(np.stack(moves[name]) - should)
        assert (error <= rtol * np.abs(should).max(axis=0) + 1e-9).all(), f"{name} is off by {error.max()}"


def test_fit(xp):
    """Three epochs of a small autoencoder: history, weights, predict and evaluate."""
    given, want = golden("fit"), golden("fit_end")
    model = Sequential([Input((6,)), Dense(8, "relu"), Dense(6, "sigmoid")])
    names = ["kernel1", "bias1", "kernel2", "bias2"]
    model.set_weights([given[name] for name in names])
    model.compile(Adam(0.01), "binary_crossentropy")
    x = given["x"]

    history = model.fit(x, x, batch_size=16, epochs=3, shuffle=False, verbose=0).history

    np.testing.assert_allclose(history["loss"], want["history"], rtol=3e-7)
    for name, weight in zip(names, model.get_weights(), strict=True):
        close(weight, want[name], rtol=1e-6, atol=1e-6)
    close(model.predict(x), want["predict"])
    assert model.evaluate(x, x, batch_size=16) == pytest.approx(float(want["evaluate"]), rel=3e-7)


@pytest.mark.parametrize("fuse", [True, False])
def test_conv_fit(xp, fuse):
    """Three steps of a small convolutional autoencoder: the loss of each and the weights after it.

    relu leaves ties of zeros for the max pooling; whoever wins, relu stops the gradient there.
    """
    given, want = golden("conv_fit"), golden("conv_fit_steps")
    model = Sequential(
        [
            Input((8, 8, 1)),
            Conv2D(4, (3, 3), activation="relu", padding="same"),
            MaxPooling2D((2, 2), padding="same"),
            Conv2D(4, (3, 3), activation="relu", padding="same"),
            UpSampling2D((2, 2)),
            Conv2D(1, (3, 3), activation="sigmoid", padding="same"),
        ],
        fuse=fuse,
    )
    names = ["kernel1", "bias1", "kernel2", "bias2", "kernel3", "bias3"]
    model.set_weights([given[name] for name in names])
    model.compile(Adadelta(1.0), "binary_crossentropy")

    for step, x in enumerate(given["x"]):
        (loss,) = model.fit(x, x, batch_size=4, verbose=0).history["loss"]

        assert loss == pytest.approx(float(want["loss"][step]), rel=3e-7)
        for name, weight in zip(names, model.get_weights(), strict=True):
            close(weight - given[name], want[name][step] - given[name], rtol=2e-5, atol=2e-7)
