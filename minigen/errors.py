"""What minigen says when something is wrong: where, what was expected, what came, what to write."""

from __future__ import annotations

import difflib
import functools
import inspect
import math
import numbers
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from types import FrameType
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def message(where: str, *, expected: object, got: object, write: str) -> str:
    """The one layout of every error text.

    >>> print(message("Dense 'code': wrong number of features",
    ...               expected="(batch, 784)", got="(batch, 28, 28)", write="Flatten()(x) before it"))
    Dense 'code': wrong number of features
      expected: (batch, 784)
      got:      (batch, 28, 28)
      write:    Flatten()(x) before it
    """
    return f"{where}\n  expected: {expected}\n  got:      {got}\n  write:    {write}"


def unknown_name(kind: str, name: object, known: Iterable[str]) -> str:
    """The text for a name that is not in a table, with the nearest one that is.

    >>> print(unknown_name("activation", "rellu", ["relu", "tanh"]))
    unknown activation 'rellu'
      expected: one of relu, tanh
      got:      'rellu'
      write:    'relu'
    """
    known = sorted(known)
    near = difflib.get_close_matches(str(name).lower(), known, n=1, cutoff=0.0)
    return message(
        f"unknown {kind} {name!r}",
        expected=f"one of {', '.join(known)}",
        got=repr(name),
        write=repr(near[0]) if near else f"a {kind} from the list",
    )


def named(kind: str, name: Any, table: Mapping[str, Any]) -> Any:
    """table[name] for a string, anything else as it is; ValueError with the nearest name if there is none."""
    if not isinstance(name, str):
        return name
    if name.lower() not in table:
        raise ValueError(unknown_name(kind, name, table))
    return table[name.lower()]


# What other libraries call an argument -> what it is called here, by whichever of these names a function has.
OTHER_NAMES = {
    "alpha": ["negative_slope"],
    "batch": ["batch_size"],
    "beta1": ["beta_1"],
    "beta2": ["beta_2"],
    "criterion": ["loss"],
    "drop_rate": ["rate"],
    "embedding_dim": ["output_dim"],
    "eps": ["epsilon"],
    "hidden_size": ["units"],
    "input": ["inputs", "x"],
    "latent_dim": ["noise_dim"],
    "lr": ["learning_rate"],
    "momentum": ["beta_1"],
    "nb_epoch": ["epochs"],
    "nb_filter": ["filters"],
    "num_embeddings": ["input_dim"],
    "out_channels": ["filters"],
    "out_features": ["units"],
    "output": ["outputs"],
    "p": ["rate"],
    "sigma": ["stddev"],
    "std": ["stddev"],
    "stride": ["strides"],
    "validation": ["validation_data"],
}

# Arguments that nothing here has -> what to write instead.
INSTEAD = {
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
    "data_format": "images as (batch, rows, columns, channels): x.transpose(0, 2, 3, 1)",
    "decay": "learning_rate=optimizers.LinearDecay(1e-3, steps)",
    "dtype": 'layer.astype("float64") afterwards',
    "in_channels": "Input(shape=...) before it, or nothing: the first data tells it",
    "in_features": "Input(shape=...) before it, or nothing: the first data tells it",
    "initial_epoch": 'checkpoint="run.npz", resume=True',
    "input_dim": "Input(shape=(n,)) before it",
    "input_length": "Input(shape=(n,), dtype='int64') before it",
    "input_shape": "Input(shape=...) before it",
    "input_size": "Input(shape=...) before it, or nothing: the first data tells it",
    "kernel_constraint": "weight.assign(...) after the step, in a train_step of your own",
    "kernel_regularizer": "a penalty added to the loss, in a train_step of your own",
    "loss_weights": "a train_step of your own that weighs the losses",
    "mask": "losses that leave out what does not count, in a train_step of your own",
    "max_value": "Activation(function) with minigen.clip in it",
    "run_eagerly": "compile() without it: every step runs eagerly",
    "sample_weight": "a train_step of your own that weighs the loss",
    "seed": "minigen.seed(1) before it",
    "steps_per_epoch": "x[:n], y[:n]",
    "trainable": "loss.backward(wrt=head.parameters()), then optimizer.step(head.parameters())",
    "validation_split": "validation_data=(x[n:], y[n:]) beside x[:n], y[:n]",
    "weight_decay": "a penalty added to the loss, in a train_step of your own",
    "weights": "layer.set_weights(...) once it is built",
}


def check_arguments(where: str, given: Iterable[str], function: Callable[..., Any]) -> None:
    """Raise TypeError for the first name in `given` that is no argument of `function`, and say what to write.

    `function` may collect what it does not know in **unknown, and hand that over.
    """
    parameters = [p for p in inspect.signature(function).parameters.values() if p.name not in ("self", "model")]
    known = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    for name in given:
        if name not in known:
            raise TypeError(unknown_argument(where, name, known))


def check_new(cls: type, keywords: Iterable[str]) -> None:
    """check_arguments() for what a class is called with; an __init__ that takes **others is trusted."""
    init: Any = cls.__init__  # type: ignore[misc]
    if keywords and all(p.kind is not p.VAR_KEYWORD for p in inspect.signature(init).parameters.values()):
        check_arguments(cls.__name__, keywords, init)


def refuses_unknown(method: Callable[P, R]) -> Callable[P, R]:
    """The method or function, with the TypeError of check_arguments() for arguments that it does not have."""
    if any(p.kind is p.VAR_KEYWORD for p in inspect.signature(method).parameters.values()):
        return method  # it takes any

    @functools.wraps(method)
    def checked(*args: P.args, **keywords: P.kwargs) -> R:
        if keywords:
            owner = getattr(args[0], "label", "") if args else ""
            check_arguments(f"{owner}.{method.__name__}" if owner else method.__name__, keywords, method)
        return method(*args, **keywords)

    return checked


def unknown_argument(where: str, name: str, known: Iterable[str]) -> str:
    """The text for an argument that a function does not have: what it is called here, or what to write instead.

    >>> print(unknown_argument("Adam", "lr", ["learning_rate", "beta_1"]))
    Adam: unknown argument 'lr'
      expected: learning_rate, beta_1
      got:      lr=
      write:    learning_rate=...
    """
    known = list(known)
    here = [other for other in OTHER_NAMES.get(name, []) if other in known]
    near = here or difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.7)
    if name in INSTEAD and not here:
        write = INSTEAD[name]
    elif near:
        write = f"{near[0]}=..."
    else:
        write = f"it without {name}="
    expected = ", ".join(known) or "no arguments"
    return message(f"{where}: unknown argument {name!r}", expected=expected, got=f"{name}=", write=write)


def positive_integer(where: str, value: Any, write: str) -> int:
    """`value` as an int (NumPy's integers too), or ValueError."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(message(where, expected="a positive integer", got=repr(value), write=write))
    return int(value)


def positive_pair(where: str, value: Any, write: str) -> tuple[int, int]:
    """(rows, columns) from one positive integer for both or from two of them, or ValueError."""
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if (
        len(pair) != 2
        or not all(isinstance(n, numbers.Integral) and not isinstance(n, bool) for n in pair)
        or min(pair) < 1
    ):
        expected = "a positive integer, or two of them: (rows, columns)"
        raise ValueError(message(where, expected=expected, got=repr(value), write=write))
    return int(pair[0]), int(pair[1])


def number(where: str, value: Any, expected: str, write: str, low: float = 0.0, below: float = float("inf")) -> float:
    """`value` as a float if it is finite and low <= float(value) < below, or ValueError; a NaN is outside."""
    if not _is_real(value) or not (math.isfinite(value) and low <= float(value) < below):
        raise ValueError(message(where, expected=expected, got=repr(value), write=write))
    return float(value)


def positive_number(where: str, value: Any, write: str) -> float:
    """`value` as a float if it is finite and above 0, or ValueError."""
    if not _is_real(value) or not (math.isfinite(value) and value > 0):
        raise ValueError(message(where, expected="a number above 0", got=repr(value), write=write))
    return float(value)


def _is_real(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]  # exec() may run code without a name


def warn_caller(warning: Warning) -> None:
    """Show the warning at the line outside of minigen that led here, such as the one that called fit()."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and _package(frame) == __package__:
        frame, level = frame.f_back, level + 1
    warnings.warn(warning, stacklevel=level)
