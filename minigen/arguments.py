"""Arguments that do not fit a call, and what other libraries call the right one."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar

from .errors import message

P = ParamSpec("P")
R = TypeVar("R")

# What other libraries call an argument -> what it is called here, by whichever of these names a function has.
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

# Arguments that nothing here has -> what to write instead.
INSTEAD = {
    "allow_unused": "grad(y, xs) with xs that y depends on",
    "activity_regularizer": "a penalty added to the loss, in a train_step of your own",
    "batch_input_shape": "Input(shape=...) before it, without the batch",
    "batch_shape": "Input(shape=...), without the batch",
    "betas": "beta_1=0.9, beta_2=0.999",
    "bias_constraint": "weight.assign(...) after the step, in a train_step of your own",
    "bias_regularizer": "a penalty added to the loss, in a train_step of your own",
    "callbacks": "on_epoch_end(self, history) in a subclass of the model",
    "class_weight": "a train_step of your own that weighs the loss",
    "clipnorm": "global_clipnorm=1.0",
    "clipvalue": "global_clipnorm=1.0",
    "create_graph": "(g,) = minigen.grad(y, [x], create_graph=True)",
    "data_format": "images as (batch, rows, columns, channels): x.transpose(0, 2, 3, 1)",
    "decay": "learning_rate=optimizers.LinearDecay(1e-3, steps)",
    "device": 'minigen.use("cupy") before it',
    "dtype": 'np.asarray(x, "float64") for data; layer.astype("float64") for a layer',
    "from_logits": "loss=functools.partial(losses.binary_crossentropy, from_logits=True), or another loss",
    "gradient": "(weights * y).sum().backward()",
    "in_channels": "Input(shape=...) before it, or nothing: the first data tells it",
    "in_features": "Input(shape=...) before it, or nothing: the first data tells it",
    "initial_epoch": 'checkpoint="run.npz", resume=True',
    "input_dim": "Input(shape=(n,)) before it",
    "input_length": "Input(shape=(n,), dtype='int64') before it",
    "input_shape": "Input(shape=...) before it",
    "input_size": "Input(shape=...) before it, or nothing: the first data tells it",
    "kernel_constraint": "weight.assign(...) after the step, in a train_step of your own",
    "kernel_regularizer": "a penalty added to the loss, in a train_step of your own",
    "label_smoothing": "(1 - s) * one_hot + s / classes as targets",
    "loss_weights": "a train_step of your own that weighs the losses",
    "mask": "losses that leave out what does not count, in a train_step of your own",
    "max_value": "Activation(function) with minigen.clip in it",
    "out": "y = minigen.exp(x), without a place for the result",
    "reduction": "the mean over the batch; other sums by minigen's functions, in a loss of your own",
    "run_eagerly": "compile() without it: every step runs eagerly",
    "sample_weight": "a train_step of your own that weighs the loss",
    "seed": "minigen.seed(1) before it",
    "steps_per_epoch": "x[:n], y[:n]",
    "trainable": "for p in layer.parameters(): p.requires_grad = False; or step(head.parameters())",
    "validation_split": "validation_data=(x[n:], y[n:]) beside x[:n], y[:n]",
    "weight": "a train_step of your own that weighs the loss",
    "weight_decay": "a penalty added to the loss, in a train_step of your own",
    "weights": "layer.set_weights(...) once it is built",
}


def checks_arguments(method: Callable[P, R]) -> Callable[P, R]:
    """The method or function, with a TypeError that says what to write for arguments that do not fit it.

    The arguments are looked at where the call has failed, so that a call that fits costs nothing. Functions of one or
    two tensors without options, such as exp and matmul, do without the wrapper: Python's words are enough.
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
            raise  # it came from inside of the method

    return checked


def _called(method: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """How an error names the method or function that was called."""
    *_, owner, name = f".{method.__qualname__}".split(".")
    if name == "__init__":
        return type(args[0]).__name__ if args else owner
    if not owner or owner == "<locals>" or not args:
        return name
    return f"{getattr(args[0], 'label', type(args[0]).__name__)}.{name}"


def _does_not_fit(where: str, function: Callable[..., Any], keywords: Iterable[str], why: TypeError) -> str:
    """The text for arguments that inspect.Signature.bind() refuses."""
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
    """The text for an argument that a function does not have: what it is called here, or what to write instead.

    >>> print(unknown_argument("Adam", "lr", ["learning_rate", "beta_1"]))
    Adam: unknown argument 'lr'
      expected: learning_rate, beta_1
      got:      lr=
      fix:      learning_rate=...
    """
    known = list(known)
    here = [other for other in OTHER_NAMES.get(name, []) if other in known]
    near = here or difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.7)
    if name in INSTEAD and not here:
        fix = INSTEAD[name]
    elif near:
        fix = f"{near[0]}=..."
    else:
        fix = f"it without {name}="
    expected = ", ".join(known) or "no arguments"
    return message(f"{where}: unknown argument {name!r}", expected=expected, got=f"{name}=", fix=fix)
