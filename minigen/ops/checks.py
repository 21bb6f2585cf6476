"""What the functions of minigen.ops refuse: shapes, axes, dtypes and options that do not fit."""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import numpy as np

from .. import backend
from ..autograd import Node
from ..autograd.checks import Placeholder, broadcastable, holds_tensors, refuse_symbol
from ..checks.values import is_integer, number, one_of, raise_if_explained
from ..errors import described, message
from ..types import Array, Axis, Shape, TensorLike

# ---- any function


def check_has_axes(where: str, x: Any) -> None:
    """TypeError for anything without a shape, such as a list or a number."""
    if not hasattr(x, "shape"):
        fix = "minigen.stack(xs)" if holds_tensors(x) else "minigen.Tensor(x)"
        raise TypeError(message(where, expected="a Tensor or an array", got=f"a {type(x).__name__}", fix=fix))


def check_floats(where: str, x: Any) -> None:
    """TypeError unless x is an array or tensor of floats."""
    _check_not_symbolic(where, x)
    dtype = getattr(x, "dtype", None)
    if not hasattr(x, "shape") or getattr(dtype, "kind", "") != "f":
        got, fix = f"{type(x).__name__} {dtype or ''}".strip(), 'x.astype("float32")'
        raise TypeError(message(where, expected="a tensor or an array of floats", got=got, fix=fix))


def _check_not_symbolic(where: str, x: Any) -> None:
    """TypeError for a symbolic tensor, which has no numbers yet."""
    if isinstance(x, Placeholder):
        refuse_symbol(f"minigen's {where}")


def check_broadcast(where: str, expected: str, fix: str, *xs: Any) -> None:
    """ValueError unless all shapes broadcast against each other; a number, or None, has shape ()."""
    shapes = [getattr(x, "shape", ()) for x in xs]
    if not broadcastable(*shapes):
        got = " and ".join(map(str, shapes))
        raise ValueError(message(f"{where}: shapes do not fit", expected=expected, got=got, fix=fix))


# ---- elementwise functions, products, random draws


def refuse_bounds(got: str) -> NoReturn:
    """ValueError for clip() with a lower bound that is above the upper one."""
    raise ValueError(message("clip", expected="low <= high", got=got, fix="clip(x, 0, 1)"))


def bound(value: Any, otherwise: float) -> float:
    """A number as a bound of clip(), `otherwise` for None; ValueError for an integer beyond all floats."""
    try:
        return otherwise if value is None else float(value)
    except OverflowError:
        expected, fix = "a number that a float can be", "None for no bound"
        raise ValueError(message("clip: a bound", expected=expected, got=f"{value!r:.60}", fix=fix)) from None


def check_bounds(*bounds: Any) -> None:
    """TypeError for a bound of clip() that is no number, and no tensor or array of numbers."""
    for bound in bounds:
        is_number = bound is None or isinstance(bound, numbers.Real)
        if not is_number and getattr(getattr(bound, "dtype", None), "kind", "") not in tuple("fiub"):
            expected, fix = "numbers, or arrays or tensors of numbers", "clip(x, 0, 1)"
            raise TypeError(message("clip: a bound", expected=expected, got=described(bound), fix=fix))


def refuse_matmul(a: Any, b: Any) -> NoReturn:
    """TypeError or ValueError for factors that have no matrix product."""
    if not (hasattr(a, "shape") and hasattr(b, "shape")):
        expected, fix = "tensors or arrays", "a * b for a number, np.asarray(b) for a list"
        raise TypeError(message("matmul", expected=expected, got=f"{type(a).__name__} and {type(b).__name__}", fix=fix))
    if 0 in (len(a.shape), len(b.shape)):
        where, expected, got = "matmul: axes", "vectors, matrices or stacks of them", f"{a.shape} and {b.shape}"
        raise ValueError(message(where, expected=expected, got=got, fix="a * b for a number"))
    expected, fix = f"({a.shape[-1]}, ...) on the right of {a.shape}", "a @ b with a.shape[-1] == b.shape[-2]"
    raise ValueError(message("matmul: inner sizes differ", expected=expected, got=f"{b.shape}", fix=fix))


def dropout_rate(where: str, rate: float) -> float:
    """The rate as a float, or ValueError unless 0 <= rate < 1."""
    return number(f"{where}: impossible rate", rate, "0 <= rate < 1", "Dropout(0.5)", below=1.0)


# ---- Gaussians


def check_same_shape(where: str, name: str, a: TensorLike, mu: TensorLike) -> None:
    """ValueError unless `a` has the shape of mu: broadcasting would give a wrong number."""
    if a.shape != mu.shape:
        where, fix = f"{where}: mu and {name} differ in shape", f"a {name} with one number for each of mu's"
        raise ValueError(message(where, expected=f"{name} {mu.shape}, as mu", got=f"{a.shape}", fix=fix))


def check_is_noise(eps: Any) -> None:
    """TypeError for noise with requires_grad=True: its gradient would be lost."""
    if isinstance(eps, Node) and eps.requires_grad:
        got, fix = "a tensor whose gradient would be lost", "mu + exp(logvar / 2) * eps, or eps.detach()"
        raise TypeError(message("reparameterise: eps", expected="noise, without a gradient", got=got, fix=fix))


def check_batch_of_codes(where: str, mu: TensorLike) -> None:
    """ValueError unless mu is (batch, latent), with one row or more."""
    if len(mu.shape) < 2 or len(mu) == 0:
        expected, fix = "(batch, latent), one row or more", "mu[None], logvar[None] for a single image"
        raise ValueError(message(f"{where}: wrong shape", expected=expected, got=mu.shape, fix=fix))


# ---- attention


def check_attention(where: str, **xs: Any) -> None:
    """TypeError unless all are tensors or arrays of floats; ValueError unless they fit: q (batch, heads, n, d),
    k (batch, heads, m, d) and, if it is given, v (batch, heads, m, e)."""
    for name, x in xs.items():
        check_floats(f"{where}: {name}", x)
    q, k, v = (tuple(x.shape) for x in (xs["q"], xs["k"], xs.get("v", xs["k"])))
    fits = len(q) == len(k) == len(v) == 4 and q[:2] == k[:2] == v[:2] and q[3] == k[3] and k[2] == v[2]
    if not fits or 0 in (*q[1:], *k[1:], *v[1:]):
        expected = "q (batch, heads, n, d), k (batch, heads, m, d)" + ", v (batch, heads, m, e)" * ("v" in xs)
        got = ", ".join(f"{name} {tuple(x.shape)}" for name, x in xs.items())
        fix = "x.reshape((batch, n, heads, d)).transpose((0, 2, 1, 3)) for rows of heads side by side"
        raise ValueError(message(f"{where}: shapes do not fit", expected=expected, got=got, fix=fix))


def attention_mask(where: str, mask: Any, shape: Shape) -> Any:
    """The mask of attention: None, "causal" or a boolean array; TypeError for an array of other numbers, ValueError
    for another name and for an array that does not broadcast to `shape`, (batch, heads, n, m)."""
    if mask is None:
        return None
    if isinstance(mask, str):
        return one_of(where, mask, ("causal",), 'mask="causal"')
    found = backend.asarray(mask)
    if found.dtype != bool:
        expected, fix = "None, 'causal' or booleans, True = may look", "mask > 0"
        raise TypeError(message(where, expected=expected, got=f"an array of {found.dtype}", fix=fix))
    if not broadcastable(found.shape, shape) or np.broadcast_shapes(found.shape, shape) != tuple(shape):
        expected, fix = f"a shape that broadcasts to {tuple(shape)}", "mask[:, None] for a mask (batch, n, m)"
        raise ValueError(message(where, expected=expected, got=tuple(found.shape), fix=fix))
    return found


def attention_scale(where: str, scale: Any, d: int) -> float:
    """The scale of attention, 1 / √d for None; ValueError unless it is a finite number."""
    if scale is None:
        return 1 / math.sqrt(d)
    return number(f"{where}: scale", scale, "a finite number, or None for 1 / √d", "scale=None", low=-math.inf)


# ---- images


def check_images(where: str, x: Any, channels: int | None = None) -> None:
    """TypeError unless x is a tensor or array of floats, ValueError unless it is (images, rows, columns, channels)."""
    _check_not_symbolic(where, x)
    check_has_axes(f"{where}: images", x)
    check_image_shape(where, x.shape, channels)
    if x.dtype.kind != "f":
        what = "integer data" if x.dtype.kind in "iub" else "data of another kind"
        fix = 'x.astype("float32") / 255 for images, so that they lie in [0, 1]'
        raise TypeError(message(f"{where}: {what}", expected="float32", got=str(x.dtype), fix=fix))


def check_image_shape(where: str, shape: Shape, channels: int | None = None) -> None:
    """ValueError unless it is (images, rows, columns, channels), with this number of channels if it is given."""
    shape = tuple(shape)
    if len(shape) == 4 and channels in (None, shape[3]) and 0 not in shape[1:]:
        return
    if 0 in shape[1:]:
        fix = "images with at least one pixel and one channel"
    elif len(shape) == 4 and channels in (None, shape[1]):
        fix = "x.transpose(0, 2, 3, 1): channels come last"
    elif len(shape) == 3 and channels in (None, shape[2]) and shape[2] in (1, 3, channels):
        fix = "x[None]: a batch of one image"
    elif len(shape) == 3 and channels in (None, 1):
        fix = "x[..., None]: one channel"
    elif len(shape) == 2 and shape[1] == 784:
        fix = "x.reshape(-1, 28, 28, 1)"
    elif len(shape) == 2 and channels in (None, 1):
        fix = "x[None, :, :, None]: a batch of one image of one channel"
    else:
        fix = f"images whose last axis has {channels or 'the'} channel{'s' if channels != 1 else ''}"
    expected = f"(images, rows, columns, {channels or 'channels'})"
    raise ValueError(message(f"{where}: wrong shape", expected=expected, got=shape, fix=fix))


def check_convolution(where: str, x: Any, w: Any, b: Any, outputs: int = 3) -> None:
    """TypeError unless all are floats, ValueError unless w has four axes, b the size of w's axis `outputs`, and the
    images x as many channels as w takes, the other of its last two axes."""
    order = "(kh, kw, in, out)" if outputs == 3 else "(kh, kw, out, in)"
    for what, a in (("kernel", w), ("bias", b)):
        is_float = hasattr(a, "shape") and getattr(getattr(a, "dtype", None), "kind", "") == "f"
        if not is_float and not (what == "bias" and a is None):
            kind = str(getattr(a, "dtype", type(a).__name__))
            expected, fix = "a Tensor or array of floats", f'np.asarray({what}, "float32")'
            raise TypeError(message(f"{where}: {what}", expected=expected, got=kind, fix=fix))
    if len(w.shape) != 4 or 0 in w.shape:
        raise ValueError(message(f"{where}: kernel", expected=order, got=tuple(w.shape), fix="w.reshape(...)"))
    if b is not None and tuple(b.shape) != (w.shape[outputs],):
        expected = f"({w.shape[outputs]},) for a kernel {order} of shape {tuple(w.shape)}"
        raise ValueError(message(f"{where}: bias", expected=expected, got=tuple(b.shape), fix="one for each output"))
    check_images(where, x, w.shape[5 - outputs])


def check_masked_kernel(where: str, size: Shape, sees_itself: bool) -> None:
    """ValueError unless both sizes are odd, and a masked kernel without its middle tap has a tap left of it."""
    if size[0] % 2 == 0 or size[1] % 2 == 0 or (size[1] == 1 and not sees_itself):
        expected = "odd sizes; 3 columns or more where a pixel does not see itself"
        raise ValueError(message(where, expected=expected, got=f"{size[0]} x {size[1]}", fix="kernel_size=3"))


def interpolation_name(where: str, interpolation: str) -> str:
    """The interpolation in lower case: "nearest" or "bilinear"; ValueError for anything else."""
    return one_of(f"{where}: interpolation", interpolation, ("nearest", "bilinear"), "'nearest'")


# ---- normalisation


def check_normalization(where: str, x: Any, gamma: Any, beta: Any, groups: Any, epsilon: Any) -> None:
    """TypeError unless x, γ and β are floats; ValueError unless γ and β are (channels,), x has two axes or more, groups
    is a number of groups that divides the channels, and epsilon >= 0."""
    for name, a in (("x", x), ("gamma", gamma), ("beta", beta)):
        check_floats(f"{where}: {name}", a)
    if len(x.shape) < 2 or x.shape[-1] == 0:
        expected, fix = "(samples, ..., channels)", "x[None] for one sample"
        raise ValueError(message(f"{where}: x", expected=expected, got=tuple(x.shape), fix=fix))
    for name, a in (("gamma", gamma), ("beta", beta)):
        if tuple(a.shape) != (x.shape[-1],):
            expected, fix = f"({x.shape[-1]},), one number for each channel of x", f"{name}.reshape(-1)"
            raise ValueError(message(f"{where}: {name}", expected=expected, got=tuple(a.shape), fix=fix))
    check_groups(where, groups, x.shape[-1])
    number(f"{where}: epsilon", epsilon, "a number >= 0", "epsilon=1e-3")


def check_groups(where: str, groups: Any, channels: int) -> None:
    """ValueError unless groups is a positive integer that divides the channels."""
    if not is_integer(groups, 1) or channels % groups:
        divisors = [n for n in range(1, channels + 1) if channels % n == 0]
        near = min(divisors, key=lambda n: abs(n - groups)) if is_integer(groups) else divisors[-1]
        expected = f"a number of groups that divides the {channels} channels: {', '.join(map(str, divisors))}"
        raise ValueError(message(f"{where}: groups", expected=expected, got=repr(groups), fix=f"groups={near}"))


# ---- axes


def reduced_axes(where: str, x: Any, axis: Any, fix: str = "") -> Axis:
    """The axes of a reduction: an int, a tuple of ints, or None; ValueError for axes that x does not have."""
    if not hasattr(x, "shape"):
        check_has_axes(where, x)
    if axis is None or (type(axis) is int and -len(x.shape) <= axis < len(x.shape)):
        return axis
    n = len(x.shape)
    try:
        axes = integers(axis)
        given = axis if _is_sequence(axis) else (axis,)
        fits = len({a % n for a in axes}) == len(axes) and all(-n <= a < n for a in axes) if n else axes == ()
        fits = fits and not any(isinstance(a, (bool, np.bool)) for a in given)
    except (TypeError, ValueError, OverflowError):
        fits = False
    if not fits:
        expected, example = f"integers of {-n}..{n - 1}, each once, or None", f"{where}(x, axis=0)"
        if n == 0:
            expected, example = "None: this is one number", "axis=-1 in the loss that gave it, for a number of each row"
        raise ValueError(message(f"{where}: axis", expected=expected, got=repr(axis), fix=fix or example))
    return axes if _is_sequence(axis) else axes[0]


def refuse_empty(function: str, shape: Shape) -> NoReturn:
    """ValueError for max() or min() over no numbers."""
    fix = "an axis that is not empty"
    raise ValueError(message(f"{function} over no numbers", expected="a number or more", got=f"shape {shape}", fix=fix))


def axis_from_front(where: str, axis: Any, n: int) -> int:
    """The axis, one of n, counted from the front; ValueError for one that does not exist."""
    if not (is_integer(axis) and -n <= axis < n):
        expected, fix = f"an integer of {-n}..{n - 1}", f"{where}(..., axis=0)"
        if n == 0:
            expected, fix = "arrays that have axes", f"minigen.stack() for numbers, {where}() for arrays (n, ...)"
        raise ValueError(message(f"{where}: axis", expected=expected, got=repr(axis), fix=fix))
    return int(axis) % n


def axes_of_one(where: str, x: Any, axis: Any) -> Shape:
    """The axes of size 1 that `axis` names, counted from the front, or all of them; ValueError for other axes."""
    _check_not_symbolic(where, x)
    axes = reduced_axes(where, x, axis, "x.squeeze(), which removes all axes of size 1")
    if axes is None:
        return tuple(i for i, n in enumerate(x.shape) if n == 1)
    found = tuple(a % len(x.shape) for a in (axes if isinstance(axes, tuple) else (axes,)))
    if any(x.shape[a] != 1 for a in found):
        expected, fix = "axes of size 1", "x.squeeze(), which removes all that there are; x[:, 0] for one of several"
        raise ValueError(message(f"{where}: axis", expected=expected, got=f"{axis!r} of shape {x.shape}", fix=fix))
    return found


def axis_order(axes: Any, n: int) -> Shape:
    """The axes of transpose() as a tuple, or ValueError unless each of the n axes is there once."""
    try:
        order = integers(axes)
    except TypeError:
        order = ()
    if sorted(a % n if -n <= a < n else n for a in order) != list(range(n)):
        expected, fix = f"the numbers 0..{n - 1} in another order", "x.T, which reverses them"
        if len(set(order)) == len(order) == 2 < n and all(-n <= a < n for a in order):  # PyTorch's x.transpose(0, 1)
            swapped = {order[0] % n: order[1] % n, order[1] % n: order[0] % n}
            fix = f"x.transpose({', '.join(str(swapped.get(a, a)) for a in range(n))}), which exchanges two axes"
        raise ValueError(message("transpose: axes", expected=expected, got=repr(axes), fix=fix))
    return order


def integers(values: Any) -> Shape:
    """A tuple of ints from one integer of any kind or a sequence of them; TypeError for anything else."""
    return tuple(map(operator.index, values)) if _is_sequence(values) else (operator.index(values),)


def _is_sequence(values: Any) -> bool:
    return isinstance(values, (tuple, list, range)) or getattr(values, "ndim", 0) == 1


# ---- shapes


def refuse_reshape(x: Any, shape: Any, error: Exception) -> NoReturn:
    """ValueError for a shape with another number of entries."""
    raise_if_explained(error)
    expected, fix = f"sizes with the product {x.size}, one of them may be -1", "x.reshape(len(x), -1)"
    raise ValueError(message("reshape", expected=expected, got=f"{shape!r} for {x.shape}", fix=fix)) from None


def broadcast_shape(x: Any, shape: Any) -> Shape:
    """The shape as a tuple, or ValueError unless x broadcasts to it."""
    check_has_axes("broadcast_to", x)
    try:
        sizes = integers(shape)
        fits = np.broadcast_shapes(x.shape, sizes) == sizes
    except (TypeError, ValueError):
        fits = False
    if not fits:
        where, expected = "broadcast_to: shape", f"a shape that ends in {x.shape}, with any size in place of a 1"
        raise ValueError(message(where, expected=expected, got=repr(shape), fix="broadcast_to(x, (n, *x.shape))"))
    return sizes


def check_index_type(k: Any, a: Array) -> None:
    """IndexError for an entry of a key that is an array of other than integers or booleans."""
    if a.dtype.kind not in "iub":
        raise IndexError(f"{type(k).__name__} of type {a.dtype}")


def refuse_index(x: Any, error: Exception) -> NoReturn:
    """IndexError for a key that x does not have."""
    raise_if_explained(error)
    expected, fix = f"indices of shape {tuple(x.shape)}", "integers, slices, a boolean mask or integer arrays"
    raise IndexError(message("x[key]", expected=expected, got=f"{error}", fix=fix)) from None


def list_of_arrays(where: str, xs: Any) -> list[Any]:
    """The arrays or tensors as a list; TypeError for anything else, ValueError for none."""
    where, expected, fix = f"{where}: xs", "a list of tensors or arrays, one or more", f"{where}([a, b])"
    if not isinstance(xs, Iterable) or isinstance(xs, (dict, str)) or getattr(xs, "shape", None) == ():
        raise TypeError(message(where, expected="a list of tensors", got=type(xs).__name__, fix=fix))
    arrays = list(xs)
    if not arrays:
        raise ValueError(message(where, expected=expected, got="an empty list", fix=fix))
    for x in arrays:
        if not hasattr(x, "shape"):
            raise TypeError(message(where, expected=expected, got=f"a {type(x).__name__}", fix=fix))
    return arrays


def refuse_concatenation(xs: Any, axis: Any, error: Exception) -> NoReturn:
    """TypeError or ValueError for arrays that cannot be joined along this axis."""
    xs = list_of_arrays("concatenate", xs)
    axis = axis_from_front("concatenate", axis, len(xs[0].shape))
    if len({tuple(1 if i == axis else n for i, n in enumerate(x.shape)) for x in xs}) == 1:
        raise error
    expected, got = f"equal sizes on all axes but {axis}", ", ".join(str(tuple(x.shape)) for x in xs)
    raise ValueError(message("concatenate: shapes", expected=expected, got=got, fix="x.reshape(...) first")) from None


def check_one_shape(xs: Sequence[Any]) -> None:
    """ValueError unless all arrays that are to be stacked have one shape."""
    if len({tuple(x.shape) for x in xs}) > 1:
        got, fix = ", ".join(str(tuple(x.shape)) for x in xs), "concatenate(xs) for an axis they already have"
        raise ValueError(message("stack: shapes", expected="arrays of one shape", got=got, fix=fix))


def check_sizes(sizes: Any, n: int, axis: int) -> None:
    """ValueError unless the sizes of split() are integers, 0 or more, that add up to n."""
    try:
        fits = min(sizes) >= 0 and sum(map(operator.index, sizes)) == n
    except (TypeError, ValueError):
        fits = False
    if not fits:
        where, expected = "split: sizes do not fit", f"sizes that add up to {n}, the length of axis {axis}"
        raise ValueError(message(where, expected=expected, got=repr(sizes), fix=f"split(x, [1, {n - 1}], axis={axis})"))


def pad_widths(x: Any, widths: Any) -> tuple[Shape, ...]:
    """The widths of pad() as a tuple of pairs, or ValueError unless there is one of 0 or more for each axis of x."""
    check_has_axes("pad", x)
    try:
        pairs = tuple(integers(pair) for pair in widths)
    except TypeError:
        pairs = ()
    if len(pairs) != len(x.shape) or any(len(pair) != 2 or min(pair) < 0 for pair in pairs):
        expected, fix = f"{len(x.shape)} pairs (before, after), 0 or more", "pad(x, [(0, 0), (1, 1)]) for two axes"
        raise ValueError(message("pad: widths", expected=expected, got=repr(widths), fix=fix))
    return pairs
