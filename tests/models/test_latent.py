"""Codes: grids, ways and directions in a latent space."""

from statistics import NormalDist

import numpy as np
import pytest
from helpers.refusals import NO_SIZES, refused

from minigen import Tensor
from minigen.models import latent

# ---- grids


def test_a_grid_reads_like_a_picture():
    """Row after row from the top left: z1 grows to the right, z2 upwards."""
    np.testing.assert_array_equal(
        latent.grid((0, 10), (2, 30), 3),
        [[0, 30], [1, 30], [2, 30], [0, 20], [1, 20], [2, 20], [0, 10], [1, 10], [2, 10]],
    )


@pytest.mark.parametrize("n", [2, 3, 8])
def test_the_corners_of_a_grid_are_those_of_the_box(n):
    z = latent.grid((-1, -2), (3, 4), n).reshape(n, n, 2)
    corners = [z[0, 0], z[0, -1], z[-1, 0], z[-1, -1]]
    np.testing.assert_array_equal(corners, [(-1, 4), (3, 4), (-1, -2), (3, -2)])
    assert z.dtype == "float32"


def test_one_number_stands_for_both_axes(xp):
    np.testing.assert_array_equal(latent.grid(-4, 4, 5), latent.grid((-4, -4), (4, 4), 5))
    np.testing.assert_array_equal(latent.grid((-1, -2), 4, 5), latent.grid(np.array([-1, -2]), [4, 4], np.int64(5)))
    np.testing.assert_array_equal(latent.grid(Tensor([-1.0, -2.0]), Tensor(4.0), 5), latent.grid((-1, -2), 4, 5))
    assert latent.grid(-4, 4).shape == (900, 2)


@pytest.mark.parametrize(("n", "low", "high"), [(20, 0.05, 0.95), (5, 0.1, 0.5), (2, 0.001, 0.999)])
def test_cells_of_a_quantile_grid_hold_equal_shares_of_the_prior(n, low, high):
    z = latent.quantile_grid(n, low, high).reshape(n, n, 2)
    for axis in (z[0, :, 0], z[::-1, 0, 1]):  # z1 from left to right, z2 from the bottom up
        shares = np.diff([NormalDist().cdf(v) for v in axis])
        np.testing.assert_allclose(shares, (high - low) / (n - 1), rtol=1e-4)
        assert NormalDist().cdf(axis[0]) == pytest.approx(low, rel=1e-4)
    assert (z[..., 0] == z[0, :, 0]).all() and (z[..., 1] == z[:, :1, 1]).all()  # a column has one z1, a row one z2
    assert z.dtype == "float32"


def test_a_quantile_grid_is_closer_at_the_middle_and_the_same_on_both_sides():
    z = latent.quantile_grid(9)[:9, 0]
    np.testing.assert_allclose(z, -z[::-1], atol=1e-6)
    assert (np.diff(z, n=2)[:3] < 0).all() and (np.diff(z, n=2)[-3:] > 0).all()


@pytest.mark.parametrize("low, high", [(1, 1), (4, -4), ((-1, 2), (1, 2)), ((1, -1), (1, 1)), ((3, -1), (1, 1))])
def test_a_grid_over_no_box(low, high):
    with refused(ValueError, where="latent.grid", expected="low < high", got="low [", fix="latent.grid(-4, 4)"):
        latent.grid(low, high)


@pytest.mark.parametrize(
    "bad, got", [(np.nan, "NaN"), (np.inf, "NaN or inf"), (None, "object"), ("a", "<U1"), (np.eye(2), "shape (2, 2)")]
)
def test_corners_that_are_none(bad, got):
    for low, high in ((bad, 1), (0, bad)):
        with refused(ValueError, where="latent.grid", expected="finite numbers", got=got, fix="((-4, -2), (4, 2))"):
            latent.grid(low, high)


@pytest.mark.parametrize(
    "low, high, bad",
    [(low, 0.9, "low") for low in (0, -1, 1, np.nan, "a", None)]
    + [(0.1, high, "high") for high in (1, 2, 0.05, -1, np.nan, "a", None)],
)
def test_quantiles_that_are_none(low, high, bad):
    got, border = {"low": (low, "above 0, below 1"), "high": (high, "above low, below 1")}[bad]
    with refused(ValueError, where=f"latent.quantile_grid: {bad}", expected=border, got=repr(got), fix=f"{bad}=0."):
        latent.quantile_grid(5, low, high)


@pytest.mark.parametrize("n, expected", [(n, "a positive integer") for n in NO_SIZES] + [(1, "2 or more")])
def test_how_many_codes(n, expected):
    calls = {
        "latent.grid": lambda: latent.grid(-1, 1, n),
        "latent.quantile_grid": lambda: latent.quantile_grid(n),
        "latent.interpolate": lambda: latent.interpolate(np.zeros(2), np.ones(2), n),
    }
    for where, call in calls.items():
        with refused(ValueError, where=f"{where}: n", expected=expected, got=repr(n), fix="n="):
            call()


# ---- ways and directions


@pytest.mark.parametrize("n", [2, 3, 10])
def test_the_way_is_straight_and_holds_both_ends(xp, n):
    a, b = np.random.default_rng(0).standard_normal((2, 7)).astype("float32")
    z = latent.interpolate(Tensor(a), Tensor(b), n)
    assert z.shape == (n, 7) and z.dtype == "float32"
    np.testing.assert_array_equal(z[0], a)
    np.testing.assert_array_equal(z[-1], b)
    np.testing.assert_allclose(np.diff(z, axis=0), np.tile((b - a) / (n - 1), (n - 1, 1)), atol=1e-6)


def test_a_way_between_integer_codes():
    """(1 - t) a would overflow in uint8, and b - a already does."""
    z = latent.interpolate(np.array([200, 0], "uint8"), np.array([0, 255], "uint8"), 3)
    np.testing.assert_array_equal(z, [[200, 0], [100, 127.5], [0, 255]])


@pytest.mark.parametrize(
    "a, b, expected, got",
    [
        (np.zeros(2), np.zeros(3), "two codes of one shape", "(2,) and (3,)"),
        (np.zeros(1), np.zeros(3), "two codes of one shape", "(1,) and (3,)"),
        (np.zeros(2), np.zeros((2, 3)), "finite numbers, 1 axes", "shape (2, 3)"),
        (0.0, 1.0, "finite numbers, 1 axes", "shape ()"),
        (["a"], ["b"], "finite numbers", "<U1"),
        ([0.0], [np.nan], "finite numbers", "NaN"),
    ],
)
def test_codes_between_which_there_is_no_way(a, b, expected, got):
    with refused(ValueError, where="latent.interpolate", expected=expected, got=got, fix="(z[0], z[1])"):
        latent.interpolate(a, b)


def test_a_direction_is_what_the_attribute_adds(xp):
    """Pairs of codes that differ by d alone, in mixed order."""
    rng = np.random.default_rng(0)
    without, d = rng.integers(-8, 8, (16, 3)) / 4, np.array([0.5, -2.0, 0.0])
    order = rng.permutation(32)
    z, has = np.concatenate([without, without + d])[order], (np.arange(32) >= 16)[order]
    found = latent.direction(Tensor(z), has)
    np.testing.assert_array_equal(found, d)
    np.testing.assert_array_equal(latent.direction(z, ~has), -d)
    np.testing.assert_array_equal(latent.direction(z + 4.0, has), d)


def test_a_direction_weighs_both_sides_alike():
    """One has it, three have not: means, not sums. Integer codes and lists will do."""
    np.testing.assert_array_equal(
        latent.direction([[7, 1], [1, 0], [2, 0], [6, 0]], [True, False, False, False]), [4, 1]
    )
    np.testing.assert_array_equal(latent.direction(np.array([[0], [255]], "uint8"), [True, False]), [-255])


@pytest.mark.parametrize(
    "has, got",
    [
        (np.ones(4, bool), "bool of shape (4,), True: 4"),
        (np.zeros(4, bool), "bool of shape (4,), True: 0"),
        (np.array([True, False]), "shape (2,)"),
        (np.array([[True], [False], [True], [False]]), "shape (4, 1)"),
        (np.array([0, 1, 1, 0]), "int64"),
        (np.array([0.0, 1.0, 1.0, 0.0]), "float64"),
        (True, "shape ()"),
        (list("abab"), "<U1"),
        ([None, True, False, True], "object"),
    ],
)
def test_an_attribute_that_divides_nothing(has, got):
    """Integers would index: z[[0, 1, 1, 0]] are four codes."""
    with refused(ValueError, where="latent.direction: has", expected="4 booleans", got=got, fix="np.median"):
        latent.direction(np.eye(4), has)


def test_the_attribute_of_no_codes():
    with refused(ValueError, where="latent.direction", expected="0 booleans", got="(0,)"):
        latent.direction(np.zeros((0, 2)), np.zeros(0, bool))


@pytest.mark.parametrize(
    "z, got",
    [
        (3.0, "shape ()"),
        ([1.0, 2.0], "shape (2,)"),
        (np.zeros((2, 2, 2)), "shape (2, 2, 2)"),
        ([["a"], ["b"]], "<U1"),
        ([[0.0], [np.nan]], "NaN"),
    ],
)
def test_a_direction_between_what_are_no_codes(z, got):
    with refused(ValueError, where="latent.direction: z", expected="finite numbers, 2 axes", got=got, fix="encode(x)"):
        latent.direction(z, [True, False])
