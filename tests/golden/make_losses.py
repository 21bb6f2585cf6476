"""Make ``losses.npz``: losses and metrics computed by the real Keras 3 and PyTorch that minigen's tests compare with.

``make_keras.py`` says how to install both, and in which versions the committed file was made; the array ``versions`` in
it says so too. Everything is computed in float64 (but ops.mean of Keras on PyTorch rounds to float32).

``calls`` lists the cases: what is written in Keras or PyTorch, what in minigen, and the predictions. Both are
expressions of arrays of the file, whose names end with the number of their axes: t (targets), p (probabilities),
a (logits), q (distributions), x and x_hat (any numbers), labels, one_hot, w (weights of rows), each (weights of
elements). ``y`` has their values one after the other, ``shapes`` the shape of each, and ``dy`` the gradients of Σ y v
with respect to the predictions, for v = 1, 1.1, 1.2, ...

``metrics`` lists names of metrics, their targets and predictions, ``values`` the metrics of all samples; ``steps/`` are
three updates of a model with two outputs, with weights of the losses and of the samples; ``vae/`` is a VAE's step.
"""

import os
from itertools import product
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from keras import layers, losses, ops, optimizers
from torch.nn import functional as F

PATH = Path(__file__).with_name("losses.npz")
keras.config.set_floatx("float64")

REDUCTIONS = ["sum_over_batch_size", "sum", "none"]
SMOOTHING = ["", "label_smoothing=0.1, "]


def inputs():
    """Arrays with 2 axes, (6, 5), and with 3, (4, 3, 5): the last axis of labels and weights is gone."""
    rng = np.random.default_rng(0)
    found = {}
    for n, shape in ((2, (6, 5)), (3, (4, 3, 5))):
        t = rng.integers(0, 2, shape).astype(float)
        t[1] = rng.uniform(size=shape[1:])
        a = 3 * rng.standard_normal(shape)
        labels = rng.integers(0, 5, shape[:-1])
        rows = rng.uniform(0.02, 0.98, shape)
        found |= {f"t{n}": t, f"p{n}": rng.uniform(0.02, 0.98, shape), f"a{n}": a, f"labels{n}": labels}
        found |= {f"one_hot{n}": np.eye(5)[labels], f"q{n}": rows / rows.sum(axis=-1, keepdims=True)}
        found |= {f"x{n}": rng.standard_normal(shape), f"x_hat{n}": rng.standard_normal(shape)}
        found[f"w{n}"] = rng.uniform(0, 3, shape[:-1]) * (rng.uniform(size=shape[:-1]) > 0.3)
        found[f"each{n}"] = rng.uniform(0, 3, shape)
    found["p2"][0] = 0, 1, 1e-9, 1 - 1e-9, 0.5  # clipped
    return found


def cases():
    """Yield (library, its call, minigen's call, the name of the predictions)."""
    for n, reduction, w in product((2, 3), REDUCTIONS, ("", ", w{n}")):
        r = f"reduction={reduction!r}"
        pairs = [("MeanSquaredError", "x{n}, x_hat{n}"), ("MeanAbsoluteError", "x{n}, x_hat{n}")]
        for name, pair in pairs:
            yield same(f"{name}({r})({pair}{w})", n)
        for s, (p, logits) in product(SMOOTHING, (("p", ""), ("a", "from_logits=True, "))):
            yield same(f"BinaryCrossentropy({logits}{s}{r})(t{{n}}, {p}{{n}}{w})", n)
            q = "q" if p == "p" else p
            yield same(f"CategoricalCrossentropy({logits}{s}{r})(one_hot{{n}}, {q}{{n}}{w})", n)
            if not s:
                yield same(f"SparseCategoricalCrossentropy({logits}{r})(labels{{n}}, {q}{{n}}{w})", n)
    for reduction in ("mean", None):  # other names of the first and the last
        yield same(f"MeanSquaredError(reduction={reduction!r})(x{{n}}, x_hat{{n}}, w{{n}})", 3)
    for axis, reduction in product(("0", "1", "(1, 2)", "(0, -1)"), REDUCTIONS):
        yield same(f"BinaryCrossentropy(axis={axis}, reduction={reduction!r})(t{{n}}, p{{n}})", 3)
    # Functions with the axis that is Keras' default, and others where it is no axis of classes.
    for n, s, (p, logits) in product((2, 3), SMOOTHING, (("p", ""), ("a", "from_logits=True, "))):
        q = "q" if p == "p" else p
        for axis in ("-1", "0", "(0, 1)"):
            yield same(f"binary_crossentropy(t{{n}}, {p}{{n}}, {logits}{s}axis={axis})", n)
        yield same(f"categorical_crossentropy(one_hot{{n}}, {q}{{n}}, {logits}{s}axis=-1)", n)
        if not s:
            yield same(f"sparse_categorical_crossentropy(labels{{n}}, {q}{{n}}, {logits}axis=-1)", n)
    for n, name in product((2, 3), ("mean_squared_error", "mean_absolute_error")):
        keras_call = f"losses.{name}(x{n}, x_hat{n})"  # without an axis
        yield keras_call, f"losses.{name}(x{n}, x_hat{n}, axis=-1)", f"x_hat{n}"
    yield from pytorch()
    step = "ops.mean(ops.sum(losses.binary_crossentropy(t3, {0}3{1}), axis=1))"  # sum over the pixels, one axis fewer
    for p, logits in (("p", ""), ("a", ", from_logits=True")):
        here = f"losses.binary_crossentropy(t3, {p}3{logits}, axis=-1).sum(axis=1).mean()"
        yield step.format(p, logits), here, f"{p}3"


def same(call, n):
    """A call that is written in Keras as in minigen."""
    call = "losses." + call.format(n=n)
    predictions = next(name for name in (f"x_hat{n}", f"p{n}", f"q{n}", f"a{n}") if f" {name}" in call)
    return call, call, predictions


def pytorch():
    """Yield the cases of torch.nn.functional: without `axis`, and with weights for each element."""
    for n, reduction, w in product((2, 3), ("mean", "sum", "none"), (False, True)):
        r = f"reduction={reduction!r}"
        weight, weights = (f"weight=each{n}, ", f"sample_weight=each{n}, ") if w else ("", "")
        if n == 3:  # in p2 are numbers that Keras clips, where PyTorch clips the logarithm
            yield (
                f"F.binary_cross_entropy(p{n}, t{n}, {weight}{r})",
                f"losses.binary_crossentropy(t{n}, p{n}, {weights}{r})",
                f"p{n}",
            )
        yield (
            f"F.binary_cross_entropy_with_logits(a{n}, t{n}, {weight}{r})",
            f"losses.binary_crossentropy(t{n}, a{n}, from_logits=True, {weights}{r})",
            f"a{n}",
        )
        for name, here in (("mse_loss", "mse"), ("l1_loss", "mae")):
            call = f"losses.{here}(x{n}, x_hat{n}, {weights}{r})"
            if w and reduction == "mean":  # PyTorch divides these two by the sum of the weights
                call = f"losses.{here}(x{n}, x_hat{n}, {weights}reduction='sum') / each{n}.sum()"
            yield f"F.{name}(x_hat{n}, x{n}, {weight}{r})", call, f"x_hat{n}"
        if not w:
            classes_second = f"a{n}" if n == 2 else f"a{n}.permute(0, 2, 1)"
            smooth = "label_smoothing=0.1, "
            yield (
                f"F.cross_entropy({classes_second}, labels{n}, {r})",
                f"losses.sparse_categorical_crossentropy(labels{n}, a{n}, from_logits=True, {r})",
                f"a{n}",
            )
            yield (
                f"F.cross_entropy({classes_second}, labels{n}, {smooth}{r})",
                f"losses.categorical_crossentropy(one_hot{n}, a{n}, from_logits=True, {smooth}{r})",
                f"a{n}",
            )


def computed(call, name, arrays):
    """The value of the library's call, and the gradient of Σ y v with respect to the predictions."""
    tensors = {key: torch.tensor(value) for key, value in arrays.items()}
    tensors[name].requires_grad_()
    y = eval(call, {"losses": losses, "F": F, "ops": ops}, tensors)
    v = torch.arange(y.numel(), dtype=torch.float64).reshape(y.shape) / 10 + 1
    (dy,) = torch.autograd.grad((y * v).sum(), tensors[name])
    return y.detach().numpy(), dy.numpy()


METRICS = {  # name: (targets, predictions)
    "binary_accuracy": ("bits", "p2"),
    "categorical_accuracy": ("one_hot2", "q2"),
    "sparse_categorical_accuracy": ("labels2", "q2"),
    "top_k_categorical_accuracy": ("classes7", "q7"),
    "sparse_top_k_categorical_accuracy": ("labels7", "q7"),
    "mean_squared_error": ("x2", "x_hat2"),
    "mse": ("x2", "x_hat2"),
    "mean_absolute_error": ("x2", "x_hat2"),
    "mae": ("x2", "x_hat2"),
    "cosine_similarity": ("x3", "x_hat3"),
    "kl_divergence": ("t_rows", "q3"),
    "KLDivergence": ("t_rows", "q3"),
    "binary_crossentropy": ("t2", "p2"),
    "categorical_crossentropy": ("one_hot2", "q2"),
    "sparse_categorical_crossentropy": ("labels2", "q2"),
}


def metric_cases(arrays):
    """The value of each metric over all samples, from two batches of different size."""
    rng = np.random.default_rng(1)
    rows = rng.uniform(size=(4, 3, 5)) * (rng.uniform(size=(4, 3, 5)) > 0.3) + 1e-3
    labels = rng.integers(0, 7, 40)
    more = {"bits": (arrays["t2"] > 0.5) * 1.0, "t_rows": rows / rows.sum(axis=-1, keepdims=True)}
    more |= {"labels7": labels, "classes7": np.eye(7)[labels], "q7": rng.uniform(size=(40, 7))}
    arrays |= more
    values = []
    for name, (y, p) in METRICS.items():
        metric = keras.metrics.get(name)
        metric = metric if isinstance(metric, keras.metrics.Metric) else keras.metrics.MeanMetricWrapper(metric)
        for part in (slice(0, 1), slice(1, None)):
            metric.update_state(torch.tensor(arrays[y][part]), torch.tensor(arrays[p][part]))
        values.append(float(metric.result()))
    return {"metrics": np.array([(name, *pair) for name, pair in METRICS.items()]), "values": np.array(values)}


def steps():
    """Three steps of a model with two outputs, one batch: losses by dict, their weights, weights of the samples."""
    rng = np.random.default_rng(2)
    x = rng.standard_normal((8, 4))
    ring, digit = rng.integers(0, 2, (8, 1)).astype(float), rng.integers(0, 3, 8)
    w = rng.uniform(0, 2, 8)
    i = keras.Input((4,))
    outputs = [layers.Dense(1, "sigmoid", name="ring")(i), layers.Dense(3, "softmax", name="digit")(i)]
    model = keras.Model(i, outputs)
    start = [rng.standard_normal(a.shape) for a in model.get_weights()]
    model.set_weights(start)
    loss = {"ring": losses.BinaryCrossentropy(label_smoothing=0.2), "digit": "sparse_categorical_crossentropy"}
    weights = {"digit": 3.0, "ring": 0.5}
    model.compile(optimizers.SGD(0.1), loss, loss_weights=weights, metrics={"digit": ["accuracy"]})
    logs = [model.train_on_batch(x, [ring, digit], sample_weight=[w, w], return_dict=True)]
    model.reset_metrics()
    logs += [model.train_on_batch(x, [ring, digit], sample_weight=[w, w], return_dict=True)]
    model.reset_metrics()
    logs += [model.train_on_batch(x, [ring, digit], return_dict=True)]  # the last without
    names = ["loss", "ring_loss", "digit_loss", "digit_accuracy"]
    found = {"x": x, "ring": ring, "digit": digit, "w": w, "logs": np.array([[log[k] for k in names] for log in logs])}
    found |= {f"start{k}": a for k, a in enumerate(start)} | {f"end{k}": a for k, a in enumerate(model.get_weights())}
    return {f"steps/{k}": a for k, a in found.items()}


def vae():
    """The two losses in the step of Keras' own example of a VAE, on images (batch, rows, columns, 1)."""
    rng = np.random.default_rng(3)
    data, logits = rng.uniform(size=(5, 6, 4, 1)), 2 * rng.standard_normal((5, 6, 4, 1))
    z_mean, z_log_var = rng.standard_normal((5, 2)), rng.standard_normal((5, 2))
    reconstruction = ops.sigmoid(torch.tensor(logits))
    nats = ops.mean(ops.sum(losses.binary_crossentropy(torch.tensor(data), reconstruction), axis=(1, 2)))
    m, v = torch.tensor(z_mean), torch.tensor(z_log_var)
    kl = ops.mean(ops.sum(-0.5 * (1 + v - ops.square(m) - ops.exp(v)), axis=1))
    found = {"data": data, "logits": logits, "z_mean": z_mean, "z_log_var": z_log_var}
    return {f"vae/{k}": a for k, a in found.items()} | {"vae/losses": np.array([float(nats), float(kl)])}


def main():
    """Collect all cases and write the file."""
    arrays = inputs()
    calls = list(cases())
    ys, dys = zip(*[computed(call, name, arrays) for call, _, name in calls], strict=True)
    golden = {k: np.concatenate([a.reshape(-1) for a in found]) for k, found in (("y", ys), ("dy", dys))}
    golden["shapes"] = np.array([str(y.shape) for y in ys])
    golden |= metric_cases(arrays) | steps() | vae()
    versions = [f"keras {keras.__version__}", f"torch {torch.__version__}"]
    np.savez_compressed(PATH, **golden | arrays, calls=np.array(calls), versions=np.array(versions))
    print(f"{PATH}: {len(calls)} calls, {PATH.stat().st_size} bytes")


if __name__ == "__main__":
    main()
