"""The kinds of mistakes, each recognised by what it makes of a right result."""

import numpy as np
import pytest

from minigen.coursework import get
from minigen.coursework.child import run
from minigen.coursework.diagnosis import KINDS, describe, first_wrong, is_close, is_equal, is_right, kind_of
from minigen.coursework.grading import known_results
from minigen.coursework.pieces import Test

B = np.random.default_rng(0).normal(size=(3, 4))
SQUARE = np.random.default_rng(1).normal(size=(3, 3))
SIZES = {"images": 7}
ANY = Test(lambda student: {}, 1, False, SIZES, False)


@pytest.mark.parametrize(
    "kind, a, b",
    [
        ("sign", -B, B),
        ("sign", np.where(B > 1, -B, B), B),
        ("sign", np.float64(-2.5), np.float64(2.5)),
        ("mean for sum", B / 7, B),
        ("sum for mean", B * 7, B),
        ("axis", SQUARE.T, SQUARE),
        ("off by one", np.roll(B, 1, axis=1), B),
        ("off by one", np.concatenate([B[1:], np.zeros((1, 4))]), B),
        ("factor", B * 0.37, B),
        ("factor", np.float64(2.0), np.float64(1.0)),
        ("variance for deviation", np.abs(B) ** 2, np.abs(B)),
        ("variance for deviation", np.sqrt(np.abs(B)), np.abs(B)),
        ("float32", B.astype("float32").astype("float64"), B),
        ("order", B[:, [2, 0, 1, 3]], B),
        ("five digits", B + 1e-7, B),
    ],
)
def test_a_mistake_is_recognised(kind, a, b):
    assert kind_of(np.asarray(a), np.asarray(b), SIZES).startswith(KINDS[kind])


@pytest.mark.parametrize("a", [B + 1, B * np.arange(1, 5), np.zeros((3, 4)), np.ones((3, 4))])
def test_what_is_no_usual_mistake_is_not_called_one(a):
    assert kind_of(a, B, SIZES) == ""
    assert "elements of y are right, y[0, " in describe("y", a, B, ANY)


def test_of_0_and_1_no_order_is_right_and_a_count_has_no_kind():
    mask = np.array([1.0, 0.0, 0.0, 1.0, 1.0])
    assert kind_of(mask[[1, 0, 3, 4, 2]], mask, {}) == ""
    assert describe("number", np.array(1), np.array(2), ANY) == "the numbers are wrong: number is 1"


def test_of_zeros_every_multiple_is_right_and_none_is_a_mistake():
    assert kind_of(np.ones(3), np.zeros(3), SIZES) == ""


@pytest.mark.parametrize(
    "a, b, words",
    [
        ("None", B, "y is None: is a return missing"),
        (B, "None", KINDS["detach"]),
        (B.T, B, "(4, 3), not (3, 4) (the axes are exchanged)"),
        (B * np.nan, B, "y has NaN or infinity in it: a division by 0"),
    ],
)
def test_what_cannot_be_compared_is_described(a, b, words):
    assert words in describe("y", a, b, ANY)


def test_an_array_that_was_to_stay_is_called_aliasing():
    assert describe("change of x", B, np.zeros((3, 4)), ANY) == f"{KINDS['aliasing']}: x is not what it was before"


def test_no_description_has_a_right_number_in_it():
    assert f"{B[0, 0]:.4f}"[1:] not in describe("y", B + 1, B, ANY)
    assert "1234.5" not in describe("loss", np.float64(3.0), np.float64(1234.5), ANY)


def test_rounding_is_no_mistake_and_float32_is():
    assert is_close(B * (1 + 1e-12), B) and not is_close(B * (1 + 1e-6), B)
    assert is_close(B.astype("float32"), (B * (1 + 1e-6)).astype("float32"))
    assert is_close(np.full(3, np.nan), np.full(3, np.nan)) and not is_close(B, B[0])


def test_a_dtype_counts_where_the_test_says_so():
    strict, single = Test(lambda student: {}, 1, False, {}, True), np.ones(3, "float32")
    assert is_right({"y": np.ones(3)}, {"y": single}, ANY)
    assert not is_right({"y": np.ones(3)}, {"y": single}, strict)
    assert "y is float64 for an input of float32" in describe("y", np.ones(3), single, strict)
    assert first_wrong({}, {"y": single}, ANY) == ("y", "None", single)


def result(kind="arrays", text="", **arrays):
    return {"kind": kind, "text": text, "arrays": arrays}


def test_results_are_equal_by_their_numbers_or_by_their_error():
    assert is_equal(result(y=B), result(y=B * (1 + 1e-12))) and not is_equal(result(y=B), result(y=-B))
    assert not is_equal(result(y=B), result(x=B)) and not is_equal(result(y=B), result(y="None"))
    assert is_equal(result("error", "ValueError: a\nb"), result("error", "ValueError: a\nc"))
    assert not is_equal(result("error", "ValueError: a"), result("error", "ValueError: b"))
    assert not is_equal(result("hole"), result(y=B))


def test_the_kinds_are_found_without_the_table_of_wrong_answers():
    """Where a wrong answer changes a result as a whole, the numbers alone show the kind."""
    found = set()
    for number in (1, 2, 3, 7, 8, 9, 12):
        exercise = get(number)
        for wrong in exercise.wrong:
            for test in exercise.tests[:2]:
                right, _ = known_results(exercise.number, test.name)
                got = run(exercise.answer(wrong), exercise.text_of(test), test.name, [])
                bad = first_wrong(got["arrays"], right["arrays"], test) if got["kind"] == "arrays" else None
                if bad and describe(*bad, test).startswith(KINDS[wrong.kind]):
                    found.add((exercise.number, wrong.kind))
    assert {kind for _, kind in found} >= {"sign", "factor", "mean for sum", "sum for mean", "float32"}
    assert {kind for _, kind in found} >= {"shape", "variance for deviation", "detach"}
