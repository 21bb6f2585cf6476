"""What a page of the explorer computes, in plain NumPy: the arrays of its text, and a NETWORK run on one sample."""

import base64
import math
import zlib

import numpy as np


def unpacked(text, described):
    """The arrays in the text, in float64 and uint8, read byte by byte."""
    data, start, arrays = zlib.decompress(base64.b64decode(text)), 0, []
    for entry in described:
        n = math.prod(entry["shape"])
        if entry["type"] == "uint8":
            array = np.frombuffer(data, "uint8", n, start)
            start += n
        else:
            high, low = (np.frombuffer(data, "uint8", n, start + plane * n).astype(int) for plane in (0, 1))
            array, start = float16(256 * high + low), start + 2 * n
        arrays.append(array.reshape(entry["shape"]))
    assert start == len(data)
    return arrays


def float16(bits):
    """(-1)^s 2^(e - 15) (1 + m / 1024), and (-1)^s 2^-14 m / 1024 for e = 0"""
    sign, e, m = np.where(bits >> 15, -1.0, 1.0), (bits >> 10) & 31, bits & 1023
    return sign * np.where(e, 2.0 ** (e - 15) * (1 + m / 1024), 2.0**-14 * m / 1024)


def run(network, arrays, *inputs):
    """The outputs of a NETWORK for one sample: one array without the batch for each input."""
    tensors = {i: np.asarray(x, "float64") for i, x in enumerate(inputs)}
    assert [list(x.shape) for x in inputs] == [entry["shape"] for entry in network["inputs"]]
    for call in network["calls"]:
        x = [tensors[i] for i in call["inputs"]]
        weights = {k: arrays[call[k]] for k in WEIGHTS.get(call["layer"], ()) if call[k] is not None}
        tensors[call["output"]] = LAYERS[call["layer"]](call | weights, *x)
    return [tensors[i] for i in network["outputs"]]


WEIGHTS = dict.fromkeys(("Dense", "Conv2D", "Conv2DTranspose"), ("kernel", "bias"))
WEIGHTS["BatchNormalization"] = ("scale", "shift")


def dense(call, x):
    return with_bias(call, x @ call["kernel"])


def with_bias(call, y):
    return activation(call, y if call["bias"] is None else y + call["bias"])


def border(call, size, taps, dilation=(1, 1)):
    """(pixels before, windows) on each axis of an image of this size."""
    found = []
    for n, k, s, d in zip(size, taps, call["strides"], dilation, strict=True):
        k = (k - 1) * d + 1
        count = -(-n // s) if call["padding"] == "same" else (n - k) // s + 1
        found.append((max(0, (count - 1) * s + k - n) // 2 if call["padding"] == "same" else 0, count))
    return found


def windows(call, x, taps, dilation=(1, 1)):
    """For each pixel of the output and each tap, (output pixel, tap, input pixel) where that is in the image."""
    (top, rows), (left, columns) = border(call, x.shape, taps, dilation)
    for i, j, r, c in np.ndindex(rows, columns, *taps):
        row = i * call["strides"][0] + r * dilation[0] - top
        column = j * call["strides"][1] + c * dilation[1] - left
        if 0 <= row < x.shape[0] and 0 <= column < x.shape[1]:
            yield (i, j), (r, c), (row, column)


def conv2d(call, x):
    kernel = call["kernel"]
    (_, rows), (_, columns) = border(call, x.shape[:2], kernel.shape[:2], call["dilation"])
    y = np.zeros((rows, columns, kernel.shape[3]))
    for out, tap, pixel in windows(call, x[:, :, 0], kernel.shape[:2], call["dilation"]):
        y[out] += x[pixel] @ kernel[tap]
    return with_bias(call, y)


def conv2d_transpose(call, x):
    """Every pixel of x puts its multiple of the kernel onto the output."""
    kernel, sizes = call["kernel"], []
    for n, k, s in zip(x.shape, kernel.shape[:2], call["strides"], strict=False):
        sizes.append(n * s if call["padding"] == "same" else n * s + max(k - s, 0))
    y = np.zeros((*sizes, kernel.shape[2]))
    for small, tap, large in windows(call, y[:, :, 0], kernel.shape[:2]):
        y[large] += kernel[tap] @ x[small]
    return with_bias(call, y)


def pooled(call, x, function):
    (_, rows), (_, columns) = border(call, x.shape[:2], call["pool_size"])
    seen = {out: [] for out in np.ndindex(rows, columns)}
    for out, _, pixel in windows(call, x[:, :, 0], call["pool_size"]):
        seen[out].append(x[pixel])
    return np.stack([function(np.stack(pixels), axis=0) for pixels in seen.values()]).reshape(rows, columns, -1)


def up_sampling(call, x):
    if call["interpolation"] == "nearest":
        return x.repeat(call["size"][0], axis=0).repeat(call["size"][1], axis=1)
    return enlarged(enlarged(x, call["size"][0]).swapaxes(0, 1), call["size"][1]).swapaxes(0, 1)


def enlarged(x, factor):
    """Linear interpolation along the first axis; pixel i of the large image is at (i + 1/2) / factor - 1/2."""
    place = np.clip((np.arange(len(x) * factor) + 0.5) / factor - 0.5, 0, len(x) - 1)
    low = np.floor(place).astype(int)
    share = (place - low).reshape(-1, *[1] * (x.ndim - 1))
    return (1 - share) * x[low] + share * x[np.minimum(low + 1, len(x) - 1)]


def activation(call, x):
    return FUNCTIONS[call["activation"]](x) if "slope" not in call else leaky_relu(call, x)


def leaky_relu(call, x):
    return np.where(x > 0, x, call["slope"] * x)


def sigmoid(x):
    return (1 + np.tanh(x / 2)) / 2


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


FUNCTIONS = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "silu": lambda x: x * sigmoid(x),
    "gelu": lambda x: x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "softplus": lambda x: np.logaddexp(0, x),
    "softmax": softmax,
}

LAYERS = {
    "Activation": activation,
    "Add": lambda call, *xs: sum(xs),
    "AveragePooling2D": lambda call, x: pooled(call, x, np.mean),
    "BatchNormalization": lambda call, x: call["scale"] * x + call["shift"],
    "Concatenate": lambda call, *xs: np.concatenate(xs, axis=call["axis"]),
    "Conv2D": conv2d,
    "Conv2DTranspose": conv2d_transpose,
    "Dense": dense,
    "Flatten": lambda call, x: x.reshape(-1),
    "LeakyReLU": leaky_relu,
    "MaxPooling2D": lambda call, x: pooled(call, x, np.max),
    "Rescaling": lambda call, x: call["scale"] * x + call["offset"],
    "Reshape": lambda call, x: x.reshape(call["shape"]),
    "UpSampling2D": up_sampling,
}


def rounded(model):
    """The model with random weights that 16 bits hold exactly, small enough that no activation saturates."""
    rng = np.random.default_rng(0)
    for path, weight in model.named_weights().items():
        values = rng.normal(size=weight.shape) / math.sqrt(max(1, math.prod(weight.shape[:-1])))
        values = 0.5 + abs(values) if path.endswith(("gamma", "moving_variance")) else values
        weight.assign(values.astype("float16").astype("float32"))
    return model
