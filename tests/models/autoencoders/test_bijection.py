"""Bit interleaving: by hand, against strings, back again, and the neighbours that it loses."""

import numpy as np
import pytest
from helpers.refusals import NO_SIZES, refused

from minigen import Tensor, metrics, models
from minigen.datasets import toys
from minigen.models import BitInterleaving


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


def every_cell(bits):
    """The lower left corners (4^bits, 2) of all cells."""
    side = np.arange(2**bits) / 2**bits
    return np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)


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


def test_eight_points_go_through_bits_and_lose_their_neighbours():
    x, _ = toys.eight_points()
    code = BitInterleaving(12)
    z = code.encode(x)
    assert len(np.unique(z)) == 8
    np.testing.assert_allclose(code.decode(z), x, rtol=0, atol=2.0**-12)
    for k in (1, 2, 3):
        assert metrics.neighbour_preservation(x, models.PCA(x, 1).encode(x), k) == 1
        assert metrics.neighbour_preservation(x, z, k) < 0.6
