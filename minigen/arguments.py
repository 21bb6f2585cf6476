"""Arguments that do not fit a function, and the names of the right ones in other libraries."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar

from .errors import message

P = ParamSpec("P")
R = TypeVar("R")

# The name of an argument in other libraries -> its possible names here; the one that the function has is suggested.
OTHER_NAMES = {
    "alpha": ["negative_slope"],
    "batch": ["batch_size"],
    "beta1": ["beta_1"],
    "beta2": ["beta_2"],
    "criterion": ["loss"],
    "dim": ["axis", "axes"],
    "dims": ["axes", "axis"],
    "drop_rate": ["rate"],
    "embedding_dim": ["output_dim"],
    "eps": ["epsilon"],
    "hidden_size": ["units"],
    "input": ["inputs", "x"],
    "inputs": ["wrt", "xs"],
    "keepdim": ["keepdims"],
    "latent_dim": ["noise_dim"],
    "lr": ["learning_rate"],
    "momentum": ["beta_1"],
    "nb_epoch": ["epochs"],
    "nb_filter": ["filters"],
    "num_embeddings": ["input_dim"],
    "out_channels": ["filters"],
    "out_features": ["units"],
    "output": ["outputs", "y_pred"],
    "p": ["rate"],
    "sigma": ["stddev"],
    "std": ["stddev"],
    "stride": ["strides"],
    "target": ["y_true"],
    "validation": ["validation_data"],
}

# Arguments that no function here has -> what to write instead.
INSTEAD = {
    "allow_unused": "grad(y, xs) with xs that y depends on",
    "activity_regularizer": "a penalty added to the loss, in a custom train_step",
    "batch_input_shape": "Input(shape=...) before it, without the batch axis",
    "batch_shape": "Input(shape=...), without the batch axis",
    "betas": "beta_1=0.9, beta_2=0.999",
    "bias_constraint": "weight.assign(...) after the step, in a custom train_step",
    "bias_regularizer": "a penalty added to the loss, in a custom train_step",
    "callbacks": "on_epoch_end(self, history) in a subclass of the model",
    "class_weight": "a custom train_step that weights the loss",
    "clipnorm": "global_clipnorm=1.0",
    "clipvalue": "global_clipnorm=1.0",
    "create_graph": "(g,) = minigen.grad(y, [x], create_graph=True)",
    "data_format": "images as (batch, rows, columns, channels): x.transpose(0, 2, 3, 1)",
    "decay": "learning_rate=optimizers.LinearDecay(1e-3, steps)",
    "device": 'minigen.use("cupy") before it',
    "dtype": 'np.asarray(x, "float64") for data; layer.astype("float64") for a layer',
    "from_logits": "loss=losses.BinaryCrossentropy(from_logits=True), or another loss",
    "gradient": "(weights * y).sum().backward()",
    "ignore_class": "sample_weight=(y != c), np.where(y != c, y, 0) as labels: a weight of 0 leaves a label out",
    "in_channels": "Input(shape=...) before it, or nothing: the first data determines it",
    "in_features": "Input(shape=...) before it, or nothing: the first data determines it",
    "initial_epoch": 'checkpoint="run.npz", resume=True',
    "input_dim": "Input(shape=(n,)) before it",
    "input_length": "Input(shape=(n,), dtype='int64') before it",
    "input_shape": "Input(shape=...) before it",
    "input_size": "Input(shape=...) before it, or nothing: the first data determines it",
    "kernel_constraint": "weight.assign(...) after the step, in a custom train_step",
    "kernel_regularizer": "a penalty added to the loss, in a custom train_step",
    "label_smoothing": "(1 - s) * one_hot + s / classes as targets",
    "loss_weights": "a custom train_step that weights the losses",
    "mask": "a custom train_step whose loss omits the masked elements",
    "max_value": "Activation(function) with minigen.clip in it",
    "out": "y = minigen.exp(x), which allocates the result",
    "reduction": "the mean over the batch; for another reduction, a custom loss of minigen's functions",
    "pos_weight": "sample_weight=np.where(y == 1, w, 1)",
    "run_eagerly": "compile() without it: every step runs eagerly",
    "sample_weight": "a custom train_step that weights the loss",
    "seed": "minigen.seed(1) before it",
    "steps_per_epoch": "x[:n], y[:n]",
    "trainable": "for p in layer.parameters(): p.requires_grad = False; or step(head.parameters())",
    "validation_split": "validation_data=(x[n:], y[n:]) beside x[:n], y[:n]",
    "weight": "a custom train_step that weights the loss",
    "weight_decay": "a penalty added to the loss, in a custom train_step",
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
    near = here or difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.7)
    fix = INSTEAD.get(name, f"{near[0]}=..." if near else f"it without {name}=")
    expected = ", ".join(known) or "no arguments"
    return message(f"{where}: unknown argument {name!r}", expected=expected, got=f"{name}=", fix=fix)
