"""Recurrent networks over a whole sequence, one op each: the loop over time is inside of the rule.

Sequences are time first here, (steps, batch, features), so that a step is contiguous in memory. The layers apply the
input kernel and the bias to all steps at once; the result is x, and the loop does only what depends on the step before.
Composed of single steps, Elman's network on a window of 40 would be 164 ops, an LSTM 644.

Shapes: x (steps, batch, parts · units), U (units, parts · units), the states (batch, units) -> (steps, batch, units),
with 1, 3 and 4 parts. The layers check them.
"""

from __future__ import annotations

from typing import Any

from .. import backend
from ..autograd import Op, is_recorded, recording, sum_over
from ..checks.values import refuse_missing_method
from ..types import Array, TensorLike
from .activation import sigmoid, tanh
from .linear import product
from .shape import concatenate, split, stack

Room = Any  # an array (steps, batch, features), or a list with a Tensor for each step


class Recurrence(Op):
    """The base of the three networks: hₜ from xₜ and hₜ₋₁, and back-propagation through time."""

    @staticmethod
    def shifted(h0: TensorLike, h: TensorLike) -> TensorLike:
        """(h₀, h₁, ..., hₜ₋₁): the state before each step, (steps, batch, units)"""
        return concatenate([h0.reshape((1, *h0.shape)), h[:-1]])

    @staticmethod
    def rows(x: TensorLike) -> TensorLike:
        """A row for each step of each sequence: (steps · batch, features)"""
        return x.reshape((-1, x.shape[-1]))

    # To join the steps of a list at the end would copy each of them once more: with an array that they are written
    # into, a backward pass of a GRU or an LSTM takes 0.85 of the time.

    @staticmethod
    def room(x: TensorLike, g: TensorLike) -> Room:
        """Where the steps put their results: an array of the shape of x, or a list for Tensors."""
        return [None] * len(x) if is_recorded(g) else backend.xp.empty_like(x)

    @staticmethod
    def put(room: Room, t: int, *parts: TensorLike) -> TensorLike:
        """The parts of step t side by side. An array takes them without copies of its own."""
        if isinstance(room, list):
            room[t] = concatenate(parts, axis=-1)
        else:
            backend.xp.concatenate(parts, axis=-1, out=room[t])
        return room[t]

    @staticmethod
    def all_steps(room: Room) -> TensorLike:
        """(steps, batch, features)"""
        return stack(room) if isinstance(room, list) else room

    @staticmethod
    def transposed(u: TensorLike) -> TensorLike:
        """Uᵀ; of an array a copy in row-major order, which takes a third off the products of an LSTM at each step."""
        return u.transpose() if is_recorded(u) else u.transpose().copy()


class SimpleRecurrence(Recurrence):
    """hₜ = tanh(xₜ + hₜ₋₁ U),   dL/dxₜ = eₜ,   dL/dU = Σₜ hₜ₋₁ᵀ eₜ,   dL/dh₀ = e₁ Uᵀ

    with eₜ = (gₜ + eₜ₊₁ Uᵀ)(1 - hₜ²). Derivation: the loss depends on hₜ directly, which gives gₜ, and through hₜ₊₁,
    the argument of whose tanh contains hₜ U and has the error eₜ₊₁, which gives eₜ₊₁ Uᵀ; tanh' = 1 - h². From the last
    step to the first: back-propagation through time (Werbos 1990). Source of the network: Elman 1990.
    """

    def forward(self, x: Array, u: Array, h: Array) -> Array:
        y = backend.xp.empty_like(x)
        for t in range(len(x)):
            h = backend.xp.tanh(x[t] + product(h, u), out=y[t])
        return y

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike, u: TensorLike, h: TensorLike) -> TensorLike:
        e, u_t = self.room(x, g), self.transposed(u)
        later: TensorLike = 0.0  # eₜ₊₁ Uᵀ, 0 behind the last step
        for t in reversed(range(len(x))):
            e_t = self.put(e, t, (g[t] + later) * (1 - y[t] * y[t]))
            later = product(e_t, u_t)  # (batch, units)
        e = self.all_steps(e)  # (steps, batch, units)
        du = product(h.transpose(), e[0]) + product(self.rows(y[:-1]).transpose(), self.rows(e[1:]))
        return e, du, later


class Gated(Recurrence):
    """The base of the two networks with gates: forward() keeps the gates of each step."""

    kept: Array  # (gates, steps, batch, units)

    @staticmethod
    def gates(x: TensorLike, s: TensorLike) -> tuple[TensorLike, ...]:
        """The gates, from xₜ and s = hₜ₋₁ U, of one step or of all."""
        refuse_missing_method("Gated", "gates(x, s)")

    def keep(self, t: int, steps: int, gates: tuple[Array, ...]) -> tuple[Array, ...]:
        """Keep the gates of step t for backward(): for an LSTM it takes a quarter less time, a sixth more memory."""
        if recording():
            if t == 0:
                self.kept = backend.xp.empty((len(gates), steps, *gates[0].shape), gates[0].dtype)
            for kept, gate in zip(self.kept, gates, strict=True):
                kept[t] = gate
        return gates

    def gates_of_all_steps(
        self, g: TensorLike, x: TensorLike, h_before: TensorLike, u: TensorLike, b: TensorLike = 0.0
    ) -> tuple[TensorLike, ...]:
        """The gates, each (steps, batch, units): for arrays those that forward() kept; for Tensors recorded."""
        if is_recorded(g):
            return self.gates(x, product(self.rows(h_before), u).reshape(x.shape) + b)
        return tuple(self.kept)


class GatedRecurrence(Gated):
    """hₜ = z hₜ₋₁ + (1 - z) c,   z = σ(xᶻ + sᶻ),   r = σ(xʳ + sʳ),   c = tanh(xᶜ + r sᶜ),   s = hₜ₋₁ U + b

    x, U, b and s have three parts along the last axis, in the order z, r, c. Derivation: let d = dL/dhₜ, the sum of gₜ
    and of the gradient from step t + 1. The gradients to the arguments of the gates are
        dᶻ = d (hₜ₋₁ - c) z (1 - z),   dᶜ = d (1 - z)(1 - c²),   dʳ = dᶜ sᶜ r (1 - r)
    so that dL/dxₜ = (dᶻ, dʳ, dᶜ), dL/dsₜ = (dᶻ, dʳ, dᶜ r), and the gradient to hₜ₋₁ is d z + dL/dsₜ Uᵀ. r is applied
    to the product hₜ₋₁ U + b, as in Keras with reset_after=True. Source: Cho et al. 2014.
    """

    @staticmethod
    def gates(x: TensorLike, s: TensorLike) -> tuple[TensorLike, ...]:
        """(z, r, c, sᶜ) of one step, or of all."""
        n = x.shape[-1] // 3
        z, r, sc = sigmoid(x[..., :n] + s[..., :n]), sigmoid(x[..., n : 2 * n] + s[..., n : 2 * n]), s[..., 2 * n :]
        return z, r, tanh(x[..., 2 * n :] + r * sc), sc

    def forward(self, x: Array, u: Array, b: Array, h: Array) -> Array:
        y = backend.xp.empty((*x.shape[:2], h.shape[-1]), x.dtype)
        for t in range(len(x)):
            z, _, c, _ = self.keep(t, len(x), self.gates(x[t], product(h, u) + b))
            y[t] = c + z * (h - c)  # z h + (1 - z) c
            h = y[t]
        return y

    def backward(
        self, g: TensorLike, y: TensorLike, x: TensorLike, u: TensorLike, b: TensorLike, h: TensorLike
    ) -> TensorLike:
        before = self.shifted(h, y)
        gates = self.gates_of_all_steps(g, x, before, u, b)
        dx, ds, u_t = self.room(x, g), self.room(x, g), self.transposed(u)
        later: TensorLike = 0.0
        for t in reversed(range(len(x))):
            z, r, c, sc = (gate[t] for gate in gates)
            d = g[t] + later
            dz, dc = d * (before[t] - c) * z * (1 - z), d * (1 - z) * (1 - c * c)
            dr = dc * sc * r * (1 - r)
            self.put(dx, t, dz, dr, dc)
            later = d * z + product(self.put(ds, t, dz, dr, dc * r), u_t)  # (batch, units)
        ds = self.rows(self.all_steps(ds))  # (steps · batch, 3 units)
        return self.all_steps(dx), product(self.rows(before).transpose(), ds), sum_over(ds, 0), later


class LongShortTermMemory(Gated):
    """cₜ = f cₜ₋₁ + i k,   hₜ = o tanh(cₜ),   (i, f, k, o) = (σ, σ, tanh, σ)(xₜ + hₜ₋₁ U);   y = (h, c) side by side

    x and U have four parts along the last axis, in the order i, f, k, o. Derivation: let d = dL/dhₜ and e = dL/dcₜ,
    each the sum of g and of the gradient from step t + 1. Since hₜ depends on cₜ, first e ← e + d o (1 - tanh²cₜ). The
    gradients to the arguments of the gates are
        dⁱ = e k i (1 - i),   dᶠ = e cₜ₋₁ f (1 - f),   dᵏ = e i (1 - k²),   dᵒ = d tanh(cₜ) o (1 - o)
    so that dL/dxₜ = (dⁱ, dᶠ, dᵏ, dᵒ); the gradient to hₜ₋₁ is dL/dxₜ Uᵀ, and that to cₜ₋₁ is e f. Source: Hochreiter
    and Schmidhuber 1997, with the forget gate of Gers et al. 2000.
    """

    @staticmethod
    def gates(x: TensorLike, s: TensorLike) -> tuple[TensorLike, ...]:
        """(i, f, k, o) of one step, or of all."""
        i, f, k, o = split(x + s, [x.shape[-1] // 4] * 4, axis=-1)
        return sigmoid(i), sigmoid(f), tanh(k), sigmoid(o)

    def forward(self, x: Array, u: Array, h: Array, c: Array) -> Array:
        n = h.shape[-1]
        y = backend.xp.empty((*x.shape[:2], 2 * n), x.dtype)
        for t in range(len(x)):
            i, f, k, o = self.keep(t, len(x), self.gates(x[t], product(h, u)))
            c = f * c + i * k
            h = o * tanh(c)
            y[t, :, :n], y[t, :, n:] = h, c
        return y

    def backward(
        self, g: TensorLike, y: TensorLike, x: TensorLike, u: TensorLike, h: TensorLike, c: TensorLike
    ) -> TensorLike:
        n = h.shape[-1]
        h_before, c_before = self.shifted(h, y[:, :, :n]), self.shifted(c, y[:, :, n:])
        gates = self.gates_of_all_steps(g, x, h_before, u)
        dx, u_t = self.room(x, g), self.transposed(u)
        d_later: TensorLike = 0.0
        e_later: TensorLike = 0.0
        for t in reversed(range(len(x))):
            (i, f, k, o), tanh_c = (gate[t] for gate in gates), tanh(y[t, :, n:])
            d = g[t, :, :n] + d_later
            e = g[t, :, n:] + e_later + d * o * (1 - tanh_c * tanh_c)
            di, df, dk = e * k * i * (1 - i), e * c_before[t] * f * (1 - f), e * i * (1 - k * k)
            dx_t = self.put(dx, t, di, df, dk, d * tanh_c * o * (1 - o))
            d_later, e_later = product(dx_t, u_t), e * f  # (batch, units)
        dx = self.all_steps(dx)  # (steps, batch, 4 units)
        return dx, product(self.rows(h_before).transpose(), self.rows(dx)), d_later, e_later
