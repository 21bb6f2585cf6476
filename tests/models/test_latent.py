"""Codes: grids and ways through a latent space, bit interleaving, and what the collapse calculator refuses."""

from statistics import NormalDist

import numpy as np
import pytest
from helpers.refusals import refused

from minigen import GraphError, Tensor, backend, losses, metrics, models
from minigen.arrays import check_range
from minigen.datasets import toys
from minigen.models import BitInterleaving, latent

NO_SIZES = [0, -1, 2.5, True, "3", None]


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


# ---- bits


def every_cell(bits):
    """The lower left corners (4^bits, 2) of all cells."""
    side = np.arange(2**bits) / 2**bits
    return np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)


def test_interleaving_by_hand():
    """x1 = 0.101 and x2 = 0.011 give z = 0.10 01 11: the bits of x1 come first."""
    code = BitInterleaving(3)
    np.testing.assert_array_equal(code.encode([[5 / 8, 3 / 8]]), [[0b100111 / 64]])
    np.testing.assert_array_equal(code.decode([[0b100111 / 64]]), [[5 / 8, 3 / 8]])


def test_interleaving_backwards_by_hand():
    """The same six digits from the last to the first: z = 0.11 10 01."""
    code = BitInterleaving(3, backwards=True)
    np.testing.assert_array_equal(code.encode([[5 / 8, 3 / 8]]), [[0b111001 / 64]])
    np.testing.assert_array_equal(code.decode([[0b111001 / 64]]), [[5 / 8, 3 / 8]])


@pytest.mark.parametrize("bits", [1, 2, 7, 26])
def test_interleaving_against_strings(bits):
    x = np.random.default_rng(0).random((50, 2))
    digits = [[format(int(v * 2**bits), f"0{bits}b") for v in row] for row in x]
    z = ["".join(a + b for a, b in zip(*row, strict=True)) for row in digits]
    for backwards, step in ((False, 1), (True, -1)):
        found = BitInterleaving(bits, backwards).encode(x)[:, 0]
        np.testing.assert_array_equal(found, [int(text[::step], 2) / 4**bits for text in z])


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("bits", [1, 2, 3, 5])
def test_every_cell_has_its_own_code_and_comes_back(bits, backwards):
    code, x = BitInterleaving(bits, backwards), every_cell(bits)
    z = code.encode(x)
    assert z.shape == (4**bits, 1)
    np.testing.assert_array_equal(np.sort(z[:, 0]), np.arange(4**bits) / 4**bits)
    np.testing.assert_array_equal(code.decode(z), x)
    np.testing.assert_array_equal(code.encode(code.decode(z)), z)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("bits", [1, 4, 11, 26])
def test_what_is_lost_is_less_than_a_cell(bits, backwards):
    code, x = BitInterleaving(bits, backwards), np.random.default_rng(bits).random((2000, 2))
    error = x - code.decode(code.encode(x))
    assert error.min() >= 0 and error.max() < 2.0**-bits
    assert error.max() > 0.9 * 2.0**-bits


@pytest.mark.parametrize("backwards", [False, True])
def test_26_digits_come_back_exactly(backwards):
    """52 digits in z, and no rounding of a float64 on the way."""
    code, rng = BitInterleaving(backwards=backwards), np.random.default_rng(0)
    ends = [[0, 0], [0, 2**26 - 1], [2**26 - 1, 0], [2**26 - 1, 2**26 - 1]]
    x = np.concatenate([rng.integers(0, 2**26, (5000, 2)), ends]) / 2**26
    np.testing.assert_array_equal(code.decode(code.encode(x)), x)
    z = np.append(rng.integers(0, 2**52, 5000), [0, 1, 2**52 - 1])[:, None] / 2**52
    np.testing.assert_array_equal(code.encode(code.decode(z)), z)
    assert code.bits == 26 and code.encode(x).max() < 1


def test_the_code_rises_with_each_coordinate():
    z = BitInterleaving(4).encode(every_cell(4)).reshape(16, 16)  # rows x2, columns x1
    assert (np.diff(z, axis=0) > 0).all() and (np.diff(z, axis=1) > 0).all()


def test_neighbours_in_x_may_be_far_in_z():
    """A step of 2^-20 over x1 = 1/2 is more than a third of all codes, wherever it is taken."""
    code, x2 = BitInterleaving(20), np.linspace(0, 0.99, 12)
    left, right = (code.encode(np.stack([np.full(12, x1), x2], axis=1)) for x1 in (0.5 - 2.0**-20, 0.5))
    np.testing.assert_allclose(right - left, 1 / 3, atol=1e-9)
    assert code.encode([[0.5, 0.5]]) - code.encode([[0.5 - 2.0**-20] * 2]) == pytest.approx(0.5, abs=1e-9)


def test_neighbours_in_z_may_be_far_in_x():
    """z = 1/2 lies at the foot of the square, and the code just before it at the top."""
    below, above = BitInterleaving(20).decode([[0.5 - 4.0**-20], [0.5]])
    np.testing.assert_allclose(above - below, [0, -1], atol=1e-5)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_a_line_keeps_neighbours_and_bits_do_not(k):
    """Points near a falling line. The bits backwards keep no more neighbours than chance does."""
    rng = np.random.default_rng(0)
    t = rng.random(60)
    x = np.clip(np.stack([t, 1 - t], axis=1) + 0.01 * rng.standard_normal((60, 2)), 0, 0.999)
    codes = (models.PCA(x, 1), BitInterleaving(), BitInterleaving(backwards=True))
    line, bits, backwards = (metrics.neighbour_preservation(x, code.encode(x), k) for code in codes)
    assert line > 0.75 and 0.4 < bits < line - 0.15 and backwards < 3 * k / 59


def test_interleaving_takes_tensors_and_leaves_its_input_alone(xp):
    x = np.array([[0.5, 0.25], [-0.0, 0.0]], "float32")
    z = BitInterleaving(2).encode(Tensor(x))
    np.testing.assert_array_equal(z, [[0b1001 / 16], [0]])
    np.testing.assert_array_equal(BitInterleaving(2).decode(Tensor(z)), x)
    np.testing.assert_array_equal(x, [[0.5, 0.25], [0, 0]])
    assert z.dtype == "float64"


def test_interleaving_of_nothing():
    assert BitInterleaving(2).encode(np.zeros((0, 2))).shape == (0, 1)
    assert BitInterleaving(2).decode(np.zeros((0, 1))).shape == (0, 2)


@pytest.mark.parametrize("bits", NO_SIZES)
def test_how_many_bits(bits):
    where = "BitInterleaving: bits"
    with refused(ValueError, where=where, expected="a positive integer", got=repr(bits), fix="bits=8"):
        BitInterleaving(bits)


@pytest.mark.parametrize("bits", [27, 64])
def test_more_bits_than_a_float_holds(bits):
    with refused(ValueError, where="BitInterleaving: bits", expected="at most 26", got=str(bits), fix="bits=26"):
        BitInterleaving(bits)


VERBS = {"encode": (2, "0.999 * (x - x.min()) / (x.max() - x.min())"), "decode": (1, "codes that encode() made")}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("bad", [1.0, -1e-9, 255.0, np.nan, np.inf, -np.inf])
def test_numbers_outside_the_unit_interval(verb, bad):
    width, fix = VERBS[verb]
    a = np.full((3, width), 0.5)
    a[1, -1] = bad
    expected, got = "numbers in [0, 1)", f"shape (3, {width}), numbers in ["
    if not np.isfinite(bad):
        expected, got = "finite numbers", "NaN or infinity"
    with refused(ValueError, where=f"BitInterleaving.{verb}", expected=expected, got=got, fix=fix):
        getattr(BitInterleaving(8), verb)(a)


@pytest.mark.parametrize(
    "verb, shape",
    [("encode", s) for s in [(), (2,), (3, 1), (3, 3), (3, 2, 1), (0, 3)]]
    + [("decode", s) for s in [(), (1,), (3,), (3, 2), (3, 1, 1), (0,)]],
)
def test_points_and_codes_of_another_shape(verb, shape):
    width, fix = VERBS[verb]
    expected = f"(n, {width})" if len(shape) == 2 else "2 axes"
    with refused(ValueError, where=f"BitInterleaving.{verb}", expected=expected, got=f"shape {shape}", fix=fix):
        getattr(BitInterleaving(8), verb)(np.zeros(shape))


@pytest.mark.parametrize("x", [[["a", "b"]], [[0.1], [0.1, 0.2]], [[None, 0.5]]], ids=["text", "ragged", "None"])
@pytest.mark.parametrize("verb", VERBS)
def test_points_and_codes_that_are_no_numbers(verb, x):
    with refused(ValueError, where=f"BitInterleaving.{verb}", expected="finite numbers", fix=VERBS[verb][1]):
        getattr(BitInterleaving(8), verb)(x)


@pytest.mark.parametrize(
    "x",
    [255 * toys.eight_points()[0], np.array([[0, 255], [3, 255]], "uint8"), np.array([[-7.0, 1e9], [0.0, 3.0]])],
    ids=["float32", "bytes", "float64"],
)
def test_what_interleaving_advises_passes_it(x):
    advice = VERBS["encode"][1]
    with refused(ValueError, fix=advice):
        BitInterleaving(8).encode(x)
    BitInterleaving(8).encode(eval(advice, {"x": x}))


# ---- the eight points of Figs 9.7 and 9.8


def test_eight_points_along_a_falling_line():
    x, labels = toys.eight_points()
    assert x.shape == (8, 2) and x.dtype == "float32" and x.min() >= 0 and x.max() < 1
    assert labels.dtype.kind == "i" and list(np.bincount(labels)) == [3, 5]
    assert np.corrcoef(x.T)[0, 1] < -0.85
    assert models.PCA(x, 1).explained > 0.9


def test_circles_and_crosses_lie_apart_on_the_line():
    x, labels = toys.eight_points()
    z = models.PCA(x, 1).encode(x)[:, 0]
    assert max(z[labels == 0]) < min(z[labels == 1]) or min(z[labels == 0]) > max(z[labels == 1])


def test_eight_points_go_through_bits_and_lose_their_neighbours():
    x, _ = toys.eight_points()
    code = BitInterleaving(12)
    z = code.encode(x)
    assert len(np.unique(z)) == 8
    np.testing.assert_allclose(code.decode(z), x, rtol=0, atol=2.0**-12)
    for k in (1, 2, 3):
        assert metrics.neighbour_preservation(x, models.PCA(x, 1).encode(x), k) == 1
        assert metrics.neighbour_preservation(x, z, k) < 0.6


def test_nobody_can_spoil_the_eight_points_for_the_next():
    toys.eight_points()[0][:] = 0
    assert toys.eight_points()[0].min() > 0


# ---- the collapse calculator


EIGENVALUES = np.array([5.0, 2.0, 1.0, 0.5])


def test_the_optimum_by_hand():
    best = models.linear_vae_optimum(EIGENVALUES, 3)
    assert best.active == 2  # an eigenvalue of exactly σ² pays nothing
    assert best.kl == pytest.approx(np.log(10) / 2)
    assert best.reconstruction == pytest.approx((2 + 1.5) / 2)
    np.testing.assert_allclose(best.variances, [1 / 5, 1 / 2, 1])
    assert best.loss == best.kl + best.reconstruction


def test_the_optimum_knows_only_ratios_and_no_order(xp):
    best = models.linear_vae_optimum(EIGENVALUES, 2, 0.7)
    for other in (
        models.linear_vae_optimum(EIGENVALUES * 10, 2, 7),
        models.linear_vae_optimum(EIGENVALUES[[2, 0, 3, 1]], np.int64(2), np.float32(0.7)),
        models.linear_vae_optimum(Tensor(EIGENVALUES), 2, 0.7),
    ):
        assert (other.loss, other.kl, other.active) == pytest.approx((best.loss, best.kl, best.active), rel=1e-6)
        np.testing.assert_allclose(other.variances, best.variances, rtol=1e-6)


def test_more_latent_variables_than_directions():
    best = models.linear_vae_optimum([4], 3)
    assert best.active == 1 and best.loss == pytest.approx((np.log(4) + 1) / 2)
    np.testing.assert_allclose(best.variances, [1 / 4, 1, 1])


def test_data_that_do_not_vary_cost_nothing():
    x = np.full((50, 3), 0.1)
    for eigenvalues in ([0, 0, 0], models.PCA(x, 1).eigenvalues):
        best = models.linear_vae_optimum(eigenvalues, 2)
        assert best.active == best.kl == 0 and best.loss == pytest.approx(0, abs=1e-11)


def test_an_eigenvalue_of_0_may_be_rounded_to_less():
    best = models.linear_vae_optimum([4, 0, -1e-12], 2)
    assert best.active == 1 and best.loss == pytest.approx((np.log(4) + 1) / 2)


@pytest.mark.parametrize("sigma2", [1.0, 1e6])
@pytest.mark.parametrize(
    "bad, expected, got",
    [
        ([-1.0, 2.0], "0 or more", "-1"),
        ([1.0, -1e-3], "0 or more", "-0.001"),
        ([1.0, np.nan, 2.0], "finite numbers", "NaN"),
        ([np.inf], "finite numbers", "infinity"),
        ([-np.inf], "finite numbers", "infinity"),
        (None, "finite numbers", "object"),
        ("a", "finite numbers", "<U1"),
        (np.eye(3), "1 axes", "shape (3, 3)"),
    ],
)
def test_eigenvalues_that_are_no_variances(bad, expected, got, sigma2):
    """A wide noise hides nothing."""
    where, fix = "linear_vae_optimum: eigenvalues", "models.PCA(x, 1).eigenvalues"
    with refused(ValueError, where=where, expected=expected, got=got, fix=fix):
        models.linear_vae_optimum(bad, 2, sigma2)


@pytest.mark.parametrize("n", NO_SIZES)
def test_how_many_latent_variables_and_how_many_pixels(n):
    for where, call, fix in (
        ("linear_vae_optimum: latent_dim", lambda: models.linear_vae_optimum(EIGENVALUES, n), "eigenvalues, 2"),
        ("effective_variance: dim", lambda: models.effective_variance(losses.mean_squared_error, n), "784"),
    ):
        with refused(ValueError, where=where, expected="a positive integer", got=repr(n), fix=fix):
            call()


@pytest.mark.parametrize("sigma2", [0, -1, np.nan, np.inf, "1", None])
def test_noise_of_no_variance(sigma2):
    where = "linear_vae_optimum: sigma2"
    with refused(ValueError, where=where, expected="a number above 1e-12", got=repr(sigma2), fix="sigma2=1.0"):
        models.linear_vae_optimum(EIGENVALUES, 2, sigma2)


@pytest.mark.parametrize("dim", [1, 5])
def test_the_variance_of_a_known_noise(dim):
    for sigma2 in (0.25, 3.0):

        def loss(x, x_hat, sigma2=sigma2):
            return ((x_hat - x) ** 2).sum() / (2 * sigma2)

        assert models.effective_variance(loss, dim) == pytest.approx(sigma2)


@pytest.mark.parametrize(
    "loss", [lambda x, x_hat: x_hat.sum(), lambda x, x_hat: -((x_hat - x) ** 2).sum()], ids=["straight", "falling"]
)
def test_a_loss_without_curvature_stands_for_no_gaussian(loss):
    assert models.effective_variance(loss, 3) == np.inf


def test_the_effective_variance_of_what_is_no_loss():
    with refused(GraphError, where="not a single number", got="(1, 3)", fix="loss.mean()"):
        models.effective_variance(lambda x, x_hat: (x_hat - x) ** 2, 3)
    with refused(GraphError, where="nothing was recorded"):
        models.effective_variance(lambda x, x_hat: Tensor(1.0), 3)
    with refused(TypeError, where="NumPy function", fix="minigen."):
        models.effective_variance(lambda x, x_hat: np.square(x_hat - x).sum(), 3)
    with refused(TypeError, where="effective_variance: loss", expected="a function", got="'mse'", fix="losses."):
        models.effective_variance("mse", 3)
    with refused(TypeError, where="the loss's value", expected="a Tensor", got="float", fix="ops."):
        models.effective_variance(lambda x, x_hat: 1.0, 3)


# ---- the range that a model declares


def test_the_ends_of_the_range_belong_to_it(xp):
    x = backend.asarray(np.array([[0.0, 1.0]], "float32"))
    check_range(x, (0, 1), "fit")
    check_range([x, 2 * x - 1], (-1, 1), "fit")
    for bad, fix in ((2 * x, "x / 255"), (x - 1e-3, "(x + 1) / 2"), ([2 * x, x], "x / 255")):
        with refused(ValueError, where="fit: data outside the range", expected="[0, 1]", got="]", fix=fix):
            check_range(bad, (0, 1), "fit")


def test_what_the_range_check_advises_passes_it():
    pixels = np.arange(256).astype("float32")
    with refused(ValueError, expected="[0, 1]", got="[0, 255]", fix="x / 255 for pixels"):
        check_range(pixels, (0, 1), "fit")
    check_range(pixels / 255, (0, 1), "fit")
    with refused(ValueError, expected="[-1, 1]", got="[0, 255]", fix="x / 127.5 - 1 for pixels"):
        check_range(pixels, (-1, 1), "fit")
    check_range(pixels / 127.5 - 1, (-1, 1), "fit")


def test_nan_is_in_no_range():
    with refused(ValueError, where="range", got="nan"):
        check_range(np.array([0.5, np.nan]), (0, 1), "fit")


def test_integers_have_no_range():
    """Labels go in beside images; integer images are refused elsewhere, by their type."""
    check_range([np.zeros((3, 2)), np.array([0, 5, 9])], (0, 1), "fit")
