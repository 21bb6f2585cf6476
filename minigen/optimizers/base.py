"""Optimizer: the loop over parameters, and the state that is kept for each of them. LinearDecay: a learning rate."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

from .. import backend, parallel
from ..arguments import checks_arguments
from ..checks.values import number, positive_integer, refuse_missing_method
from ..configured import Configured
from ..elsewhere import OPTIMIZER, no_such_name
from ..kernels import graph
from ..tensor import Tensor
from ..types import Array
from . import checks

# A formula on slices of this many numbers keeps its temporaries in the cache: Adam on 1.5 million weights takes 0.4 of
# the time it takes on whole arrays. A GPU gets the whole array at once.
BLOCK = 32768

Rate = float | Callable[[int], float]


class LinearDecay(Configured):
    """η(t) = η₀ (1 - t / steps) for the steps t = 0, 1, ..., and 0 after them. Adam(LinearDecay(1e-3, 9380))

    Any other function of t is a schedule as well. Raises ValueError unless η₀ >= 0 and steps is a positive integer.
    """

    def __init__(self, learning_rate: float, steps: int) -> None:
        fix = "LinearDecay(1e-3, steps=epochs * batches)"
        self.learning_rate = number("LinearDecay: learning_rate", learning_rate, "a number >= 0", fix)
        self.steps = positive_integer("LinearDecay: steps", steps, fix)

    def __call__(self, t: int) -> float:
        return self.learning_rate * max(0.0, 1 - t / self.steps)


def clip_factor(gradients: Sequence[Array], c: float) -> Array:
    """min(1, c / ‖g‖) for the norm over all gradients, a number on the device: a GPU would wait for its transfer."""
    xp = backend.xp
    largest = [abs(g).max() for g in gradients if g.size]
    scale = xp.maximum(xp.stack(largest).max(), 1e-30) if largest else 1.0  # squares of large numbers would overflow
    norm = scale * xp.sqrt(sum(((g / scale) ** 2).sum() for g in gradients))
    return c / xp.maximum(norm, c)


class Optimizer(Configured):
    """Base class: step() updates each parameter by update(), the formula of a subclass.

    The state belongs to the parameter: its slots, such as running averages, and the number of its steps. A parameter
    that joins later, after a layer was unfrozen or from a second model, begins with the first step of the formula.

    learning_rate is a number, or a schedule: a function of the steps done so far, such as LinearDecay. A schedule sets
    .learning_rate at each step; after .schedule = None it can be set by hand.

    Large gradients can be made smaller before the formula, in one of three ways. For recurrent nets, whose gradient may
    explode (Pascanu et al. 2013).

    global_clipnorm  c: g ← g min(1, c / ‖g‖), where ‖g‖ is the norm over all parameters together: the direction stays
    clipnorm         c: the same, where ‖g‖ is the norm of the gradient of each parameter by itself
    clipvalue        c: each number of g is moved into [-c, c]

    weight_decay λ: w ← w - η λ w before the formula, for every parameter, as in Keras; the loss is not changed. With
    Adam this is AdamW (Loshchilov and Hutter 2019). PyTorch's Adam and SGD add λ w to the gradient instead.

    Raises ValueError for a learning rate or a weight_decay that is negative or no number, for a c that is not above 0,
    and for two ways at once.
    """

    slots: tuple[str, ...] = ()
    settings = (*"momentum nesterov beta_1 beta_2 rho epsilon weight_decay".split(), *checks.CLIPS)  # fixed

    def __new__(cls, *args: Any, **keywords: Any) -> Self:
        checks.check_is_no_parameters(cls.__name__, args, keywords)  # before an error about lr=, which is PyTorch's too
        return super().__new__(cls)

    @checks_arguments
    def __init__(
        self,
        learning_rate: Rate,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        name = type(self).__name__
        self.weight_decay = checks.weight_decay_of(name, weight_decay)
        self.clipnorm, self.clipvalue, self.global_clipnorm = checks.clips_of(
            name, clipnorm, clipvalue, global_clipnorm
        )
        self.schedule = learning_rate if callable(learning_rate) else None
        self.learning_rate = learning_rate(0) if callable(learning_rate) else learning_rate
        self.iterations = 0  # calls of step()
        self.state: dict[Tensor, list[Array]] = {}  # parameter -> its slots
        self.counts: dict[Tensor, int] = {}  # parameter -> its steps so far
        self._of_all_ranks = parallel.Gradients()

    # ---- the step

    def update(self, w: Array, g: Array, t: int, *slots: Array) -> None:
        """Write the new weight into w, and the new averages into the slots; t = 1, 2, ... counts the steps of w."""
        refuse_missing_method(type(self).__name__, "update(self, w, g, t, *slots)")

    @checks_arguments
    def step(self, parameters: Iterable[Tensor] | None = None) -> None:
        """Update every parameter by its .grad; one that is listed twice is updated once.

        Raises ValueError, and updates nothing, if a gradient is missing or was already used by a step, and TypeError
        for anything but a list (or other iterable) of tensors.
        """
        parameters = checks.parameters_with_gradients(self, parameters)
        if parallel.current() is not None:
            self._add_up(parameters)
        graph.on_host(lambda: self._count(parameters))
        for p, g in zip(parameters, self._clipped(parameters), strict=True):
            slots = self.state.get(p)
            if slots is None:
                slots = self.state[p] = [backend.xp.zeros_like(p.data) for _ in self.slots]
            recorded = backend.recorder is not None
            t: Any = graph.Count(functools.partial(self._steps_of, p)) if recorded else self.counts[p]
            w = p.writable()
            if self.weight_decay is not None:
                w -= graph.number(self._decay, w) * w
            if w.size <= BLOCK or backend.active() == "cupy":
                self.update(w, g, t, *slots)
            else:
                rows = max(1, BLOCK * len(w) // w.size)
                for i in range(0, len(w), rows):
                    self.update(w[i : i + rows], g[i : i + rows], t, *(s[i : i + rows] for s in slots))
            p.applied_grad = p.grad

    def _add_up(self, parameters: Sequence[Tensor]) -> None:
        """Replace the gradients of this rank's share of the batch by those of the whole batch."""
        gradients = [p.grad for p in parameters]
        if backend.active() == "numpy" or parallel.on_gpus():
            gradients = self._of_all_ranks.add_up(gradients, backend.xp)
        else:
            gradients = self._of_all_ranks.add_up([backend.to_numpy(g) for g in gradients])
        for p, g in zip(parameters, gradients, strict=True):
            p.grad = backend.asarray(g)

    def _count(self, parameters: Sequence[Tensor]) -> None:
        """On the host: the learning rate of this step, and how many steps there were with it."""
        if self.schedule is not None:
            self.learning_rate = self.schedule(self.iterations)
        self.iterations += 1
        for p in parameters:
            self.counts[p] = self.counts.get(p, 0) + 1

    def _steps_of(self, parameter: Tensor) -> int:
        return self.counts[parameter]

    def _decay(self) -> float:
        """η λ"""
        return self.learning_rate * (self.weight_decay or 0.0)

    def _rate_on(self, w: Array) -> Any:
        """η for a kernel on w, also in a recorded step (kernels/graph.py)."""
        return self._learning_rate if backend.recorder is None else graph.number(lambda: self._learning_rate, w)

    def _clipped(self, parameters: Sequence[Tensor]) -> list[Array]:
        """The gradients, or smaller ones."""
        gradients = [p.grad for p in parameters]
        if self.clipvalue is not None:
            return [backend.xp.clip(g, -self.clipvalue, self.clipvalue) for g in gradients]
        if self.clipnorm is not None:
            return [g * clip_factor([g], self.clipnorm) for g in gradients]
        if self.global_clipnorm is not None:
            shorter = clip_factor(gradients, self.global_clipnorm)
            return [g * shorter for g in gradients]
        return gradients

    # ---- the learning rate, and settings that are fixed

    @property
    def learning_rate(self) -> float:
        """η of the next step, a number >= 0; it may be set between steps."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._learning_rate = checks.learning_rate_of(self, value)

    def _refuse_lr(self, value: Any) -> None:
        """AttributeError for `optimizer.lr = 0.1`, which would set an attribute that no formula reads."""
        self.__getattr__("lr")

    lr = property(None, _refuse_lr)

    def __getattr__(self, name: str) -> Any:
        raise no_such_name(type(self).__name__, name, OPTIMIZER)

    def __setattr__(self, name: str, value: Any) -> None:
        """The settings of minigen's optimizers are fixed, since the slots depend on them; those of others are not."""
        if name in self.settings and name in vars(self) and type(self).__module__.startswith(__package__):
            checks.refuse_new_setting(self, name, value)
        super().__setattr__(name, value)

    # ---- for files

    def init_arguments(self) -> dict[str, Any]:
        """With the learning rate, or the schedule, that it has now."""
        now = {"learning_rate": self.learning_rate if self.schedule is None else self.schedule}
        return {name: now.get(name, value) for name, value in super().init_arguments().items()}

    def get_state(self, parameters: Sequence[Tensor]) -> list[list[Array]]:
        """Copies of the slots of `parameters`, in order; an empty list for a parameter that was never updated."""
        return [[a.copy() for a in self.state.get(p, [])] for p in parameters]

    def get_counts(self, parameters: Sequence[Tensor]) -> list[int]:
        """The number of steps of each parameter so far."""
        return [self.counts.get(p, 0) for p in parameters]

    def set_state(
        self,
        parameters: Sequence[Tensor],
        state: Sequence[Sequence[Array]],
        iterations: int,
        counts: Sequence[int] | None = None,
    ) -> None:
        """Restore what get_state and get_counts returned. Without counts each parameter has made all the steps."""
        self.iterations = iterations
        counts = [iterations] * len(parameters) if counts is None else counts
        self.counts = {p: n for p, n in zip(parameters, counts, strict=True) if n}
        slots_of = zip(parameters, state, strict=True)
        self.state = {p: [backend.asarray(a).copy() for a in slots] for p, slots in slots_of if slots}
