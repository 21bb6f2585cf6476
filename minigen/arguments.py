"""Arguments that do not fit a function, and the names of the right ones in other libraries."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ParamSpec, TypeVar

from .errors import message

P = ParamSpec("P")
R = TypeVar("R")

# The name of an argument in other libraries -> its possible names here; the one that the function has is suggested,
# and INSTEAD is not asked.
OTHER_NAMES = {
    "a_max": ["high"],
    "a_min": ["low"],
    "alpha": ["negative_slope", "rho"],
    "axis": ["reduction"],
    "bias": ["use_bias"],
    "block_size": ["window"],
    "color_mode": ["color"],
    "d_model": ["width"],
    "dim": ["axis", "axes"],
    "dims": ["axes", "axis"],
    "embedding_dim": ["output_dim"],
    "eps": ["epsilon"],
    "filepath": ["path"],
    "hidden_size": ["units"],
    "image_size": ["size", "image_shape"],
    "input": ["inputs", "x"],
    "input_dim": ["image_shape"],
    "input_shape": ["image_shape"],
    "inputs": ["wrt", "xs"],
    "kernel_size": ["pool_size"],
    "latent_dim": ["noise_dim"],
    "lr": ["learning_rate"],
    "max": ["high"],
    "max_new_tokens": ["n"],
    "min": ["low"],
    "mode": ["interpolation"],
    "n_embd": ["width"],
    "n_head": ["heads"],
    "n_layer": ["blocks"],
    "ncols": ["columns"],
    "nrow": ["columns"],
    "num_embeddings": ["input_dim"],
    "num_groups": ["groups"],
    "num_heads": ["heads"],
    "num_layers": ["blocks"],
    "out_channels": ["filters"],
    "out_features": ["units"],
    "output": ["outputs", "y_pred"],
    "p": ["rate"],
    "scale_factor": ["size"],
    "std": ["stddev"],
    "target": ["y_true"],
    "target_size": ["target_shape", "size"],
    "temp": ["temperature"],
    "value_range": ["data_range"],
    "vmax": ["data_range"],
    "vmin": ["data_range"],
    "x_max": ["high"],
    "x_min": ["low"],
}

_PENALTY = "a penalty added to the loss, in a custom train_step"
_DECAY = f"Adam(weight_decay=1e-4) for all weights, or {_PENALTY}"
_CONSTRAINT = "weight.assign(...) after the step, in a custom train_step"
_BUILT_IN = "nothing: it is built in, as by default in Keras"
_MASK = "a custom train_step whose loss omits the masked elements"
_FIRST_DATA = "Input(shape=...) before it, or nothing: the first data determines it"
_VARIANCE = "nothing to divide by n; x.var() * n / (n - 1), and its root for std(), to divide by n - 1"
_AVERAGE = "an average of the weights, in a custom train_step: with no_grad(): average += 0.01 * (w - average)"

# Arguments that no function here has -> what to write instead; "regularizer" is asked for kernel_regularizer too.
INSTEAD = {
    "activation": "nothing: tanh is built in; Activation(function) comes behind the layer",
    "activity_regularizer": _PENALTY,
    "affine": "layer.gamma.requires_grad = layer.beta.requires_grad = False once it is built",
    "allow_unused": "grad(loss, [x]) with an x that the loss depends on",
    "arguments": "functools.partial(function, ...)",
    "axis": "nothing: of a layer it is the last axis (x.transpose(0, 2, 3, 1) moves the channels); of a metric all",
    "batch_first": "nothing: data is (batch, steps, features)",
    "batch_input_shape": "Input(shape=...) before it, without the batch axis",
    "batch_shape": "Input(shape=...), without the batch axis",
    "beta_initializer": "layer.beta.assign(...) once it is built",
    "betas": "beta_1=0.9, beta_2=0.999",
    "bidirectional": "Concatenate()([forward(x), backward(Lambda(lambda x: x[:, ::-1])(x))]), of two layers",
    "callbacks": "fit(..., callbacks=[...])",
    "ceil_mode": 'padding="same"',
    "center": "layer.beta.requires_grad = False once it is built",
    "class_weight": "fit(..., class_weight={0: 1.0, 1: 5.0})",
    "clipnorm": "Adam(clipnorm=1.0), an argument of the optimizer",
    "clipvalue": "Adam(clipvalue=0.5), an argument of the optimizer",
    "constraint": _CONSTRAINT,
    "correction": _VARIANCE,
    "create_graph": "(g,) = minigen.grad(y, [x], create_graph=True)",
    "data_format": "images as (batch, rows, columns, channels): x.transpose(0, 2, 3, 1)",
    "ddof": _VARIANCE,
    "decay": "learning_rate=optimizers.LinearDecay(1e-3, steps); weight_decay= makes the weights smaller",
    "device": 'minigen.use("cupy") before it',
    "dropout": "Dropout(0.2) before it",
    "dtype": 'np.asarray(data, "float64") for data; layer.astype("float64") for a layer',
    "elementwise_affine": "center=False, scale=False",
    "from_logits": "loss=losses.BinaryCrossentropy(from_logits=True), or another loss",
    "gamma_initializer": "layer.gamma.assign(...) once it is built",
    "global_clipnorm": "Adam(global_clipnorm=1.0), an argument of the optimizer",
    "go_backwards": "Lambda(lambda x: x[:, ::-1])(x)",
    "gradient": "(weights * y).sum().backward()",
    "gradient_accumulation_steps": "a larger batch_size, which gives the same gradient",
    "groups": "Concatenate()([Conv2D(8, 3)(half) for half in (a, b)]), of Lambda(lambda x: x[..., :n])(x) and the rest",
    "ignore_class": "sample_weight=(y != c) / (y != c).mean(), np.where(y != c, y, 0) as labels: the mean of the rest",
    "in_channels": _FIRST_DATA,
    "in_features": _FIRST_DATA,
    "index": "model.layers[0]",
    "inplace": "nothing: an op makes a new tensor",
    "input_dim": "Input(shape=(n,)) before it",
    "input_length": "Input(shape=(n,), dtype='int64') before it",
    "input_shape": "Input(shape=...) before it",
    "input_size": _FIRST_DATA,
    "label_smoothing": "losses.BinaryCrossentropy(label_smoothing=0.1), or (1 - s) * one_hot + s / classes as targets",
    "loss_weights": "Model.compile(loss_weights=[...]) for several outputs, or a custom train_step with weights",
    "mask": _MASK,
    "mask_zero": _MASK,
    "max_value": "Activation(function) with minigen.clip in it",
    "negative_slope": "LeakyReLU(0.2)",
    "normalized_shape": "nothing: it is the last axis, of the size that the first data has",
    "num_channels": _FIRST_DATA,
    "num_features": _FIRST_DATA,
    "num_layers": "one layer after the other, with return_sequences=True in all but the last",
    "out": "y = minigen.exp(x), which allocates the result",
    "output_padding": 'padding="same", with which n pixels become n times the strides',
    "output_shape": "nothing: one call finds it",
    "overwrite": "nothing: a file is replaced when it is complete",
    "padding_idx": _MASK,
    "params": "optimizer.step(model.parameters())",
    "pos_weight": "sample_weight=np.where(labels == 1, 5.0, 1.0)",
    "recurrent_activation": _BUILT_IN,
    "recurrent_dropout": "Dropout(0.2) before it",
    "reduction": 'losses.MeanSquaredError(reduction="sum"), or another class of losses; else it is the mean',
    "regularizer": _DECAY,
    "reset_after": _BUILT_IN,
    "run_eagerly": "compile() without it: every step runs eagerly",
    "scale": "layer.gamma.requires_grad = False once it is built",
    "seed": "minigen.seed(1) before it",
    "start_dim": "Flatten(), which keeps the batch; x.flatten(1) of a tensor",
    "stateful": "y, h = layer(x, h) with return_state=True",
    "steps": "x[:n]",
    "track_running_stats": "layer(x, training=True), which uses the statistics of the batch",
    "trainable": "for p in layer.parameters(): p.requires_grad = False; or step(head.parameters())",
    "unbiased": _VARIANCE,
    "use_ema": _AVERAGE,
    "validation_batch_size": "batch_size=..., which serves both",
    "validation_freq": "a Callback whose on_epoch_end(self, epoch, logs) evaluates in some epochs",
    "validation_steps": "validation_data=(x_val[:n], y_val[:n])",
    "weight": "class_weight={0: 1.0, 1: 5.0} in fit, or sample_weight= of a loss",
    "weight_decay": "Adam(weight_decay=1e-4), an argument of the optimizer",
    "weighted_metrics": "metrics=['mae'], which have no weights; the loss has those of fit(sample_weight=...)",
    "weights": "layer.set_weights(...) once it is built",
}


def checks_arguments(method: Callable[P, R]) -> Callable[P, R]:
    """Decorator of a method or function: for arguments that do not fit, its TypeError says what to write.

    The arguments are compared with the signature only after a call has failed, so valid calls are not slowed down.
    Functions of one or two tensors without options, such as exp and matmul, are not decorated: Python's own message is
    clear enough.
    """

    @functools.wraps(method)
    def checked(*args: P.args, **keywords: P.kwargs) -> R:
        try:
            return method(*args, **keywords)
        except TypeError:
            try:
                inspect.signature(method).bind(*args, **keywords)
            except TypeError as what:
                raise TypeError(_does_not_fit(_called(method, args), method, keywords, what)) from None
            raise  # raised inside of the method

    return checked


def _called(method: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """The name of the called method or function in the text of an error."""
    *_, owner, name = f".{method.__qualname__}".split(".")
    if name == "__init__":
        return type(args[0]).__name__ if args else owner
    if not owner or owner == "<locals>" or not args:
        return name
    return f"{getattr(args[0], 'label', type(args[0]).__name__)}.{name}"


def _does_not_fit(where: str, function: Callable[..., Any], keywords: Iterable[str], why: TypeError) -> str:
    """The text of the error for arguments that inspect.Signature.bind() rejects."""
    parameters = [p for p in inspect.signature(function).parameters.values() if p.name != "self"]
    known = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    several = [f"*{p.name}" for p in parameters if p.kind is p.VAR_POSITIONAL]
    for name in keywords:
        if name not in known:
            return unknown_argument(where, name, [*several, *known])
    takes = [str(p).partition(":")[0].partition("=")[0] + "=..." * (p.default is not p.empty) for p in parameters]
    needed = [p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    fix = f"{where.rpartition('.')[2]}({', '.join(needed)})"
    return message(f"{where}: wrong arguments", expected=f"({', '.join(takes)})", got=str(why), fix=fix)


def check_takes(where: str, function: Callable[..., Any], names: Sequence[str], fix: str) -> None:
    """TypeError for a function of the user that does not take these arguments, by position."""
    try:
        signature = inspect.signature(function)
    except ValueError:  # some functions that are not written in Python do not say
        return
    try:
        signature.bind(*names)
    except TypeError:
        expected = f"a function of ({', '.join(names)})"
        raise TypeError(message(where, expected=expected, got=str(signature), fix=fix)) from None


def unknown_argument(where: str, name: str, known: Iterable[str]) -> str:
    """The text of the error for an argument that a function does not have: its name here, or what to write instead.

    >>> print(unknown_argument("Adam", "lr", ["learning_rate", "beta_1"]))
    Adam: unknown argument 'lr'
      expected: learning_rate, beta_1
      got:      lr=
      fix:      learning_rate=...
    """
    known = list(known)
    here = [other for other in OTHER_NAMES.get(name, []) if other in known]
    kind = name.rpartition("_")[2]
    instead = INSTEAD.get(name) or (INSTEAD[kind] if kind in ("constraint", "regularizer") else None)
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.7)
    fix = f"{here[0]}=..." if here else instead or (f"{near[0]}=..." if near else f"it without {name}=")
    expected = ", ".join(known) or "no arguments"
    return message(f"{where}: unknown argument {name!r}", expected=expected, got=f"{name}=", fix=fix)
