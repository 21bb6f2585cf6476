"""Make ``keras.npz``: arrays computed by the real Keras 3 that minigen's tests compare with.

Keras and PyTorch are needed only to make the file, never to run the tests, so they live in a
virtual environment of their own, outside the checkout::

    python3 -m venv /tmp/keras-venv
    /tmp/keras-venv/bin/pip install keras==3.15.1 torch==2.13.0 numpy==2.4.6
    /tmp/keras-venv/bin/python tests/golden/make_keras.py

The committed file was made with exactly these versions (Keras on the PyTorch backend, CPU build,
Python 3.11); the array ``meta/versions`` in it says so too. Inputs are seeded. Every array is
float32, except the integer class labels and the version strings. Keys read ``case/array``;
``dx`` is the gradient of ``sum(y * v)`` with respect to ``x``, for a random ``v`` stored beside
it, and ``dy_pred`` is the gradient of the scalar ``loss``.
"""

import os
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
}


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


def main():
    """Collect all cases, write the file and list what is in it."""
    versions = [f"keras {keras.__version__}", f"torch {torch.__version__}"]
    golden = prefixed("meta", versions=versions) | dense()
    golden |= batchnorm("batchnorm_2d", (6, 5)) | batchnorm("batchnorm_4d", (3, 4, 4, 2))
    for case in loss_cases():
        golden |= loss(*case)
    golden |= optimizer_runs() | fit()
    np.savez_compressed(PATH, **golden)
    for key, value in golden.items():
        print(f"{key:34}{value.dtype!s:10}{value.shape}")
    print(f"{PATH}: {len(golden)} arrays, {PATH.stat().st_size} bytes")


if __name__ == "__main__":
    main()
