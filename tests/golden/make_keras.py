"""Make ``keras.npz``: arrays computed by the real Keras 3 that minigen's tests compare with.

Keras and PyTorch are needed only to make the file, never to run the tests, so they live in a
virtual environment of their own, outside the checkout::

    python3 -m venv /tmp/keras-venv
    /tmp/keras-venv/bin/pip install keras==3.15.1 torch==2.13.0 numpy==2.4.6
    /tmp/keras-venv/bin/python tests/golden/make_keras.py

The committed file was made with exactly these versions (Keras on the PyTorch backend, CPU build,
Python 3.11); the array ``meta/versions`` in it says so too. Inputs are seeded. Every array is
float32, except the integer class labels and the strings. Keys read ``case/array``;
``dx`` is the gradient of ``sum(y * v)`` with respect to ``x``, for a random ``v`` stored beside
it, and ``dy_pred`` is the gradient of the scalar ``loss``.

``layers/calls`` lists the cases of layers on images, each with the call that makes the layer, in
Keras and in minigen alike. They share ``layers/x``, ``kernel``, ``bias`` and ``v``: flat arrays of
which a case takes as many numbers, from the front, as it needs.
"""

import os
from itertools import product
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from keras import layers, losses, optimizers

PATH = Path(__file__).with_name("keras.npz")

ACTIVATIONS = "linear relu sigmoid tanh softplus softmax elu leaky_relu log_softmax".split()

OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(0.1),
    "sgd_momentum": lambda: optimizers.SGD(0.1, momentum=0.9),
    "sgd_nesterov": lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "adam": lambda: optimizers.Adam(),
    "adam_beta": lambda: optimizers.Adam(0.01, beta_1=0.5),
    "adadelta": lambda: optimizers.Adadelta(learning_rate=1.0),
    "adadelta_slow": lambda: optimizers.Adadelta(0.001),
    "rmsprop": lambda: optimizers.RMSprop(),
    "rmsprop_momentum": lambda: optimizers.RMSprop(0.01, rho=0.8, momentum=0.5),
    "rmsprop_centered": lambda: optimizers.RMSprop(centered=True),
    "sgd_clipped": lambda: optimizers.SGD(0.1, global_clipnorm=2.0),
    "adam_clipped": lambda: optimizers.Adam(0.01, global_clipnorm=2.0),
}

# All windows on one axis: odd and even; apart, side by side and overlapping. As (pixels, stride).
AXIS = list(product((1, 2, 3, 4, 5), (1, 2, 3)))
# The same on the rows with others on the columns: (size, strides). The first 8 hold each of AXIS.
WINDOWS = [((h, w), (s, t)) for (h, s), (w, t) in zip(AXIS, reversed(AXIS), strict=True)]


def normal(rng, *shape):
    """Standard normal float32 array."""
    return rng.standard_normal(shape).astype(np.float32)


def array(tensor):
    """NumPy copy of a torch tensor or a Keras variable."""
    return keras.ops.convert_to_numpy(tensor).copy()


def leaf(x):
    """Torch tensor to differentiate with respect to."""
    return torch.tensor(x, requires_grad=True)


def prefixed(case, **arrays):
    """Rename each ``array`` to ``case/array``."""
    return {f"{case}/{name}": np.asarray(value) for name, value in arrays.items()}


def gradients(y, v, wrt):
    """Gradients of sum(y * v) with respect to each tensor or Keras variable in ``wrt``."""
    wrt = [getattr(w, "value", w) for w in wrt]
    return [array(g) for g in torch.autograd.grad((y * torch.tensor(v)).sum(), wrt)]


def dense():
    """Dense with every activation; in rows 3 and 4 the pre-activations range from -63 to +29."""
    rng = np.random.default_rng(1)
    x, kernel, bias, v = (normal(rng, *s) for s in [(5, 7), (7, 4), (4,), (5, 4)])
    z = x @ kernel
    x[3] *= 30 / z[3].max()
    x[4] *= -30 / z[4].min()
    golden = prefixed("dense", x=x, kernel=kernel, bias=bias, v=v)
    for name in ACTIVATIONS:
        layer = layers.Dense(4, activation=None if name == "leaky_relu" else name)
        layer.build(x.shape)
        layer.set_weights([kernel, bias])
        tensor = leaf(x)
        y = layer(tensor)
        if name == "leaky_relu":
            y = layers.LeakyReLU()(y)
        dx, dkernel, dbias = gradients(y, v, [tensor, layer.kernel, layer.bias])
        golden |= prefixed(f"dense_{name}", y=array(y), dx=dx, dkernel=dkernel, dbias=dbias)
    return golden


def batchnorm(case, shape):
    """BatchNormalization: first inference with the given moving statistics, then training."""
    rng = np.random.default_rng(2)
    channels = shape[-1]
    x = 2 * normal(rng, *shape) + normal(rng, channels)
    v = normal(rng, *shape)
    gamma, beta, mean = (normal(rng, channels) for _ in range(3))
    variance = rng.uniform(0.5, 2, channels).astype(np.float32)
    layer = layers.BatchNormalization()
    layer.build(shape)
    layer.set_weights([gamma, beta, mean, variance])
    tensor = leaf(x)
    y_eval = array(layer(tensor, training=False))
    y = layer(tensor, training=True)
    dx, dgamma, dbeta = gradients(y, v, [tensor, layer.gamma, layer.beta])
    new_mean, new_variance = array(layer.moving_mean), array(layer.moving_variance)
    given = dict(x=x, v=v, gamma=gamma, beta=beta, moving_mean=mean, moving_variance=variance)
    made = dict(y_eval=y_eval, y_train=array(y), dx=dx, dgamma=dgamma, dbeta=dbeta)
    moved = dict(new_moving_mean=new_mean, new_moving_variance=new_variance)
    return prefixed(case, **given, **made, **moved)


def image_layers():
    """Yield (fewest, most) rows and columns of an image, and the call that makes a layer for it."""
    rng = np.random.default_rng(6)
    squares, dilations = [(3, 1), (3, 2), (2, 2)], [(3, 2), (2, 3), ((2, 3), (3, 1)), ((4, 1), (2, 2))]
    for padding in ("valid", "same"):
        # Keras has no strides together with dilation.
        dilated = [(size, f"dilation_rate={rate}") for size, rate in dilations]
        for name, some, fewest in (("Conv2D", WINDOWS, 5), ("Conv2DTranspose", WINDOWS[:8], 1)):
            for size, option in [(size, f"strides={strides}") for size, strides in some + squares] + dilated:
                bias = rng.choice(["", "", ", use_bias=False"])
                call = f"{name}({rng.integers(1, 5)}, {size}, {option}, padding={padding!r}{bias})"
                yield (fewest, fewest + 3), call
        for name in ("MaxPooling2D", "AveragePooling2D"):
            for size, strides in [*WINDOWS[:8], (2, None), (3, None), ((2, 3), None)]:
                yield (5, 8), f"{name}({size}, strides={strides}, padding={padding!r})"
    yield (5, 8), "GlobalAveragePooling2D()"
    yield (5, 8), "GlobalAveragePooling2D(keepdims=True)"
    for interpolation, size in product(("nearest", "bilinear"), (1, 2, 3, 4, (2, 3), (3, 1))):
        yield (2, 4), f"UpSampling2D({size}, interpolation={interpolation!r})"


def average_same(layer, x):
    """AveragePooling2D with 'same' padding as on TensorFlow and JAX: the mean over the pixels, without the padding.

    Keras on PyTorch differs where one side gets more padding than the other (windows of 3 on 5 pixels): there
    _apply_same_padding in nn.py repeats the edge, and the repeated pixels count. Its convolution pads with zeros.
    So: the sum over each window, divided by the number of pixels in it.
    """
    ones = torch.ones((*layer.pool_size, x.shape[3], 1))
    sums = [keras.ops.depthwise_conv(a, ones, layer.strides, "same") for a in (x, torch.ones_like(x))]
    return sums[0] / sums[1]


def on_images():
    """Every layer on images: y, dx and, where there are weights, dkernel and dbias.

    The inputs are small whole numbers divided by a power of 2, so that sums of their products are exact, in whatever
    order they are added up. No two pixels of x are equal: the maximum of a window is in one place.

    With average_same() all of it equals what Keras 3.15.1 computes on TensorFlow 2.21.0: means and bilinear to a
    rounding, the rest exactly. (TF_ENABLE_ONEDNN_OPTS=0; with oneDNN the dx of the first Conv2DTranspose is wrong,
    without it TensorFlow has no dilated Conv2DTranspose.)
    """
    rng = np.random.default_rng(7)
    x = ((rng.permutation(900) - 450) / 64).astype(np.float32)
    kernel, bias, v = ((rng.integers(-4, 5, n) / 4).astype(np.float32) for n in (1000, 5, 3000))

    def first(numbers, shape):
        return numbers[: np.prod(shape)].reshape(shape)

    golden, calls = prefixed("layers", x=x, kernel=kernel, bias=bias, v=v), []
    for number, (sizes, call) in enumerate(image_layers()):
        layer = eval(call, vars(layers))
        case = f"{type(layer).__name__.lower()}_{number}"
        image = (2, *rng.integers(*sizes, 2, endpoint=True), rng.integers(1, 5))
        tensor = leaf(first(x, image))
        layer.build(image)
        layer.set_weights([first(given, w.shape) for given, w in zip((kernel, bias), layer.weights, strict=False)])
        average = isinstance(layer, layers.AveragePooling2D) and layer.padding == "same"
        y = average_same(layer, tensor) if average else layer(tensor)
        grads = gradients(y, first(v, y.shape), [tensor, *layer.weights])
        names = ["dx", *(f"d{w.name}" for w in layer.weights)]
        golden |= prefixed(case, y=array(y), **dict(zip(names, grads, strict=True)))
        calls.append((case, call))
    return golden | prefixed("layers", calls=calls)


RECURRENT = {"simple_rnn": layers.SimpleRNN, "gru": layers.GRU, "lstm": layers.LSTM}


def recurrent(case):
    """A recurrent layer from a given state: all steps, the last state, and every gradient."""
    rng = np.random.default_rng(8)
    x, v = normal(rng, 3, 6, 4), normal(rng, 3, 6, 5)
    layer = RECURRENT[case](5, return_sequences=True, return_state=True)
    layer.build(x.shape)
    weights = [normal(rng, *w.shape) / 2 for w in layer.weights]
    layer.set_weights(weights)
    state = [normal(rng, 3, 5) for _ in range(2 if case == "lstm" else 1)]
    tensor, start = leaf(x), [leaf(s) for s in state]
    y, *end = layer(tensor, initial_state=start)
    names = ["dx", *(f"dstate{i}" for i in range(len(state))), *(f"d{w.name}" for w in layer.weights)]
    made = dict(zip(names, gradients(y, v, [tensor, *start, *layer.weights]), strict=True))
    given = {f"state{i}": s for i, s in enumerate(state)} | {
        w.name: a for w, a in zip(layer.weights, weights, strict=True)
    }
    last = {f"end{i}": array(s) for i, s in enumerate(end)}
    return prefixed(case, x=x, v=v, y=array(y), **given, **last, **made)


def embedding():
    """Rows of a table, some of them several times."""
    rng = np.random.default_rng(9)
    x, table, v = rng.integers(0, 6, (4, 5)), normal(rng, 6, 3), normal(rng, 4, 5, 3)
    layer = layers.Embedding(6, 3)
    layer.build(x.shape)
    layer.set_weights([table])
    y = layer(torch.tensor(x))
    (grad,) = gradients(y, v, [layer.embeddings])
    return prefixed("embedding", x=x, v=v, embeddings=table, y=array(y), dembeddings=grad)


def loss_cases():
    """Yield (case, Keras loss, y_true, y_pred)."""
    rng = np.random.default_rng(3)
    # Probabilities with both ends of the clipping, right and wrong, and soft targets.
    target = rng.integers(0, 2, (4, 6)).astype(np.float32)
    target[1] = rng.uniform(size=6)
    target[0, :4] = 0, 1, 0, 1
    prob = rng.uniform(0.02, 0.98, (4, 6)).astype(np.float32)
    prob[0] = 0, 0, 1, 1, 1e-9, 1e-5
    yield "bce", losses.BinaryCrossentropy(), target, prob
    logits = 3 * normal(rng, 4, 6)
    logits[0] = -40, -40, 40, 40, 0, 1e-3
    yield "bce_logits", losses.BinaryCrossentropy(from_logits=True), target, logits

    true, pred = normal(rng, 4, 3, 2), normal(rng, 4, 3, 2)
    yield "mse", losses.MeanSquaredError(), true, pred
    yield "mae", losses.MeanAbsoluteError(), true, pred

    # Row 0 is confident and right, row 1 confident and wrong (its probability is clipped).
    labels = np.array([0, 1, 2, 3, 1])
    onehot = np.eye(4, dtype=np.float32)[labels]
    logits = 2 * normal(rng, 5, 4)
    logits[:2] = [40, 0, -1, 2], [40, 0, -1, 2]
    softmax = array(keras.ops.softmax(logits))
    yield "cce", losses.CategoricalCrossentropy(), onehot, softmax
    yield "cce_logits", losses.CategoricalCrossentropy(from_logits=True), onehot, logits
    yield "scce", losses.SparseCategoricalCrossentropy(), labels, softmax
    yield "scce_logits", losses.SparseCategoricalCrossentropy(from_logits=True), labels, logits


def loss(case, function, y_true, y_pred):
    """Value, by Keras' default reduction the mean over everything, and gradient of one loss."""
    tensor = leaf(y_pred)
    value = function(torch.tensor(y_true), tensor)
    (grad,) = torch.autograd.grad(value, tensor)
    return prefixed(case, y_true=y_true, y_pred=y_pred, loss=array(value), dy_pred=array(grad))


def optimizer_runs():
    """20 updates with given gradients."""
    # Each column of the gradients has its own scale, so the place of epsilon shows; the start is
    # small, so even Adadelta(0.001), which moves by 1e-7 a step, is recorded to several digits.
    rng = np.random.default_rng(4)
    scale = np.array([1, 1e-1, 1e-3, 1e-6], np.float32)
    w0, b0 = normal(rng, 3, 4) / 1000, normal(rng, 4) / 1000
    grad_w, grad_b = scale * normal(rng, 20, 3, 4), scale * normal(rng, 20, 4)
    golden = prefixed("optim", w0=w0, b0=b0, grad_w=grad_w, grad_b=grad_b)
    for name, make in OPTIMIZERS.items():
        optimizer, w, b = make(), keras.Variable(w0), keras.Variable(b0)
        steps = []
        for grads in zip(torch.tensor(grad_w), torch.tensor(grad_b), strict=True):
            optimizer.apply(grads, [w, b])
            steps.append((array(w), array(b)))
        ws, bs = map(np.stack, zip(*steps, strict=True))
        golden |= prefixed(f"optim_{name}", w=ws, b=bs)
    return golden


def fit():
    """A tiny autoencoder trained for 3 epochs of 4 batches, without shuffling."""
    rng = np.random.default_rng(5)
    x = rng.uniform(size=(64, 6)).astype(np.float32)
    model = keras.Sequential([layers.Dense(8, "relu"), layers.Dense(6, "sigmoid")])
    model.build(x.shape)
    start = [normal(rng, *w.shape) / 2 for w in model.weights]
    model.set_weights(start)
    model.compile(optimizers.Adam(0.01), "binary_crossentropy")
    history = model.fit(x, x, batch_size=16, epochs=3, shuffle=False, verbose=0).history
    names = "kernel1", "bias1", "kernel2", "bias2"
    before, after = (dict(zip(names, ws, strict=True)) for ws in (start, model.get_weights()))
    after["history"] = np.array(history["loss"], np.float32)
    after["predict"] = model.predict(x, verbose=0)
    after["evaluate"] = np.float32(model.evaluate(x, x, batch_size=16, verbose=0))
    return prefixed("fit", x=x, **before) | prefixed("fit_end", **after)


def conv_fit():
    """The layers of the chapter's convolutional autoencoder, smaller: 3 steps on a batch each.

    The one case that changes, by a rounding (3e-8), from run to run: PyTorch's convolution adds up in varying order.
    """
    rng = np.random.default_rng(8)
    x = rng.uniform(size=(3, 4, 8, 8, 1)).astype(np.float32)
    model = keras.Sequential(
        [
            layers.Conv2D(4, (3, 3), activation="relu", padding="same"),
            layers.MaxPooling2D((2, 2), padding="same"),
            layers.Conv2D(4, (3, 3), activation="relu", padding="same"),
            layers.UpSampling2D((2, 2)),
            layers.Conv2D(1, (3, 3), activation="sigmoid", padding="same"),
        ]
    )
    model.build(x.shape[1:])
    start = [normal(rng, *w.shape) / 4 for w in model.weights]  # so small that no probability is clipped
    model.set_weights(start)
    model.compile(optimizers.Adadelta(1.0), "binary_crossentropy")
    history, weights = [], []
    for batch in x:
        history += model.fit(batch, batch, batch_size=4, verbose=0).history["loss"]
        weights.append(model.get_weights())
    names = "kernel1", "bias1", "kernel2", "bias2", "kernel3", "bias3"
    before = dict(zip(names, start, strict=True))
    after = dict(zip(names, map(np.stack, zip(*weights, strict=True)), strict=True))
    return prefixed("conv_fit", x=x, **before) | prefixed("conv_fit_steps", loss=np.float32(history), **after)


def main():
    """Collect all cases, write the file and list what is in it."""
    versions = [f"keras {keras.__version__}", f"torch {torch.__version__}"]
    golden = prefixed("meta", versions=versions) | dense()
    golden |= batchnorm("batchnorm_2d", (6, 5)) | batchnorm("batchnorm_4d", (3, 4, 4, 2))
    for case in loss_cases():
        golden |= loss(*case)
    golden |= optimizer_runs() | fit() | on_images() | conv_fit() | embedding()
    for case in RECURRENT:
        golden |= recurrent(case)
    np.savez_compressed(PATH, **golden)
    for key, value in golden.items():
        print(f"{key:34}{value.dtype!s:10}{value.shape}")
    print(f"{PATH}: {len(golden)} arrays, {PATH.stat().st_size} bytes")


if __name__ == "__main__":
    main()
