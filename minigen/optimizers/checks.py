"""What optimizers refuse: settings out of range, and parameters without a gradient that a step can use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from ..autograd import unwrap
from ..autograd.checks import list_of_tensors
from ..checks.values import number, positive_number
from ..errors import message
from ..tensor import Tensor

if TYPE_CHECKING:
    from .base import Optimizer

# ---- settings

CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")


def learning_rate_of(optimizer: Optimizer, value: Any) -> float:
    """`value` as a float, or ValueError unless it is a number >= 0."""
    name = type(optimizer).__name__
    fix = f"{name}(0.001)" if optimizer.schedule is None else "a schedule that returns such numbers"
    return number(f"{name}: learning_rate", value, "a number >= 0", fix)


def check_is_no_parameters(name: str, args: Sequence[Any], keywords: Mapping[str, Any]) -> None:
    """ValueError for parameters, which PyTorch's optimizers take first: minigen's take them at each step."""
    first = args[0] if args else keywords.get("params", keywords.get("learning_rate"))
    if isinstance(first, (list, tuple, dict, Tensor, Iterator)) or hasattr(first, "parameters"):
        where, fix = f"{name}: learning_rate", f"{name}(0.001), then optimizer.step(model.parameters())"
        expected = "a number >= 0, or a function of the steps"
        raise ValueError(message(where, expected=expected, got="parameters", fix=fix))


def weight_decay_of(optimizer: str, value: Any) -> float | None:
    """`value` as a float, None for none; ValueError unless it is a number >= 0."""
    where, fix = f"{optimizer}: weight_decay", f"{optimizer}(weight_decay=0.004)"
    return None if value is None else number(where, value, "a number >= 0", fix)


def clips_of(optimizer: str, *values: Any) -> list[float | None]:
    """The values of CLIPS as floats; ValueError unless they are above 0, and at most one of them is given."""
    given = [name for name, value in zip(CLIPS, values, strict=True) if value is not None]
    if len(given) > 1:
        where, fix = f"{optimizer}: clipping", f"{optimizer}({given[0]}=1.0)"
        raise ValueError(message(where, expected="one way of clipping", got=", ".join(given), fix=fix))
    fixes = [f"{optimizer}({name}=1.0)" for name in CLIPS]
    named = zip(CLIPS, values, fixes, strict=True)
    return [None if v is None else positive_number(f"{optimizer}: {name}", v, fix) for name, v, fix in named]


def decay_rate(optimizer: str, name: str, value: Any) -> float:
    """The factor of the old value in a running average: ValueError unless 0 <= value < 1."""
    return number(f"{optimizer}: {name}", value, f"0 <= {name} < 1", f"{optimizer}(0.001, {name}=0.9)", below=1.0)


def epsilon_of(optimizer: str, value: Any) -> float:
    """`value` as a float, or ValueError unless it is a number >= 0."""
    return number(f"{optimizer}: epsilon", value, "a number >= 0", "epsilon=1e-7")


def nesterov_of(optimizer: str, nesterov: Any, momentum: float) -> bool:
    """ValueError unless nesterov is True, and there is a momentum, or False."""
    if nesterov not in (True, False) or (nesterov and not momentum):
        got, fix = f"nesterov={nesterov!r}, momentum={momentum!r}", f"{optimizer}(0.01, momentum=0.9, nesterov=True)"
        raise ValueError(message(f"{optimizer}: nesterov", expected="True with a momentum, or False", got=got, fix=fix))
    return bool(nesterov)


def refuse_new_setting(optimizer: Optimizer, name: str, value: Any) -> NoReturn:
    """AttributeError for a setting that is changed after the optimizer was made."""
    kind = type(optimizer).__name__
    where, expected, fix = f"{kind}.{name}", "the value that it was made with", f"{kind}({name}=...), a new optimizer"
    raise AttributeError(message(where, expected=expected, got=f"{value!r}", fix=fix))


# ---- parameters

STEP = "optimizer.step(model.parameters())"


def parameters_with_gradients(optimizer: Optimizer, listed: Any) -> list[Tensor]:
    """The listed parameters, each once, with arrays as gradients; ValueError unless all gradients are fresh.

    A gradient is fresh if backward() has set it since the last step. TypeError for anything but tensors.
    """
    if type(listed) is not list or not all([isinstance(p, Tensor) for p in listed]):
        listed = list_of_tensors(f"{type(optimizer).__name__}.step: parameters", listed, STEP)
    parameters = list(dict.fromkeys(listed))
    fresh = bool(parameters)
    for p in parameters:
        g = p.grad = unwrap(p.grad)
        fresh = fresh and g is not None and g is not p.applied_grad and getattr(g, "shape", None) == p.data.shape
    if not fresh:
        _refuse_gradients(f"{type(optimizer).__name__}.step: ", parameters)
    return parameters


def _refuse_gradients(where: str, parameters: list[Tensor]) -> NoReturn:
    """ValueError that names the parameters without a fresh gradient of their shape."""
    missing = [p.name or "a parameter" for p in parameters if p.grad is None]
    used = [p.name or "a parameter" for p in parameters if p.grad is not None and p.grad is p.applied_grad]
    for p in parameters:
        if p.grad is not None and getattr(p.grad, "shape", None) != p.data.shape:
            where, got = f"{where}the gradient of {p.name or 'a parameter'}", f"{p.grad!r:.60}"
            raise ValueError(message(where, expected=f"an array {p.data.shape}", got=got, fix="loss.backward()"))
    got = f"no gradient: {', '.join(missing)}" if missing else f"already used: {', '.join(used)}"
    got, fix = got if parameters else "an empty list", "loss.backward(wrt=parameters), then step(parameters)"
    where, expected = f"{where}gradients are not fresh", "one backward() for all parameters before each step"
    raise ValueError(message(where, expected=expected, got=got, fix=fix))
