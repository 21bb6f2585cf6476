"""Tensor: what goes in, what may meet what, and what comes out."""

import numpy as np
import pytest
from helpers.parameters import assert_equal, leaf, parameter, parameter64
from helpers.refusals import refused

import minigen
from minigen import Tensor, backend, ops
from minigen.backend import BackendError

# ---- what goes in


def test_a_parameter_has_its_own_copy_of_the_data():
    host = np.ones(3, "float32")
    w = parameter(host)
    w.writable()[:] = 5
    assert_equal(host, [1, 1, 1])
    x = Tensor(host, requires_grad=True)
    x.assign([7.0, 7.0, 7.0])
    assert_equal(host, [1, 1, 1])


def test_python_floats_become_float32_and_arrays_keep_their_precision():
    assert Tensor(2.0).dtype == Tensor([1.0, 2.0]).dtype == np.float32
    assert Tensor(np.ones(2)).dtype == np.float64
    assert Tensor([1, 2]).dtype.kind == "i"


def test_assign_wants_the_same_shape():
    w = parameter([1, 2], name="bias")
    with pytest.raises(ValueError, match=r"assign to bias(.|\n)*shape \(2,\)(.|\n)*\(3,\)"):
        w.assign([1.0, 2.0, 3.0])
    w.assign(Tensor([3.0, 4.0]))
    assert_equal(w, [3, 4])


def test_lists_of_tensors_are_answered_with_stack():
    xs = [parameter64(1.0), parameter64(2.0)]
    for action in (
        lambda: minigen.sum(xs),
        lambda: Tensor(xs),
        lambda: Tensor([xs, xs]),
        lambda: minigen.exp(xs),
        lambda: xs * parameter64([1, 2]),
    ):
        with pytest.raises(TypeError, match=r"minigen\.stack\(xs\)"):
            action()


def test_a_tensor_of_a_tensor_is_a_copy_unless_a_gradient_would_be_lost():
    t = Tensor(np.arange(2.0))
    copy = Tensor(t, requires_grad=True)
    copy.assign([5, 5])
    assert t.numpy().tolist() == [0, 1]
    for x in (parameter64([1, 2]), parameter64([1, 2]) * 2.0):
        with pytest.raises(TypeError, match=r"x\.detach\(\)"):
            Tensor(x)


def test_text_is_no_tensor():
    with refused(TypeError, expected="numbers", got="abc"):
        Tensor("abc")


def test_integers_and_booleans_have_no_gradient():
    for data in ([1, 2], np.arange(3), np.array([True])):
        with refused(TypeError, expected="float", got=str(np.asarray(data).dtype), fix='x.astype("float32")'):
            Tensor(data, requires_grad=True)
    with refused(TypeError, where="labels"):
        Tensor([1, 2], requires_grad=True, name="labels")


def test_assign_of_another_shape(model):
    with refused(ValueError, where="code/kernel", expected="(4, 2)", got="(2, 4)"):
        model.get_layer("code").kernel.assign(np.zeros((2, 4)))


# ---- what may meet what


def test_numbers_take_the_precision_of_the_tensor():
    x = parameter([1, 2])
    for y in (2.0 * x, x / np.float64(3), np.float64(3) - x, x.mean() * 2, 1 / (1 + ops.exp(-x))):
        assert y.dtype == np.float32


@pytest.mark.parametrize("f", [lambda x, a: x + a, lambda x, a: a + x, lambda x, a: ops.maximum(x, Tensor(a))])
@pytest.mark.parametrize("array", [np.ones(2), np.array(2.0), np.ones(2, "int64")], ids=["float64", "0-d", "int64"])
def test_mixed_precisions_are_refused(f, array):
    with pytest.raises(TypeError, match=rf'precisions are mixed(.|\n)*{array.dtype}(.|\n)*astype\("float32"\)'):
        f(parameter([1, 2]), array)


def test_an_array_beside_a_tensor_of_its_precision():
    x, a = parameter([1, 2]), np.array([3, 4], "float32")
    for y, expected in (
        (a + x, [4, 6]),
        (a - x, [2, 2]),
        (a * x, [3, 8]),
        (a / x, [3, 2]),
        (a @ x, 11),
        (a**x, [3, 16]),
    ):
        assert isinstance(y, Tensor) and y.dtype == np.float32
        assert_equal(y, expected)


def test_arrays_of_two_libraries_are_refused(stand_in):
    host = np.ones(2, "float32")
    with minigen.using("cupy"):
        x = parameter([1, 2])
        for f, place in ((lambda: x + host, 2), (lambda: host + x, 1)):
            with pytest.raises(
                BackendError, match=rf"Add, argument {place}(.|\n)*numpy.ndarray(.|\n)*minigen.Tensor\(x\)"
            ):
                f()
        device = x.data
    y = parameter([1, 2])
    with pytest.raises(BackendError, match=r"Multiply, argument 2(.|\n)*ndarray(.|\n)*minigen.to_numpy\(x\)"):
        ops.multiply(y, device)
    with pytest.raises(BackendError, match="Add, argument 1"):
        x + y  # x was made before the switch


def test_what_is_no_array_is_refused():
    with pytest.raises(TypeError, match=r"Add, argument 2(.|\n)*got: +str"):
        parameter([1, 2]) + "one"
    with pytest.raises(TypeError, match=r"Multiply, argument 1(.|\n)*got: +list"):
        [1.0, 2.0] * parameter([1, 2])


NUMPY_CALLS = {
    "exp": lambda x: np.exp(x),
    "add": lambda x: np.add(np.ones(2, "float32"), x),
    "sum": lambda x: np.sum(x),
    "concatenate": lambda x: np.concatenate([x, x]),
    "asarray": lambda x: np.asarray(x),
}


@pytest.mark.parametrize("name", NUMPY_CALLS)
def test_a_numpy_function_is_refused_and_the_error_says_what_to_write(name):
    """It would drop the graph."""
    with pytest.raises(TypeError, match=r"minigen\.\w+\("):
        NUMPY_CALLS[name](parameter([1, 2]))


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_a_matrix_multiplies_element_by_element_as_an_array_does():
    m, x = np.matrix([[0.0, 1.0], [2.0, 3.0]]), parameter64(np.arange(4.0).reshape(2, 2))
    assert (x * m).numpy().tolist() == [[0, 1], [4, 9]] and (m * x).numpy().tolist() == [[0, 1], [4, 9]]
    assert (Tensor(m) ** 2).numpy().tolist() == [[0, 1], [4, 9]]
    assert Tensor(m).sum(axis=0, keepdims=True).shape == (1, 2)
    assert type(x > m) is np.ndarray


def test_a_masked_array_is_refused():
    masked = np.ma.MaskedArray([1.0, 2.0], [0, 1])
    with refused(TypeError, "masked array"):
        Tensor(masked)
    with refused(TypeError, "masked array"):
        parameter64([1, 2]) * masked


# ---- what comes out


def test_comparisons_give_plain_boolean_arrays(xp):
    x = parameter([1, 2, 3])
    for found, expected in (
        (x > 2, [False, False, True]),
        (x >= 2, [False, True, True]),
        (x < Tensor([2.0, 2.0, 2.0]), [True, False, False]),
        (x <= 2, [True, True, False]),
        (x == 2, [False, True, False]),
        (x != 2, [True, False, True]),
    ):
        assert isinstance(found, backend.xp.ndarray) and found.dtype == bool
        np.testing.assert_array_equal(minigen.to_numpy(found), expected)


def test_tensors_are_told_apart_by_identity_in_sets_and_dicts():
    a, b = parameter([1, 2]), parameter([1, 2])
    assert len({a, b, a}) == 2
    assert {a: "a", b: "b"}[b] == "b"


def test_numbers_out_of_a_tensor(xp):
    x = parameter([[1.5]])
    assert x.item() == 1.5 and float(x) == 1.5 and isinstance(float(x), float)
    assert float(Tensor(3)) == 3.0
    assert bool(parameter(1.0)) and not bool(parameter(0.0))
    assert f"{float(x):.2f}" == "1.50"
    with pytest.raises(ValueError):
        bool(parameter([1, 2]))


def test_shape_and_length():
    x = parameter(np.zeros((2, 3)))
    assert (x.shape, x.ndim, x.size, len(x), x.dtype) == ((2, 3), 2, 6, 2, np.float32)
    assert (x.T.shape, x.transpose(1, 0).shape, x.transpose((1, 0)).shape) == ((3, 2),) * 3
    assert (x.reshape(-1).shape, x.reshape(3, 2).shape, x.reshape((1, 6)).shape) == ((6,), (3, 2), (1, 6))


def test_methods_are_the_functions():
    x = parameter([[1.0, -2.0], [3.0, 5.0]])
    assert_equal(x.sum(axis=0), [4, 3])
    assert_equal(x.mean(axis=1, keepdims=True), [[-0.5], [4]])
    assert_equal(x.max(), 5)
    assert_equal(x.min(axis=1), [-2, 3])
    assert_equal(x.var(), np.var([1, -2, 3, 5]))
    assert_equal(abs(-x), [[1, 2], [3, 5]])
    assert_equal(x @ x, [[-5, -12], [18, 19]])
    assert_equal([[1.0, 0.0]][0][0] + x[1], [4, 6])


def test_repr(xp):
    assert repr(Tensor([1.0, 2.0])) == "Tensor([1., 2.], float32)"
    assert repr(parameter(2.0, name="w")) == "Tensor(2., float32, name='w', requires_grad=True)"
    assert repr(ops.exp(parameter([0.0]))) == "Tensor([1.], float32, op=Exp)"
    assert "..." in repr(Tensor(np.zeros(1000, "float32")))


def test_a_loop_over_a_tensor_gives_its_rows():
    rows = list(parameter([[1, 2], [3, 4]]))
    assert len(rows) == 2 and isinstance(rows[1], Tensor)
    assert_equal(rows[1], [3, 4])


def test_rows_of_a_tensor_can_be_looped_over_and_a_single_number_cannot():
    x = parameter64([1.0, 2.0, 4.0])
    assert [float(row) for row in x] == [1, 2, 4]
    a, b, c = x
    (a * b + c).backward()
    assert x.grad.tolist() == [2, 1, 1]
    loss = parameter64(3.0)
    for action in (lambda: list(loss), lambda: sum(loss), lambda: max(loss), lambda: len(loss)):
        with refused(TypeError, "a single number"):
            action()


def test_a_number_is_formatted_and_rounded():
    loss = Tensor(np.float32(0.5))
    assert (f"{loss:.3f}", f"{loss:8.2e}", round(loss, 1), int(loss), format(loss, ".2f")) == (
        "0.500",
        "5.00e-01",
        0.5,
        0,
        "0.50",
    )
    assert f"{loss}" == str(loss)
    for action in (lambda x: f"{x:.3f}", lambda x: round(x, 2), int, float, bool, lambda x: x.item()):
        with refused(ValueError, "of a tensor"):
            action(parameter64([1, 2]))


@pytest.mark.parametrize(
    ("where", "call", "error"),
    [
        ("a comparison", lambda x: x > np.ones(7), ValueError),
        ("a comparison", lambda x: x < "a", TypeError),
        ("a list of rows", lambda x: Tensor([[1, 2], [3]]), ValueError),
    ],
)
def test_comparisons_and_rows_that_do_not_fit_are_refused(where, call, error):
    with refused(error, where):
        call(parameter64(np.ones((2, 3))))


def test_an_integer_tensor_counts_and_indexes():
    two = Tensor(np.array(2))
    assert list(range(two)) == [0, 1] and [5, 6, 7][two] == 7
    for wrong in (Tensor(2.5), leaf()):
        with refused(TypeError, "an index or a count"):
            range(wrong)
    with refused(ValueError, "item()"):
        range(Tensor(np.array([1, 2])))


# ---- methods


METHODS = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "square": np.square,
    "abs": np.abs,
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True),
    "log_softmax": lambda x: x - np.log(np.exp(x).sum(-1, keepdims=True)),
    "std": np.std,
    "var": np.var,
    "squeeze": np.squeeze,
    "flatten": np.ravel,
}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_the_function_and_has_its_gradient(xp, name):
    a = np.array([[[0.5], [2.0], [1.5]]])
    x = parameter64(a)
    y = getattr(x, name)()
    np.testing.assert_allclose(y.numpy(), METHODS[name](a), rtol=1e-12)
    y.sum().backward()
    by_function = parameter64(a)
    (getattr(minigen, name)(by_function) if name != "flatten" else by_function.reshape(-1)).sum().backward()
    np.testing.assert_array_equal(minigen.to_numpy(x.grad), minigen.to_numpy(by_function.grad))


def test_methods_with_arguments():
    x = parameter64([[1.0, -2.0, 3.0], [0.0, 5.0, -1.0]])
    a = x.numpy()
    np.testing.assert_array_equal(x.clip(0.0, 2.0).numpy(), a.clip(0, 2))
    np.testing.assert_array_equal(x.clip(low=0.0).numpy(), a.clip(0))
    np.testing.assert_allclose(x.std(axis=0, keepdims=True).numpy(), a.std(axis=0, keepdims=True))
    np.testing.assert_allclose(x.softmax(axis=0).sum(axis=0).numpy(), 1)
    np.testing.assert_array_equal(x[:, None].squeeze(1).numpy(), a)


def test_flatten_keeps_the_first_axes_if_it_is_told_to():
    x = parameter64(np.arange(24.0).reshape(2, 3, 4))
    assert [x.flatten().shape, x.flatten(1).shape, x.flatten(start_dim=-2).shape] == [(24,), (2, 12), (2, 12)]
    assert x.flatten(2).shape == (2, 3, 4) and parameter64(3.0).flatten().shape == (1,)
    np.testing.assert_array_equal(x.flatten(1).numpy(), x.numpy().reshape(2, 12))
    for wrong in (3, -4, 1.0, "C", None):
        with refused(ValueError, where="flatten: start_dim", fix="x.flatten(1)"):
            x.flatten(wrong)
