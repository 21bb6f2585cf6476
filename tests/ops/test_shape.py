"""Ops that move numbers: values, every index that NumPy takes, joining and cutting."""

import array

import numpy as np
import pytest
from helpers.op_table import MASK, OPS, ROWS, SYMBOLS, draws
from helpers.parameters import gradient, parameter, parameter64, tensors
from helpers.refusals import refused

import minigen
from minigen import Tensor, grad, ops


def put_rows_twice(x):
    y = np.zeros((5, 4))
    for row, place in zip(x, ROWS, strict=True):
        y[place] += row
    return y


def put_symbols(x):
    y = np.zeros((3, 2))
    for symbol, row in zip(SYMBOLS.reshape(-1), x.reshape(-1, 2), strict=True):
        y[symbol] += row
    return y


FORMULAS = {
    "reshape": lambda x: np.reshape(x, (4, 6)),
    "squeeze": lambda x: x[:, :, 0],
    "squeeze_all": lambda x: x[0, :, 0],
    "transpose": lambda x: np.einsum("ijk->kij", x),
    "transpose_all": lambda x: np.einsum("ijk->kji", x),
    "transpose_negative": lambda x: np.einsum("ijk->ikj", x),
    "broadcast_to": lambda x: np.tile(x, (2, 1, 4)),
    "getitem_slice": lambda x: np.stack([x[1:, 3], x[1:, 1]], axis=1),
    "getitem_int": lambda x: x[1].reshape(1, 4),
    "getitem_array": lambda x: np.stack([x[0], x[2], x[2]]),
    "getitem_list": lambda x: np.stack([x[0], x[2], x[2]]),
    "getitem_pair": lambda x: np.stack([x[0, 0], x[2, 2], x[2, 2]]),
    "getitem_mixed": lambda x: np.stack([x[1:, 0], x[1:, 2], x[1:, 2]], axis=1).reshape(2, 1, 3),
    "getitem_mask": lambda x: np.extract(MASK, x),
    "put_item": lambda x: np.concatenate([np.zeros((1, 4)), x, np.zeros((1, 4))]),
    "getitem_symbols": lambda x: x[SYMBOLS],
    "put_item_symbols": put_symbols,
    "put_item_twice": put_rows_twice,
    "concatenate": lambda a, b: np.hstack([a, b]),
    "concatenate_three": lambda *xs: np.hstack(xs),
    "stack": lambda a, b: np.dstack([a, b]),
    "stack_three": lambda *xs: np.stack(xs),
    "split": lambda x: x[:, 1:4],
    "pad": lambda x: np.pad(x, [(1, 0), (2, 1)]),
}

A = np.arange(24.0).reshape(4, 3, 2)
KEYS = {
    "int": 1,
    "numpy int": np.int8(-1),
    "list": [0, 2, 2],
    "empty list": [],
    "nested list": [[0, 1], [3, 3]],
    "tuple of lists": ([0, 0, 1], [2, 2, 0]),
    "tuple of tuples": ((0, 0, 1), (2, 2, 0)),
    "range": range(0, 4, 2),
    "array.array": array.array("i", [1, 1]),
    "uint8": np.array([3, 0, 3], "uint8"),
    "uint64": np.array([3, 0, 3], "uint64"),
    "int16 matrix": np.array([[1, 1], [0, 2]], "int16"),
    "0-d array": np.array(2),
    "0-d array and slice": (np.array(2), slice(None)),
    "slice": slice(None, None, -1),
    "numpy bounds": slice(np.int64(0), np.uint8(3), np.int32(2)),
    "ellipsis": (..., 1),
    "new axes": (None, 0, None, ..., None),
    "mask": A > 5,
    "row mask": np.array([True, False, True, True]),
    "mask as a list": [True, False, True, False],
    "mask and int": (np.array([True, False, True, True]), 1),
    "True": True,
    "False": False,
    "numpy True": np.True_,
    "split by a slice": ([0, 1], slice(None), [1, 1]),
    "ix_": np.ix_([0, 0, 3], [2, 1]),
    "list and ellipsis": ([1, 1], ...),
    "list and new axis": ([1, 1], None, 0),
    "memoryview": memoryview(np.array([1, 2, 1])),
}


# ---- the value, in plain NumPy


@pytest.mark.parametrize("name", FORMULAS)
def test_value_is_the_formula(name, xp):
    arrays = draws(name)
    minigen.seed(5)
    y = OPS[name][0](*tensors(arrays))
    expected = FORMULAS[name](*arrays)
    assert y.shape == np.shape(expected)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12, atol=1e-12)


# ---- every index that NumPy takes


def test_a_place_read_twice_gets_both_gradients(xp):
    x = parameter([[1, 2], [3, 4], [5, 6]])
    np.testing.assert_array_equal(gradient(lambda x: x[[0, 0, 0, 2]], x), [[3, 3], [0, 0], [1, 1]])
    np.testing.assert_array_equal(gradient(lambda x: x[[1, 1], [0, 0]], x), [[0, 0], [2, 0], [0, 0]])
    np.testing.assert_array_equal(gradient(lambda x: x[[True, False, True]], x), [[1, 1], [0, 0], [1, 1]])
    np.testing.assert_array_equal(gradient(lambda x: x[[-1, 2]], x), [[0, 0], [0, 0], [2, 2]])


def test_a_tensor_as_index_gets_no_gradient(xp):
    x = parameter([[1, 2], [3, 4]])
    rows = Tensor(np.array([1, 1]))
    np.testing.assert_array_equal(gradient(lambda x: x[rows], x), [[0, 0], [2, 2]])


@pytest.mark.parametrize("name", KEYS)
def test_an_index_gives_numpys_values_and_the_gradient_adds_up_where_a_place_is_named_twice(name):
    key = KEYS[name]
    right = A[list(key)] if isinstance(key, (array.array, memoryview, range)) else A[key]
    x = parameter64(A)
    y = x[key]
    assert np.array_equal(y.numpy(), right)
    v = np.random.default_rng(0).normal(size=right.shape)
    (g,) = grad((y * v).sum(), [x])
    expected = np.zeros_like(A)
    np.add.at(expected, list(key) if isinstance(key, (array.array, memoryview, range)) else key, v)
    assert np.allclose(g.numpy(), expected)


def test_a_single_number_has_indices_too():
    for key in (..., None, (), True, np.True_, np.array(False), (None, ...)):
        x = parameter64(2.0)
        y = x[key]
        assert np.array_equal(y.numpy(), np.array(2.0)[key])
        assert grad(y.sum(), [x])[0].item() == y.size


def test_tensors_are_indices_too():
    x, rows = parameter64(A), Tensor(np.array([3, 3, 0], "int32"))
    assert np.array_equal(x[rows].numpy(), A[[3, 3, 0]])
    assert np.array_equal(x[Tensor(np.array(1)) : Tensor(np.array(3))].numpy(), A[1:3])
    assert np.array_equal(x[rows, 1].numpy(), A[[3, 3, 0], 1])


BAD_KEYS = {
    "float": 1.0,
    "floats": [0.5, 1.0],
    "out of range": 4,
    "list out of range": [0, 9],
    "too many": (0, 0, 0, 0),
    "text": "a",
    "wrong mask": np.ones(3, bool),
    "two ellipses": (..., ...),
    "shapes that do not fit": ([0, 1], [0, 1, 2]),
    "None in a list": [None],
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_what_is_no_index_is_refused(name):
    with refused(IndexError, "x[key]"):
        parameter64(A)[BAD_KEYS[name]]


# ---- joining and cutting


def test_split_wants_sizes_that_add_up():
    with pytest.raises(ValueError, match="add up to 4"):
        ops.split(parameter(np.ones((3, 4))), [1, 2], axis=1)


JOINS = {
    "stack: axis": lambda x: minigen.stack([x, x], axis=7),
    "stack: shapes": lambda x: minigen.stack([x, x[1:]]),
    "stack: xs": lambda x: minigen.stack([]),
    "concatenate: axis": lambda x: minigen.concatenate([x, x], axis=3),
    "concatenate: shapes": lambda x: minigen.concatenate([x, x[:, 1:]]),
    "concatenate: xs": lambda x: minigen.concatenate([]),
    "split": lambda x: minigen.split(x, [3, -1, 2]),
    "split: sizes": lambda x: minigen.split(x, [1.5, 2.5]),
    "split: axis": lambda x: minigen.split(x, [1], axis=5),
    "pad": lambda x: minigen.pad(x, [(1, 0)]),
    "pad: widths": lambda x: minigen.pad(x, [(0, 0), (-1, 0), (0, 0)]),
    "reshape": lambda x: x.reshape(5, 5),
    "squeeze: axis": lambda x: x.squeeze(1),
    "transpose": lambda x: x.transpose(0, 0, 1),
    "broadcast_to": lambda x: minigen.broadcast_to(x, (3, 2)),
}


@pytest.mark.parametrize("problem", JOINS)
def test_pieces_that_do_not_fit_are_refused(problem):
    with refused(ValueError, problem):
        JOINS[problem](parameter64(A))


def test_lists_in_lists_and_numbers_are_no_tensors_to_join():
    for join in (minigen.stack, minigen.concatenate):
        with refused(TypeError, "xs"):
            join([[1.0, 2.0]])
    with refused(TypeError, "xs"):
        minigen.stack(3)


def test_only_axes_of_size_1_are_squeezed_as_in_numpy():
    x = parameter64(np.ones((1, 3, 1)))
    assert [x.squeeze().shape, x.squeeze(0).shape, x.squeeze((0, -1)).shape] == [(3,), (3, 1), (3,)]
    assert x.squeeze(axis=[0]).shape == (3, 1) and parameter64(2.0).squeeze().shape == ()
    with refused(TypeError, where="Input()", fix="Lambda"):
        minigen.squeeze(minigen.Input((3,)))
    for axis in (1, (0, 1), 3, "rows"):
        with refused(ValueError, "squeeze: axis", fix="x.squeeze()"):
            x.squeeze(axis)
    with refused(ValueError, "split: axis", fix="arrays (n, ...)"):
        minigen.split(minigen.Tensor(1.0), 1)


def test_two_axes_that_pytorch_would_exchange_are_written_out():
    with refused(ValueError, "transpose: axes", fix="x.transpose(0, 2, 1), which exchanges two axes"):
        parameter64(A).transpose(1, -1)
    with refused(ValueError, "transpose: axes", fix="x.T, which reverses them"):
        parameter64(A).transpose(1, 1)
    assert parameter64(A[:, :, 0]).transpose(0, 1).shape == (4, 3)  # of a matrix NumPy's meaning: as it is


@pytest.mark.parametrize(
    ("where", "call", "error"),
    [
        ("concatenate", lambda x: minigen.concatenate([x, x], axis="rows"), ValueError),
    ],
)
def test_an_axis_is_no_text(where, call, error):
    with refused(error, where):
        call(parameter64(np.ones((2, 3))))


# ---- what has no shape


WITHOUT_A_SHAPE = {
    "transpose": minigen.transpose,
    "broadcast_to": lambda x: minigen.broadcast_to(x, (2, 2)),
    "pad": lambda x: minigen.pad(x, [(1, 1)]),
    "split": lambda x: minigen.split(x, [1]),
    "reshape": lambda x: minigen.reshape(x, (2, 2)),
    "conv2d: kernel": lambda x: minigen.conv2d(np.ones((1, 4, 4, 1), "float32"), x),
    "stack": lambda x: minigen.stack(np.array(1.5)),
}


@pytest.mark.parametrize("where", WITHOUT_A_SHAPE)
@pytest.mark.parametrize("value", [None, 0.5, [[1.0, 2.0]]], ids=repr)
def test_functions_of_what_has_no_shape(where, value):
    with refused(TypeError, where):
        WITHOUT_A_SHAPE[where](value)


def test_the_shape_as_keras_writes_it():
    assert ops.shape(Tensor(np.ones((2, 3)))) == ops.shape(np.ones((2, 3))) == (2, 3)
    assert ops.shape(minigen.Input((3,))) == (None, 3)
