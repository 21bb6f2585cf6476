"""Input validation: what several families share; latent.py; gans/toy.py, gans/forensic.py and vaes/collapse.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from .. import backend
from ..arrays import as_array, black_and_white
from ..checks.arrays import check_filled, check_finite
from ..checks.values import as_list, check_is_callable, is_integer, positive_integer
from ..errors import described, message
from ..model import Model
from ..tensor import Tensor
from ..types import ArrayLike, Shape

# ---- integers


def integer_up_to(where: str, value: Any, most: int, expected: str, fix: str) -> int:
    """`value` as an int if it is in 1..most, or ValueError."""
    number = positive_integer(where, value, fix)
    if number > most:
        raise ValueError(message(where, expected=expected, got=number, fix=fix))
    return number


def two_or_more(where: str, value: Any, reason: str, fix: str) -> int:
    """`value` as an int if it is 2, 3, ..., or ValueError."""
    number = positive_integer(where, value, fix)
    if number == 1:
        raise ValueError(message(where, expected=f"2 or more: {reason}", got=number, fix=fix))
    return number


# ---- shapes of images


def image_shape_of(where: str, image_shape: Any, fix: str = "image_shape=(28, 28), or (32, 32, 3)") -> Shape:
    """The shape of one image, from a tuple of positive integers or from one for flat images; ValueError for others."""
    sizes = tuple(image_shape) if isinstance(image_shape, (tuple, list)) else (image_shape,)
    if not sizes or not all(is_integer(n, 1) for n in sizes):
        where, expected = f"models.{where}: image_shape", "(rows, columns), (rows, columns, channels) or (pixels,)"
        raise ValueError(message(where, expected=expected, got=repr(image_shape), fix=fix))
    return tuple(map(int, sizes))


def grey_shape(where: str, image_shape: Any, fix: str) -> tuple[int, int]:
    """(rows, columns) of images that have no colour, or ValueError."""
    sizes = tuple(image_shape) if isinstance(image_shape, (tuple, list)) else ()
    if len(sizes) not in (2, 3) or not all(is_integer(n, 1) for n in sizes) or sizes[2:] not in ((), (1,)):
        where, expected = f"{where}: image_shape", "(rows, columns) or (rows, columns, 1): a number for each pixel"
        raise ValueError(message(where, expected=expected, got=image_shape, fix=fix))
    return int(sizes[0]), int(sizes[1])


def image_shape_for(
    where: str, image_shape: Any, fits: Callable[[int, int], bool], expected: str
) -> tuple[int, int, int]:
    """(rows, columns, channels), for a network of convolutions; (rows, columns) has one channel.

    ValueError for other shapes, and for rows and columns that the network cannot draw: it names the two nearest sizes.
    """
    shape = image_shape_of(where, image_shape, "image_shape=(28, 28, 1), or (32, 32, 3)")
    where = f"models.{where}: image_shape"
    if len(shape) not in (2, 3):
        fix = "image_shape=(28, 28, 1), or (32, 32, 3)"
        raise ValueError(message(where, expected="(rows, columns, channels)", got=shape, fix=fix))
    rows, columns, channels = (*shape, 1)[:3]
    if not fits(rows, columns):
        near = [range(max(1, n - 12), n + 13) for n in (rows, columns)]
        sizes = [(r, c) for r in near[0] for c in near[1] if fits(r, c)]
        sizes.sort(key=lambda size: abs(size[0] - rows) + abs(size[1] - columns))
        fix = " or ".join(f"image_shape={(*size, channels)}" for size in sizes[:2])
        fix += f"; of minigen train: --size {sizes[0][0]} {sizes[0][1]} for pictures"
        raise ValueError(message(where, expected=expected, got=f"{rows} x {columns}", fix=fix))
    return rows, columns, channels


def multiples(n: int) -> tuple[Callable[[int, int], bool], str]:
    """The rule for images that are halved and doubled a few times: rows and columns are multiples of n; in words."""
    return (lambda rows, columns: rows % n == columns % n == 0), f"rows and columns that are multiples of {n}"


# ---- arrays


def rows(where: str, x: ArrayLike, width: int | None = None) -> np.ndarray:
    """`x` as an array (n, dim) in float64 with n >= 1 and, where it is given, dim = width, or ValueError."""
    fix = "x[None] for a single row, x.reshape(len(x), -1) for images"
    a = backend.finite_array(where, as_array(x, where), 2, fix)
    if 0 in a.shape or width not in (None, a.shape[1]):
        expected = f"(n, {width or 'dim'}), a row or more"
        raise ValueError(message(where, expected=expected, got=a.shape, fix=fix))
    return a.astype("float64")


def vectors_of_one_shape(
    where: str, a: ArrayLike, b: ArrayLike, expected: str, fix: str
) -> tuple[np.ndarray, np.ndarray]:
    """Both as arrays (n,) of finite numbers, or ValueError."""
    a, b = (backend.finite_array(where, x, 1, fix) for x in (a, b))
    if a.shape != b.shape:
        raise ValueError(message(where, expected=expected, got=f"shapes {a.shape} and {b.shape}", fix=fix))
    return a, b


def known_elements(where: str, known: ArrayLike, shape: Shape) -> np.ndarray:
    """What inpaint() is to keep, as booleans of the shape of one sample, or ValueError."""
    where = f"{where}: known"
    a = backend.to_numpy(as_array(known, where, "known"))
    if a.dtype != bool or a.shape != shape:
        expected, got = f"booleans of shape {shape}", f"{a.dtype} {a.shape}"
        fix = "known = np.zeros(x.shape[1:], bool), and True where x is to stay"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))
    return a


# ---- networks and optimizers


def check_has_graph(where: str, network: Any, fix: str = "") -> None:
    """TypeError for a network that was not built from symbolic inputs."""
    if not isinstance(network, Model) or not hasattr(network, "outputs"):
        got = getattr(network, "label", type(network).__name__)
        fix = fix or "Model(inputs, outputs), or Sequential([Input(shape=...), ...])"
        raise TypeError(message(f"{where} has no graph", expected="a Model with an Input", got=got, fix=fix))


def check_no_shared_weights(where: str, networks: Mapping[str, Model]) -> None:
    """ValueError for a weight that belongs to two networks, each of which has a loss of its own."""
    owner: dict[int, str] = {}
    for name, network in networks.items():
        for path, weight in network.named_weights().items():
            other = owner.setdefault(id(weight), name)
            if other != name:
                expected = f"{len(networks)} networks: a step of one must not move another"
                got, fix = f"{path} in {other} and {name}", f"new layers for the {name}"
                raise ValueError(message(f"{where}: shared weights", expected=expected, got=got, fix=fix))


def check_different_optimizers(where: str, optimizers: Sequence[Any], fix: str) -> None:
    """ValueError for one optimizer object for two networks: each keeps its own count of steps."""
    if len({id(optimizer) for optimizer in optimizers}) < len(optimizers):
        where, expected = f"{where}.compile: optimizers", "one for each network"
        raise ValueError(message(where, expected=expected, got="the same object twice", fix=fix))


def check_no_condition(model: Any, given: Sequence[Any]) -> None:
    """TypeError for labels, or anything else beside the images, of a model that has no condition."""
    if given:
        where, expected = f"{model.label}: {1 + len(given)} arguments", "one: the model takes no labels and no targets"
        got = f"beside the first: {', '.join(map(described, given))}"
        raise TypeError(message(where, expected=expected, got=got, fix=model.usage))


def check_condition(model: Any, given: Sequence[Any]) -> None:
    """TypeError unless there are labels beside the images, and nothing else."""
    if len(given) != 1:
        where, expected = f"{model.label}: {1 + len(given)} arguments", "images (or codes, or noise) and their labels"
        got = "no labels" if not given else f"{len(given)} things beside them"
        raise TypeError(message(where, expected=expected, got=got, fix=model.usage))


def refuse_uncompiled(where: str, expected: str, fix: str) -> NoReturn:
    """RuntimeError for a model that was not compiled."""
    raise RuntimeError(message(f"{where}: not compiled", expected=expected, got="none", fix=fix))


# ---- latent.py


def corners(low: Any, high: Any) -> tuple[np.ndarray, np.ndarray]:
    """Both as arrays (z1, z2), from two numbers or from one for both; ValueError unless low < high in each."""
    where, fix = "latent.grid", "latent.grid(-4, 4), or latent.grid((-4, -2), (4, 2))"
    low, high = _corner(where, low, fix), _corner(where, high, fix)
    if not (low < high).all():
        raise ValueError(message(where, expected="low < high", got=f"low {low}, high {high}", fix=fix))
    return low, high


def _corner(where: str, x: Any, fix: str) -> np.ndarray:
    x = np.repeat(backend.to_numpy(x), 2) if np.isscalar(x) or getattr(x, "ndim", 1) == 0 else x
    a = backend.finite_array(where, x, 1, fix)
    if len(a) != 2:
        raise ValueError(message(where, expected="two numbers, or one for both", got=a, fix=fix))
    return a


def attribute_of(has: Any, n: int) -> np.ndarray:
    """`has` as an array of n booleans, some True and some False, or ValueError."""
    try:
        a = backend.to_numpy(has)
    except ValueError:  # rows of different length
        a = np.array(None)
    if a.dtype != bool or a.shape != (n,) or a.all() or not a.any():
        expected, fix = f"{n} booleans, some True and some False", "latent.direction(z, ink > np.median(ink))"
        got = f"{a.dtype} of shape {a.shape}, True: {(a == True).sum()}"  # noqa: E712 (of any dtype)
        raise ValueError(message("latent.direction: has", expected=expected, got=got, fix=fix))
    return a


# ---- gans/toy.py and gans/forensic.py


def two_densities(where: str, p: ArrayLike, q: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Both as arrays (n,) in float64, n >= 1; ValueError for two shapes and for a density below 0."""
    expected, fix = "two densities >= 0 at the same places", "toys.Mixture([0.0], [1.0]).density(x)"
    p, q = vectors_of_one_shape(where, p, q, expected, fix)
    if len(p) == 0 or min(p.min(), q.min()) < 0:
        got = f"numbers down to {min(p.min(), q.min()):g}" if len(p) else "no places"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))
    return p.astype("float64"), q.astype("float64")


def check_sum_is_positive(where: str, p: np.ndarray, q: np.ndarray) -> None:
    """ValueError for places where both densities are 0: p/(p + q) is not defined there."""
    nowhere = (p + q) == 0
    if nowhere.any():
        got, fix = f"both 0 at {nowhere.sum()} places", "places where there is data or fakes"
        raise ValueError(message(where, expected="p + q above 0", got=got, fix=fix))


def real_and_fake(where: str, real: ArrayLike, fake: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Both as NumPy arrays of finite floats; ValueError for no images, for NaN and for images of two shapes."""
    real, fake = (black_and_white(backend.to_numpy(as_array(a, where))) for a in (real, fake))
    for a in (real, fake):
        check_filled(a, where)
        check_finite(a, where)
    if real.shape[1:] != fake.shape[1:]:
        expected, got = "real and fake images of one shape", f"{real.shape} and {fake.shape}"
        raise ValueError(message(f"{where}: images", expected=expected, got=got, fix="gan.sample(20)"))
    return real, fake


def check_one_logit(where: str, discriminator: Any) -> None:
    """ValueError unless the discriminator has one output, a logit for each image."""
    shapes = [output.shape[1:] for output in as_list(getattr(discriminator, "outputs", []))]
    if shapes != [(1,)]:
        got, fix = ", ".join(map(str, shapes)) or "no graph", "models.dcgan().discriminator"
        raise ValueError(message(f"{where}: discriminator", expected="one logit an image", got=got, fix=fix))


def check_kept_epoch(folder: Any, epoch: Any, epochs: Sequence[int]) -> None:
    """ValueError for an epoch whose generator is not in the archive."""
    if not is_integer(epoch) or epoch not in epochs:
        where, fix = f"Archive.draw: epoch, {folder}", "archive.epochs()[0]"
        raise ValueError(message(where, expected=f"one of {epochs}", got=epoch, fix=fix))


def check_some_epochs(folder: Any, epochs: Sequence[int]) -> None:
    """ValueError for an archive without an epoch to draw from."""
    if not epochs:
        where, fix = f"Archive.draw_all, {folder}", "gan.monitor = archive, then gan.fit(x, epochs=10)"
        raise ValueError(message(where, expected="an epoch or more", got="none", fix=fix))


# ---- vaes/collapse.py


def variances(where: str, values: ArrayLike) -> np.ndarray:
    """`values` as an array (n,) in float64; ValueError for variances below 0, beyond the rounding of eigh()."""
    fix = "models.PCA(x, 1).eigenvalues"
    a = backend.finite_array(where, values, 1, fix).astype("float64")
    if (a < -1e-9 * abs(a).max(initial=0.0)).any():
        raise ValueError(message(where, expected="variances, 0 or more", got=f"{a.min():g}", fix=fix))
    return a


def check_loss_function(loss: Any, dtype: Any) -> None:
    """TypeError unless `loss` is a function, ValueError unless `dtype` is float32 or float64."""
    check_is_callable("effective_variance: loss", loss, "losses.half_squared_error, or lambda x, x_hat: ...")
    if dtype not in ("float32", "float64"):
        where, fix = "effective_variance: dtype", 'dtype="float64"'
        raise ValueError(message(where, expected="float32 or float64", got=repr(dtype), fix=fix))


def check_value_is_tensor(value: Any) -> None:
    """TypeError for a loss that does not return a Tensor."""
    if not isinstance(value, Tensor):
        where, fix = "effective_variance: the loss's value", "minigen's functions, such as ops.square(x_hat - x).sum()"
        raise TypeError(message(where, expected="a Tensor", got=type(value).__name__, fix=fix))
