"""Recurrent nets over a whole sequence, one op each: the loop over time stands inside of the rule.

Sequences are time first here, (steps, batch, features), so that a step is one block of memory. x comes with the input
kernel and the bias applied, for all steps at once; what is left for the loop is what has to wait for the step before.
Composed of single steps, Elman's net on a window of 40 would be 164 ops, an LSTM 644.

Shapes: x (steps, batch, parts · units), U (units, parts · units), the states (batch, units) -> (steps, batch, units),
with 1, 3 and 4 parts. The layers check them.
"""

from __future__ import annotations

from typing import Any

from .. import backend
from ..autograd import Op, recording, sum_over, unwrap
from .activation import sigmoid, tanh
from .linear import times
from .shape import concatenate, split, stack


class Recurrence(Op):
    """What the three nets share: hₜ from xₜ and hₜ₋₁, and back-propagation through time."""

    @staticmethod
    def shifted(h0: Any, h: Any) -> Any:
        """(h₀, h₁, ..., hₜ₋₁): what each step found."""
        return concatenate([h0.reshape((1, *h0.shape)), h[:-1]])

    @staticmethod
    def rows(x: Any) -> Any:
        """All steps of all sequences, one below the other: (steps · batch, features)."""
        return x.reshape((-1, x.shape[-1]))

    @staticmethod
    def turned(u: Any) -> Any:
        """Uᵀ, for arrays copied row by row in memory: read at each step, it saves an LSTM a third of these products."""
        return u.transpose().copy() if unwrap(u) is u else u.transpose()


class SimpleRecurrence(Recurrence):
    """hₜ = tanh(xₜ + hₜ₋₁ U),   dL/dxₜ = eₜ,   dL/dU = Σₜ hₜ₋₁ᵀ eₜ,   dL/dh₀ = e₁ Uᵀ

    with eₜ = (gₜ + eₜ₊₁ Uᵀ)(1 - hₜ²). Derivation: hₜ is in the loss by itself, which gives gₜ, and by hₜ₊₁, whose
    argument has the error eₜ₊₁ and hₜ U in it, which gives eₜ₊₁ Uᵀ; tanh' = 1 - h². From the last step to the first:
    back-propagation through time (Werbos 1990). The net is that of Elman 1990.
    """

    def forward(self, x: Any, u: Any, h: Any) -> Any:
        y = backend.xp.empty_like(x)
        for t in range(len(x)):
            h = backend.xp.tanh(x[t] + times(h, u), out=y[t])
        return y

    def backward(self, g: Any, y: Any, x: Any, u: Any, h: Any) -> Any:
        errors, later, back = [], 0.0, self.turned(u)  # later: eₜ₊₁ Uᵀ, nothing behind the last step
        for t in reversed(range(len(x))):
            e = (g[t] + later) * (1 - y[t] * y[t])
            errors.append(e)
            later = times(e, back)
        e = stack(errors[::-1])
        du = times(h.transpose(), e[0]) + times(self.rows(y[:-1]).transpose(), self.rows(e[1:]))
        return e, du, later


class Gated(Recurrence):
    """What the two nets with gates share: forward() keeps them, step by step."""

    steps: list[tuple[Any, ...]]

    @staticmethod
    def gates(x: Any, s: Any) -> tuple[Any, ...]:
        """The gates, from xₜ and s = hₜ₋₁ U, of one step or of all."""
        raise NotImplementedError("gates")

    def keep(self, gates: tuple[Any, ...]) -> tuple[Any, ...]:
        """Keep them for backward(): that of an LSTM takes a quarter less time, training a sixth more memory."""
        if recording():
            self.steps.append(gates)
        return gates

    def gates_again(self, g: Any, x: Any, h_before: Any, u: Any, b: Any = 0.0) -> Any:
        """The gates of all steps: those that forward() kept; for Tensors computed again, to be recorded."""
        if unwrap(g) is g:
            return [stack(gate) for gate in zip(*self.steps, strict=True)]
        return self.gates(x, times(self.rows(h_before), u).reshape(x.shape) + b)


class GatedRecurrence(Gated):
    """hₜ = z hₜ₋₁ + (1 - z) c,   z = σ(xᶻ + sᶻ),   r = σ(xʳ + sʳ),   c = tanh(xᶜ + r sᶜ),   s = hₜ₋₁ U + b

    x, U, b and s have the three parts side by side, in the order z, r, c. Derivation, for dL/dhₜ = d = gₜ + what comes
    from step t + 1: to the arguments of the gates
        dᶻ = d (hₜ₋₁ - c) z (1 - z),   dᶜ = d (1 - z)(1 - c²),   dʳ = dᶜ sᶜ r (1 - r)
    so dL/dxₜ = (dᶻ, dʳ, dᶜ), dL/dsₜ = (dᶻ, dʳ, dᶜ r), and hₜ₋₁ gets d z + dL/dsₜ Uᵀ. As in Keras with
    reset_after=True, so that r is applied to the product. Source: Cho et al. 2014.
    """

    @staticmethod
    def gates(x: Any, s: Any) -> tuple[Any, ...]:
        """(z, r, c, sᶜ) of one step, or of all."""
        n = x.shape[-1] // 3
        z, r, sc = sigmoid(x[..., :n] + s[..., :n]), sigmoid(x[..., n : 2 * n] + s[..., n : 2 * n]), s[..., 2 * n :]
        return z, r, tanh(x[..., 2 * n :] + r * sc), sc

    def forward(self, x: Any, u: Any, b: Any, h: Any) -> Any:
        y = backend.xp.empty((*x.shape[:2], h.shape[-1]), x.dtype)
        self.steps = []
        for t in range(len(x)):
            z, _, c, _ = self.keep(self.gates(x[t], times(h, u) + b))
            y[t] = c + z * (h - c)  # z h + (1 - z) c
            h = y[t]
        return y

    def backward(self, g: Any, y: Any, x: Any, u: Any, b: Any, h: Any) -> Any:
        before = self.shifted(h, y)
        z, r, c, sc = self.gates_again(g, x, before, u, b)
        to_z, to_c, to_r = (before - c) * z * (1 - z), (1 - z) * (1 - c * c), sc * r * (1 - r)
        dxs, dss, later, back = [], [], 0.0, self.turned(u)
        for t in reversed(range(len(x))):
            d = g[t] + later
            dz, dc = d * to_z[t], d * to_c[t]
            dr = dc * to_r[t]
            ds = concatenate([dz, dr, dc * r[t]], axis=-1)
            dxs.append(concatenate([dz, dr, dc], axis=-1))
            dss.append(ds)
            later = d * z[t] + times(ds, back)
        ds = self.rows(stack(dss[::-1]))
        return stack(dxs[::-1]), times(self.rows(before).transpose(), ds), sum_over(ds, 0), later


class LongShortTermMemory(Gated):
    """cₜ = f cₜ₋₁ + i k,   hₜ = o tanh(cₜ),   (i, f, k, o) = (σ, σ, tanh, σ)(xₜ + hₜ₋₁ U);   y = (h, c) side by side

    x and U have the four parts side by side, in the order i, f, k, o. Derivation, for d = dL/dhₜ and e = dL/dcₜ, each
    g and what comes from step t + 1: first e ← e + d o (1 - tanh²cₜ), for cₜ is in hₜ. Then to the arguments
        dⁱ = e k i (1 - i),   dᶠ = e cₜ₋₁ f (1 - f),   dᵏ = e i (1 - k²),   dᵒ = d tanh(cₜ) o (1 - o)
    so dL/dxₜ = (dⁱ, dᶠ, dᵏ, dᵒ); hₜ₋₁ gets dL/dxₜ Uᵀ, and cₜ₋₁ gets e f. Source: Hochreiter and Schmidhuber 1997, with
    the forget gate of Gers et al. 2000.
    """

    @staticmethod
    def gates(x: Any, s: Any) -> tuple[Any, ...]:
        """(i, f, k, o) of one step, or of all."""
        i, f, k, o = split(x + s, [x.shape[-1] // 4] * 4, axis=-1)
        return sigmoid(i), sigmoid(f), tanh(k), sigmoid(o)

    def forward(self, x: Any, u: Any, h: Any, c: Any) -> Any:
        n = h.shape[-1]
        y = backend.xp.empty((*x.shape[:2], 2 * n), x.dtype)
        self.steps = []
        for t in range(len(x)):
            i, f, k, o = self.keep(self.gates(x[t], times(h, u)))
            c = f * c + i * k
            h = o * tanh(c)
            y[t, :, :n], y[t, :, n:] = h, c
        return y

    def backward(self, g: Any, y: Any, x: Any, u: Any, h: Any, c: Any) -> Any:
        n = h.shape[-1]
        h_before, c_before = self.shifted(h, y[:, :, :n]), self.shifted(c, y[:, :, n:])
        i, f, k, o = self.gates_again(g, x, h_before, u)
        tanh_c = tanh(y[:, :, n:])
        to_c, to_o = o * (1 - tanh_c * tanh_c), tanh_c * o * (1 - o)
        to_i, to_f, to_k = k * i * (1 - i), c_before * f * (1 - f), i * (1 - k * k)
        dxs, d_later, e_later, back = [], 0.0, 0.0, self.turned(u)
        for t in reversed(range(len(x))):
            d = g[t, :, :n] + d_later
            e = g[t, :, n:] + e_later + d * to_c[t]
            dxs.append(concatenate([e * to_i[t], e * to_f[t], e * to_k[t], d * to_o[t]], axis=-1))
            d_later, e_later = times(dxs[-1], back), e * f[t]
        dx = stack(dxs[::-1])
        return dx, times(self.rows(h_before).transpose(), self.rows(dx)), d_later, e_later
