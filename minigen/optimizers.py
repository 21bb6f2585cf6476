"""Optimizers: what learning writes into weights. Keras' argument names, defaults and equations.

step(parameters) says who is updated. Each update is the textbook formula on (w, g, *slots), in place; slots are the
running averages kept for each parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from . import backend
from .arguments import checks_arguments
from .autograd import unwrap
from .autograd.checks import list_of_tensors
from .checks import number, positive_integer, positive_number
from .elsewhere import OPTIMIZER, no_such_name
from .errors import message, named
from .tensor import Tensor

# A formula on slices of this many numbers keeps its temporaries in the cache: Adam on 1.5 million weights takes 0.4 of
# the time it takes on whole arrays. A GPU gets the whole array at once.
BLOCK = 32768


Rate = float | Callable[[int], float]


class LinearDecay:
    """η(t) = η₀ (1 - t / steps) for the steps t = 0, 1, ...: a rate that falls to 0. Adam(LinearDecay(1e-3, 9380))

    Any function of t serves in its place.
    """

    @checks_arguments
    def __init__(self, learning_rate: float, steps: int) -> None:
        fix = "LinearDecay(1e-3, steps=epochs * batches)"
        self.learning_rate = number("LinearDecay: learning_rate", learning_rate, "a number >= 0", fix)
        self.steps = positive_integer("LinearDecay: steps", steps, fix)

    def __call__(self, t: int) -> float:
        return self.learning_rate * max(0.0, 1 - t / self.steps)


class Optimizer:
    """Base: checks, state and the loop over parameters. Subclasses write update().

    What has been seen of a parameter is kept for that parameter: its slots, and the number of its steps. So one that
    joins later, after a layer has been unfrozen or from a second model, takes the first step of the formula.

    learning_rate is a number, or a function of the steps done so far, such as LinearDecay; it then sets .learning_rate
    at each step, and .schedule = None gives the attribute back to its user.

    With global_clipnorm c, gradients whose norm ‖g‖, over all parameters together, is larger are shortened to it:
    g ← g min(1, c / ‖g‖). The direction stays. For recurrent nets, whose gradient may explode (Pascanu et al. 2013).
    """

    slots: ClassVar[tuple[str, ...]] = ()
    settings = ("momentum", "nesterov", "beta_1", "beta_2", "rho", "epsilon", "centered", "global_clipnorm")  # fixed

    def __init_subclass__(cls) -> None:
        if "__init__" in vars(cls):
            cls.__init__ = checks_arguments(cls.__init__)  # type: ignore[method-assign]

    @checks_arguments
    def __init__(self, learning_rate: Rate, global_clipnorm: float | None = None) -> None:
        where, fix = f"{type(self).__name__}: global_clipnorm", f"{type(self).__name__}(global_clipnorm=1.0)"
        self.global_clipnorm = None if global_clipnorm is None else positive_number(where, global_clipnorm, fix)
        self.schedule = learning_rate if callable(learning_rate) else None
        self.learning_rate = learning_rate(0) if callable(learning_rate) else learning_rate
        self.iterations = 0  # calls of step()
        self.state: dict[Tensor, list[Any]] = {}  # parameter -> its slot arrays
        self.counts: dict[Tensor, int] = {}  # parameter -> its steps so far

    def __setattr__(self, name: str, value: Any) -> None:
        ours = type(self).__module__ == __name__  # an optimizer of one's own may move what it likes
        if ours and name in self.settings and name in vars(self):
            where, fix = f"{type(self).__name__}.{name}", f"{type(self).__name__}({name}=...), a new optimizer"
            raise AttributeError(message(where, expected="the value that it was made with", got=f"{value!r}", fix=fix))
        super().__setattr__(name, value)

    @property
    def learning_rate(self) -> float:
        """η of the next step, a number >= 0; it may be set between steps."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self._learning_rate = self._rate(value)

    def _rate(self, value: Any) -> float:
        name = type(self).__name__
        if isinstance(value, (list, tuple, Tensor)):
            fix = f"{name}(0.001), then optimizer.step(model.parameters())"
            where, got = f"{name}: learning_rate", "parameters"
            raise ValueError(message(where, expected="a number >= 0, or a function of the steps", got=got, fix=fix))
        return number(f"{name}: learning_rate", value, "a number >= 0", f"{name}(0.001)")

    lr = property(None, lambda self, value: self.__getattr__("lr"))  # `o.lr = 0.1` would change nothing

    def __getattr__(self, name: str) -> Any:
        raise no_such_name(type(self).__name__, name, OPTIMIZER)

    def update(self, w: Any, g: Any, t: int, *slots: Any) -> None:
        """Write the new weight into w, and the new averages into the slots; t = 1, 2, ... counts its steps."""
        raise NotImplementedError(f"{type(self).__name__}.update")

    @checks_arguments
    def step(self, parameters: Iterable[Tensor] | None = None) -> None:
        """Update every parameter by its .grad, one that is listed twice once.

        Raises ValueError, and updates nothing, if a gradient is missing or was already used by a step, and TypeError
        for what is no list (or other iterable) of tensors.
        """
        parameters = self._checked(parameters)
        if self.schedule is not None:
            self.learning_rate = self.schedule(self.iterations)
        self.iterations += 1
        shorter = 1.0 if self.global_clipnorm is None else self._clip_factor(parameters)
        for p in parameters:
            slots = self.state.get(p)
            if slots is None:
                slots = self.state[p] = [backend.xp.zeros_like(p.data) for _ in self.slots]
            self.counts[p] = t = self.counts.get(p, 0) + 1
            w, g = p.writable(), p.grad
            if self.global_clipnorm is not None:
                g = g * shorter
            if w.size <= BLOCK or backend.active() == "cupy":
                self.update(w, g, t, *slots)
            else:
                rows = max(1, BLOCK * len(w) // w.size)
                for i in range(0, len(w), rows):
                    self.update(w[i : i + rows], g[i : i + rows], t, *(s[i : i + rows] for s in slots))
            p.applied_grad = p.grad

    def _clip_factor(self, parameters: Sequence[Tensor]) -> Any:
        """min(1, c / ‖g‖), a number on the device: reading it would make a GPU wait."""
        xp = backend.xp
        largest = xp.stack([abs(p.grad).max() for p in parameters if p.size]).max()
        scale = xp.maximum(largest, 1e-30)  # squares of large numbers would overflow
        norm = scale * xp.sqrt(sum(((p.grad / scale) ** 2).sum() for p in parameters))
        return self.global_clipnorm / xp.maximum(norm, self.global_clipnorm)

    def _checked(self, parameters: Any) -> list[Tensor]:
        """The parameters as a list, each once and with a fresh gradient, or an error."""
        if type(parameters) is not list or not all([isinstance(p, Tensor) for p in parameters]):
            where, fix = f"{type(self).__name__}.step: parameters", "optimizer.step(model.parameters())"
            parameters = list_of_tensors(where, parameters, fix)
        parameters = list(dict.fromkeys(parameters))
        missing = [p.name or "a parameter" for p in parameters if p.grad is None]
        applied = [p.name or "a parameter" for p in parameters if p.grad is not None and p.grad is p.applied_grad]
        for p in parameters:
            p.grad = unwrap(p.grad)
        odd = [p for p in parameters if p.grad is not None and getattr(p.grad, "shape", None) != p.data.shape]
        if odd:
            where, got = (
                f"{type(self).__name__}.step: the gradient of {odd[0].name or 'a parameter'}",
                f"{odd[0].grad!r:.60}",
            )
            fix = "loss.backward(), which sets it"
            raise ValueError(message(where, expected=f"an array {odd[0].data.shape}", got=got, fix=fix))
        if not parameters or missing or applied:
            got = f"no gradient: {', '.join(missing)}" if missing else f"already used: {', '.join(applied)}"
            raise ValueError(
                message(
                    f"{type(self).__name__}.step: gradients are not fresh",
                    expected="one backward() that reaches every parameter, before each step",
                    got=got if parameters else "an empty list of parameters",
                    fix="loss.backward(wrt=parameters), then step(parameters)",
                )
            )
        return parameters

    # ---- for checkpoints

    def get_state(self, parameters: Sequence[Tensor]) -> list[Any]:
        """Copies of the slot arrays of `parameters`, in order (nothing for a parameter that was never updated)."""
        return [[a.copy() for a in self.state.get(p, [])] for p in parameters]

    def get_counts(self, parameters: Sequence[Tensor]) -> list[int]:
        """The number of steps of each parameter so far."""
        return [self.counts.get(p, 0) for p in parameters]

    def set_state(
        self,
        parameters: Sequence[Tensor],
        state: Sequence[list[Any]],
        iterations: int,
        counts: Sequence[int] | None = None,
    ) -> None:
        """Go back to what get_state and get_counts returned. Without counts each parameter has made all the steps."""
        self.iterations = iterations
        counts = [iterations] * len(parameters) if counts is None else counts
        self.counts = {p: n for p, n in zip(parameters, counts, strict=True) if n}
        self.state = {
            p: [backend.asarray(a).copy() for a in slots] for p, slots in zip(parameters, state, strict=True) if slots
        }


def _share(optimizer: str, name: str, value: Any) -> float:
    """What of an average stays: a number from 0 up to, but not including, 1."""
    return number(f"{optimizer}: {name}", value, f"0 <= {name} < 1", f"{optimizer}(0.001, {name}=0.9)", below=1.0)


class SGD(Optimizer):
    """w ← w - η g;   with momentum μ: m ← μ m - η g, w ← w + m (nesterov: w ← w + μ m - η g)"""

    def __init__(
        self,
        learning_rate: Rate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        *,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, global_clipnorm)
        self.momentum, self.nesterov = _share("SGD", "momentum", momentum), nesterov
        if nesterov not in (True, False) or (nesterov and not momentum):
            expected, got = "True with a momentum, or False", f"nesterov={nesterov!r}, momentum={momentum!r}"
            fix = "SGD(0.01, momentum=0.9, nesterov=True)"
            raise ValueError(message("SGD: nesterov", expected=expected, got=got, fix=fix))
        self.slots = ("m",) if momentum else ()  # type: ignore[misc]

    def update(self, w: Any, g: Any, t: int, *slots: Any) -> None:
        if not slots:
            w -= self.learning_rate * g
            return
        (m,) = slots
        m *= self.momentum
        m -= self.learning_rate * g
        w += self.momentum * m - self.learning_rate * g if self.nesterov else m


class Adam(Optimizer):
    """m ← β₁ m + (1-β₁) g,   v ← β₂ v + (1-β₂) g²,   w ← w - η √(1-β₂ᵗ)/(1-β₁ᵗ) m / (√v + ε)

    t counts the steps of this parameter from 1. ε stands outside the bias correction, as in Keras ("epsilon hat" of the
    paper). GANs want beta_1 = 0.5. Source: Kingma and Ba 2015.
    """

    slots = ("m", "v")

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        *,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, global_clipnorm)
        self.beta_1, self.beta_2 = _share("Adam", "beta_1", beta_1), _share("Adam", "beta_2", beta_2)
        self.epsilon = number("Adam: epsilon", epsilon, "a number >= 0", "epsilon=1e-7")

    def update(self, w: Any, g: Any, t: int, *slots: Any) -> None:
        # The slots hold m / (1-β₁) and v / (1-β₂), so that both factors are taken once, in the two numbers below: two
        # passes over the weights less. Adam on 800,000 weights takes 1.24 ms in place of 1.44.
        m, v = slots
        m *= self.beta_1
        m += g
        v *= self.beta_2
        v += g * g
        root = (1 - self.beta_2) ** 0.5
        rate = self.learning_rate * (1 - self.beta_2**t) ** 0.5 / (1 - self.beta_1**t) * (1 - self.beta_1) / root
        w -= rate * m / (backend.xp.sqrt(v) + self.epsilon / root)


class Adadelta(Optimizer):
    """a ← ρ a + (1-ρ) g²,   u = g √(d+ε)/√(a+ε),   d ← ρ d + (1-ρ) u²,   w ← w - η u

    learning_rate is 1.0 here, as in the paper and as in Keras when the chapter was written. Keras 3 defaults to 0.001,
    with which the chapter's listing hardly moves: test loss 0.6927 after 10 epochs instead of 0.1664.
    Source: Zeiler 2012.
    """

    slots = ("a", "d")

    def __init__(
        self,
        learning_rate: Rate = 1.0,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        *,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, global_clipnorm)
        self.rho = _share("Adadelta", "rho", rho)
        self.epsilon = number("Adadelta: epsilon", epsilon, "a number >= 0", "epsilon=1e-7")

    def update(self, w: Any, g: Any, t: int, *slots: Any) -> None:
        a, d = slots
        a *= self.rho
        a += (1 - self.rho) * (g * g)
        u = g * backend.xp.sqrt((d + self.epsilon) / (a + self.epsilon))
        d *= self.rho
        d += (1 - self.rho) * (u * u)
        w -= self.learning_rate * u


class RMSprop(Optimizer):
    """v ← ρ v + (1-ρ) g²,   w ← w - η g / √(v+ε);   with momentum μ: m ← μ m + η g / √(v+ε), w ← w - m

    Source: Tieleman and Hinton 2012; ε stands inside the root, as in Keras.
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        *,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, global_clipnorm)
        self.rho, self.momentum = _share("RMSprop", "rho", rho), _share("RMSprop", "momentum", momentum)
        self.epsilon = number("RMSprop: epsilon", epsilon, "a number >= 0", "epsilon=1e-7")
        self.slots = ("v", "m") if momentum else ("v",)  # type: ignore[misc]

    def update(self, w: Any, g: Any, t: int, *slots: Any) -> None:
        v = slots[0]
        v *= self.rho
        v += (1 - self.rho) * (g * g)
        change = self.learning_rate * g / backend.xp.sqrt(v + self.epsilon)
        if self.momentum:
            m = slots[1]
            m *= self.momentum
            m += change
            change = m
        w -= change


OPTIMIZERS: dict[str, Callable[[], Optimizer]] = {
    "sgd": SGD,
    "adam": Adam,
    "adadelta": Adadelta,
    "rmsprop": RMSprop,
}


def get(optimizer: str | Optimizer) -> Optimizer:
    """The optimizer of that name with its defaults (or the optimizer itself)."""
    found = named("optimizer", optimizer, OPTIMIZERS)
    found = found() if isinstance(optimizer, str) else found
    if not isinstance(found, Optimizer):
        raise TypeError(
            message("optimizer", expected="a name or an optimizer", got=repr(optimizer), fix="'adam' or Adam(0.001)")
        )
    return found
