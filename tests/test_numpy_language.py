"""The engine under NumPy's whole language: indices, axes, sums, powers, empty arrays, other spellings and names."""

import array

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import Embedding, Op, Tensor, grad, gradcheck, losses, ops


def parameter(data):
    return Tensor(np.asarray(data, "float64"), requires_grad=True)


# ---- every index that NumPy takes

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


@pytest.mark.parametrize("name", KEYS)
def test_an_index_gives_numpys_values_and_the_gradient_adds_up_where_a_place_is_named_twice(name):
    key = KEYS[name]
    right = A[list(key)] if isinstance(key, (array.array, memoryview, range)) else A[key]
    x = parameter(A)
    y = x[key]
    assert np.array_equal(y.numpy(), right)
    v = np.random.default_rng(0).normal(size=right.shape)
    (g,) = grad((y * v).sum(), [x])
    expected = np.zeros_like(A)
    np.add.at(expected, list(key) if isinstance(key, (array.array, memoryview, range)) else key, v)
    assert np.allclose(g.numpy(), expected)


def test_a_single_number_has_indices_too():
    for key in (..., None, (), True, np.True_, np.array(False), (None, ...)):
        x = parameter(2.0)
        y = x[key]
        assert np.array_equal(y.numpy(), np.array(2.0)[key])
        assert grad(y.sum(), [x])[0].item() == y.size


def test_tensors_are_indices_too():
    x, rows = parameter(A), Tensor(np.array([3, 3, 0], "int32"))
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
        parameter(A)[BAD_KEYS[name]]


def test_symbols_of_any_integer_type_are_embedded_and_learned():
    """More symbols than there are rows: there the gradient takes another way, which must not wrap at 256."""
    for dtype in ("uint8", "int16", "uint64", "int64"):
        layer = Embedding(300, 2)
        symbols = np.arange(600).reshape(2, 300) % (256 if dtype == "uint8" else 300)
        layer(symbols.astype(dtype)).sum().backward()
        assert layer.embeddings.grad[:, 0].tolist() == np.bincount(symbols.ravel(), minlength=300).tolist()


def test_rows_of_a_tensor_can_be_looped_over_and_a_single_number_cannot():
    x = parameter([1.0, 2.0, 4.0])
    assert [float(row) for row in x] == [1, 2, 4]
    a, b, c = x
    (a * b + c).backward()
    assert x.grad.tolist() == [2, 1, 1]
    loss = parameter(3.0)
    for action in (lambda: list(loss), lambda: sum(loss), lambda: max(loss), lambda: len(loss)):
        with refused(TypeError, "a single number"):
            action()


# ---- axes


AXES = {"list": [0, 1], "numpy integer": np.int64(1), "negative": (-1, 0), "tuple of numpy": (np.int8(0),), "none": ()}


@pytest.mark.parametrize("axis", AXES.values(), ids=AXES)
@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "var"])
def test_an_axis_may_be_spelled_in_every_way(name, axis):
    right = getattr(np, name)(A, axis=tuple(axis) if isinstance(axis, list) else axis)
    x = parameter(A)
    y = getattr(x, name)(axis)
    assert np.allclose(y.numpy(), right)
    y.sum().backward()
    assert x.grad.shape == A.shape


@pytest.mark.parametrize("axis", [3, -4, (0, 0), 0.5, "rows", (0, 5), [None]])
@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "var", "logsumexp"])
def test_an_axis_that_is_not_there_is_refused(name, axis):
    with refused(ValueError, "axis"):
        getattr(minigen, name)(parameter(A), axis)


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
    "transpose": lambda x: x.transpose(0, 0, 1),
    "broadcast_to": lambda x: minigen.broadcast_to(x, (3, 2)),
}


@pytest.mark.parametrize("problem", JOINS)
def test_pieces_that_do_not_fit_are_refused(problem):
    with refused(ValueError, problem):
        JOINS[problem](parameter(A))


def test_lists_in_lists_and_numbers_are_no_tensors_to_join():
    for join in (minigen.stack, minigen.concatenate):
        with refused(TypeError, "xs"):
            join([[1.0, 2.0]])
    with refused(TypeError, "xs"):
        minigen.stack(3)


# ---- empty arrays


def test_reductions_of_nothing_give_what_numpy_and_torch_give():
    x = parameter(np.zeros((0, 3)))
    assert x.mean(axis=1).shape == x.var(axis=1).shape == (0,)
    assert np.isnan(x.mean(axis=0).numpy()).all() and np.isnan(parameter(np.zeros((2, 0))).var(axis=1).numpy()).all()
    assert x.sum(axis=0).numpy().tolist() == [0, 0, 0]
    assert minigen.logsumexp(x, axis=0).numpy().tolist() == [-np.inf] * 3
    assert minigen.logsumexp(parameter([])).numpy() == -np.inf
    assert minigen.softmax(parameter(np.zeros((3, 0)))).shape == minigen.log_softmax(x, axis=0).shape[::-1]
    assert x.max(axis=1).shape == (0,)
    for y in (x.mean(axis=1), minigen.logsumexp(x, axis=0), minigen.softmax(x), x.max(axis=1)):
        (g,) = grad(y.sum(), [x])
        assert g.shape == (0, 3)


@pytest.mark.parametrize("name", ["max", "min"])
def test_the_largest_of_nothing_is_refused(name):
    with refused(ValueError, "no numbers"):
        getattr(minigen, name)(parameter(np.zeros((0, 3))), 0)


@pytest.mark.parametrize(
    "a, b", [((4, 2, 0), (0, 3)), ((3, 2, 3, 0), (0,)), ((0,), (0,)), ((0,), (0, 2)), ((2, 0), (0, 3))]
)
def test_products_with_an_inner_size_of_zero_are_zeros(a, b):
    x, y = parameter(np.ones(a)), parameter(np.ones(b))
    z = x @ y
    assert np.array_equal(z.numpy(), np.ones(a) @ np.ones(b))
    gx, gy = grad(z.sum(), [x, y])
    assert gx.shape == a and gy.shape == b


# ---- extremes


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int64", "bool"])
def test_the_smallest_of_integers_is_right(dtype):
    numbers = np.array([0, 1] if dtype == "bool" else [np.iinfo(dtype).min, 5, np.iinfo(dtype).max], dtype)
    assert Tensor(numbers).min().item() == numbers.min() and minigen.min(numbers) == numbers.min()
    assert np.array_equal(minigen.minimum(numbers, numbers[::-1]), np.minimum(numbers, numbers[::-1]))


def test_the_smaller_of_unsigned_integers_and_a_number():
    assert minigen.minimum(np.array([0, 200], "uint8"), 10).tolist() == [0, 10]


def test_ties_of_the_smallest_share_the_gradient():
    x = parameter([1.0, 3.0, 1.0])
    x.min().backward()
    assert x.grad.tolist() == [0.5, 0, 0.5]
    a, b = parameter([1.0, 2.0]), parameter([1.0, 3.0])
    minigen.minimum(a, b).sum().backward()
    assert a.grad.tolist() == [0.5, 1] and b.grad.tolist() == [0.5, 0]


# ---- powers


def test_powers_at_zero_have_the_gradients_of_their_limits():
    x, k = parameter(0.0), parameter([2.0, 1.0, 0.0])
    gx, gk = grad((x**k).sum(), [x, k])
    assert gk.numpy().tolist() == [0, 0, 0] and gx.numpy() == 1
    gx, gk = grad((0.0**k).sum(), [k])[0], grad((parameter([0.0, 0.0, 0.0]) ** 0.0).sum(), [k])[0]
    assert gx.numpy().tolist() == [0, 0, 0]


def test_anything_to_the_power_of_zero_is_one():
    for zero in (0, 0.0, np.float32(0), parameter(0.0)):
        y = parameter([np.inf, np.nan, 0.0, -2.0]) ** zero
        assert y.numpy().tolist() == [1, 1, 1, 1]
    x = parameter([0.0, 3.0])
    (x**0).sum().backward()
    assert x.grad.tolist() == [0, 0]


def test_the_slope_of_a_power_of_zero_still_depends_on_the_exponent():
    x, k = parameter(2.0), parameter(0.0)
    (gx,) = grad(x**k, [x], create_graph=True)
    assert gx.item() == 0 and grad(gx, [k])[0].item() == 0.5  # d/dk k xᵏ⁻¹ = 1/x
    x = parameter([np.inf, np.nan, 0.0])
    for zero in (0, parameter(0.0)):
        assert grad((x**zero).sum(), [x])[0].numpy().tolist() == [0, 0, 0]


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_negative_base_has_no_gradient_to_its_exponent():
    k = parameter([1.0, 2.0])
    y = (-2.0) ** k
    assert y.numpy().tolist() == [-2, 4]
    assert np.isnan(grad(y.sum(), [k])[0].numpy()).all()


def test_powers_pass_the_gradient_check_for_base_and_exponent():
    gradcheck(lambda x, k: x**k, [np.array([0.5, 1.5, 2.0]), np.array([2.0, -1.0, 0.5])], order=2)
    gradcheck(lambda k: 2.0**k, [np.array([0.3, -1.0])], order=2)


def test_a_slope_of_zero_keeps_infinity():
    assert minigen.leaky_relu(parameter([np.inf, -1.0]), 0.0).numpy().tolist() == [np.inf, 0]


# ---- numbers that are learned


def test_a_bound_that_is_learned_gets_its_gradient():
    x, low, high = parameter([-1.0, 0.5, 5.0]), parameter(0.0), parameter(2.0)
    y = minigen.clip(x, low, high)
    assert y.numpy().tolist() == [0, 0.5, 2]
    gx, glow, ghigh = grad(y.sum(), [x, low, high])
    assert gx.numpy().tolist() == [0, 1, 0] and glow.numpy() == 1 and ghigh.numpy() == 1


def test_clip_takes_arrays_and_one_bound_as_numpy_does():
    x = parameter([-1.0, 0.5, 5.0])
    assert minigen.clip(x, 0, None).numpy().tolist() == [0, 0.5, 5]
    assert minigen.clip(x, None, [0.0, 0.0, 6.0] @ np.eye(3)).numpy().tolist() == [-1, 0, 5]
    with refused(ValueError, "clip"):
        minigen.clip(x, 2, 1)


def test_a_spread_that_is_learned_gets_the_sum_of_the_noise():
    minigen.seed(0)
    x, c = parameter([-1.0, 5.0]), parameter(2.0)
    y = minigen.gaussian_noise(x, c)
    assert np.isclose(grad(y.sum(), [c])[0].numpy(), (y.numpy() - x.numpy()).sum() / 2)


@pytest.mark.parametrize(
    "action, problem",
    [
        (lambda x, a: minigen.elu(x, a), "elu: alpha"),
        (lambda x, a: minigen.leaky_relu(x, a), "leaky_relu: negative_slope"),
        (lambda x, a: minigen.dropout(x, a), "dropout"),
        (lambda x, a: minigen.SGD(a), "SGD: learning_rate"),
        (lambda x, a: minigen.SGD(momentum=a), "SGD: momentum"),
        (lambda x, a: minigen.Adam(epsilon=a), "Adam: epsilon"),
        (lambda x, a: minigen.RMSprop(rho=a), "RMSprop: rho"),
    ],
)
def test_a_number_that_must_not_be_learned_is_refused_as_a_tensor(action, problem):
    with refused(ValueError, problem):
        action(parameter([-1.0, 2.0]), parameter(0.5))


def test_noise_that_requires_a_gradient_is_refused():
    mu = parameter(np.zeros((2, 3)))
    with refused(TypeError, "reparameterise: eps"):
        minigen.reparameterise(mu, mu, parameter(np.ones((2, 3))))


# ---- logits of -inf


def test_a_class_that_is_masked_out_costs_nothing():
    x = parameter([[-np.inf, 1.0, 2.0]])
    loss = losses.sparse_categorical_crossentropy(np.array([1]), x, from_logits=True)
    assert np.isclose(float(loss), 1.3132617)
    assert np.allclose(grad(loss, [x])[0].numpy(), [[0, -0.731059, 0.731059]], atol=1e-6)
    behind = losses.sparse_categorical_crossentropy(np.array([1]), minigen.softmax(x))
    soft = losses.categorical_crossentropy(np.array([[0, 0.5, 0.5]]), x, from_logits=True)
    assert np.isclose(float(behind), 1.3132617) and np.isclose(float(soft), 0.8132617)
    wrong = losses.sparse_categorical_crossentropy(np.array([0]), x, from_logits=True)
    assert float(wrong) == np.inf


# ---- subclasses of arrays


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_a_matrix_multiplies_element_by_element_as_an_array_does():
    m, x = np.matrix([[0.0, 1.0], [2.0, 3.0]]), parameter(np.arange(4.0).reshape(2, 2))
    assert (x * m).numpy().tolist() == [[0, 1], [4, 9]] and (m * x).numpy().tolist() == [[0, 1], [4, 9]]
    assert (Tensor(m) ** 2).numpy().tolist() == [[0, 1], [4, 9]]
    assert Tensor(m).sum(axis=0, keepdims=True).shape == (1, 2)
    assert type(x > m) is np.ndarray


def test_a_masked_array_is_refused():
    masked = np.ma.MaskedArray([1.0, 2.0], [0, 1])
    with refused(TypeError, "masked array"):
        Tensor(masked)
    with refused(TypeError, "masked array"):
        parameter([1, 2]) * masked


# ---- sums


@pytest.mark.parametrize("rows, columns", [(200_704, 32), (60_000, 2), (1280, 60), (33, 1)])
def test_sums_over_rows_are_exact_to_1e_6_in_float32(rows, columns):
    x = np.full((rows, columns), 0.1, "float32")
    exact = x.sum(axis=0, dtype="float64")
    t = Tensor(x)
    for y, right in (
        (t.sum(axis=0), exact),
        (t.mean(axis=0), exact / rows),
        (t.reshape(1, rows, columns).sum(1)[0], exact),
    ):
        assert abs(y.numpy() / right - 1).max() < 1e-6
    w = Tensor(np.zeros(columns, "float32"), requires_grad=True)
    (t * 0.1 + w).sum().backward()  # the gradient is summed over the rows
    assert abs(w.grad / rows - 1).max() < 1e-6
    assert (
        abs(
            Tensor(np.tile([[0.1], [0.3]], (rows // 2, columns)).astype("float32")).var(axis=0).numpy() / 0.01 - 1
        ).max()
        < 2e-6
    )


def test_the_kl_of_60_000_codes_is_exact_to_1e_6_in_float32():
    mu, logvar = np.full((60_000, 2), 0.3, "float32"), np.full((60_000, 2), -0.7, "float32")
    exact = ops.kl_per_dimension(mu.astype("float64"), logvar.astype("float64"))
    assert abs(ops.kl_per_dimension(mu, logvar) / exact - 1).max() < 1e-6


@pytest.mark.parametrize("axis", [0, 1, 2, (0, 1), (1, 2), (0, 2), (0, 1, 2), None, -3])
@pytest.mark.parametrize("keepdims", [False, True])
def test_sums_in_a_tree_are_numpys_sums(axis, keepdims):
    x = np.random.default_rng(0).normal(size=(37, 49, 3))
    for a in (x, x.transpose(1, 0, 2), x[::2, :, ::-1]):
        assert np.allclose(minigen.sum(a, axis, keepdims), a.sum(axis=axis, keepdims=keepdims), rtol=1e-12)


@pytest.mark.parametrize("rows, columns", [(200_704, 32), (60_000, 3)])
def test_sums_of_a_transposed_or_sliced_array_are_exact_to_1e_6_in_float32(rows, columns):
    transposed = np.full((rows, columns), 0.1, "float32").T  # a row of it lies across the memory
    assert abs(minigen.sum(transposed, axis=1) / (0.1 * rows) - 1).max() < 1e-6
    sliced = np.full((rows, 2 * columns), 0.1, "float32")[:, ::2]
    assert abs(minigen.sum(sliced, axis=0) / (0.1 * rows) - 1).max() < 1e-6


def test_the_mean_of_float16_does_not_overflow():
    assert Tensor(np.ones(70_000, "float16")).mean().item() == 1


# ---- other spellings, and names from elsewhere


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
            action(parameter([1, 2]))


NAMES = "argmax argmin astype std flatten ravel squeeze unsqueeze copy clone prod cumsum norm view exp log sqrt tolist"


@pytest.mark.parametrize("name", NAMES.split())
def test_a_familiar_name_is_answered_with_what_there_is(name):
    with refused(AttributeError, f"Tensor.{name}"):
        getattr(parameter([1, 2]), name)
    assert not hasattr(parameter([1, 2]), name)


def test_an_unknown_name_is_an_attribute_error_and_places_cannot_be_assigned():
    x = parameter([1, 2])
    with pytest.raises(AttributeError, match="no attribute 'colour'"):
        x.colour  # noqa: B018
    with refused(TypeError, "x[...] = value"):
        x.__setitem__(0, 1)
    with refused(AttributeError, "Adam.zero_grad"):
        minigen.Adam().zero_grad()


@pytest.mark.parametrize(
    "name, there_is", [("std", "x.var()"), ("argmax", "argmax"), ("prod", "Op"), ("mean", "minigen.mean(")]
)
def test_a_numpy_function_is_answered_with_what_there_is(name, there_is):
    with pytest.raises(TypeError, match=rf"np\.{name}(.|\n)*fix:.*"):
        getattr(np, name)(parameter([1, 2]))
    with pytest.raises(TypeError) as error:
        getattr(np, name)(parameter([1, 2]))
    assert there_is in str(error.value)


def test_other_libraries_are_pointed_to_numpy():
    x = parameter([1, 2])
    for action, kind in ((lambda: np.from_dlpack(x), Exception), (lambda: np.sin(x), TypeError)):
        with pytest.raises(kind, match=r"x\.numpy\(\)"):
            action()
    with pytest.raises(AttributeError, match=r"x\.numpy\(\)"):
        x.__array_interface__  # noqa: B018
    for exchange in (x.__dlpack__, x.__dlpack_device__):  # torch.as_tensor() asks for the second one first
        with refused(TypeError, "another library"):
            exchange()


def test_lists_of_tensors_are_answered_with_stack():
    xs = [parameter(1.0), parameter(2.0)]
    for action in (
        lambda: minigen.sum(xs),
        lambda: Tensor(xs),
        lambda: minigen.exp(xs),
        lambda: xs * parameter([1, 2]),
    ):
        with pytest.raises(TypeError, match=r"minigen\.stack\(xs\)"):
            action()


def test_a_tensor_of_a_tensor_is_a_copy_unless_a_gradient_would_be_lost():
    t = Tensor(np.arange(2.0))
    copy = Tensor(t, requires_grad=True)
    copy.assign([5, 5])
    assert t.numpy().tolist() == [0, 1]
    for x in (parameter([1, 2]), parameter([1, 2]) * 2.0):
        with pytest.raises(TypeError, match=r"x\.detach\(\)"):
            Tensor(x)


# ---- every iterable of tensors


ITERABLES = {
    "generator": lambda ps: (p for p in ps),
    "tuple": tuple,
    "dict values": lambda ps: dict(enumerate(ps)).values(),
    "dict keys": lambda ps: dict.fromkeys(ps),
    "map": lambda ps: map(lambda p: p, ps),
}


def two_parameters():
    a, b = parameter([1.0]), parameter([2.0])
    (a * a + b * b).sum().backward()
    return a, b


@pytest.mark.parametrize("name", [name for name in ITERABLES if name != "dict keys"])
def test_step_takes_every_iterable_of_parameters(name):
    a, b = two_parameters()
    minigen.SGD(0.5).step(ITERABLES[name]([a, b]))
    assert a.item() == b.item() == 0


NO_LISTS = {
    "nothing": lambda ps: None,
    "a tensor": lambda ps: ps[0],
    "an array": lambda ps: np.ones(()),
    "a list of lists": lambda ps: [list(ps)],
    "a dict": lambda ps: {"a": ps[0]},
    "names": lambda ps: ["a", "b"],
    "a number": lambda ps: 3,
    "a layer": lambda ps: [minigen.Dense(1)],
}


@pytest.mark.parametrize("name", NO_LISTS)
def test_what_is_no_list_of_tensors_is_refused(name):
    a, b = two_parameters()
    what = NO_LISTS[name]([a, b])
    with refused(TypeError, "SGD.step: parameters"):
        minigen.SGD(0.5).step(what)
    if what is not None:
        with refused(TypeError, "wrt"):
            (a * b).sum().backward(what)
    with refused(TypeError, "grad: xs"):
        grad((a * b).sum(), what)
    assert a.item() == 1 and b.item() == 2


def test_parameters_in_place_of_a_learning_rate_are_named_briefly():
    with pytest.raises(
        ValueError, match=r"Adam: learning_rate(.|\n)*got: +parameters(.|\n)*step\(model.parameters\(\)\)"
    ):
        minigen.Adam([parameter(np.zeros(1000))])


def test_an_op_of_ones_own_may_return_a_list_of_gradients_only_as_a_tuple():
    class Sum2(Op):
        def forward(self, a, b):
            return a + b

        def backward(self, g, y, a, b):
            return [g, g]

    a, b = parameter([1.0]), parameter([2.0])
    with pytest.raises(minigen.GraphError, match=r"a tuple(.|\n)*got: +a list"):
        Sum2()(a, b).sum().backward()


class NoInput(Op):
    def forward(self):
        return np.zeros(1)


class OneGradient(Op):
    def forward(self, x):
        return x

    def backward(self, g, y):
        return g


class Polynomial(Op):
    def __init__(self, order):
        self.order = order

    def forward(self, x):
        return x**self.order


class KeepsInputs(Op):
    def forward(self, x):
        return x

    def __init__(self):
        self.inputs = 3


class Single(Op):
    def forward(self, x):
        return x

    def backward(self, g, y, x):
        return g.astype("float32")


@pytest.mark.parametrize(
    ("where", "call", "error"),
    [
        ("NoInput.forward: arguments", lambda x: NoInput()(x), TypeError),
        ("OneGradient.backward: arguments", lambda x: OneGradient()(x).sum().backward(), TypeError),
        ("Polynomial: self.order", lambda x: Polynomial(3)(x), minigen.GraphError),
        ("KeepsInputs: self.inputs", lambda x: KeepsInputs()(x), minigen.GraphError),
        ("Single.backward returned a wrong gradient", lambda x: Single()(x).sum().backward(), minigen.GraphError),
        ("backward: wrt", lambda x: x.sum().backward([]), ValueError),
        ("grad: the loss is no Tensor", lambda x: grad(3.0, [x]), TypeError),
        ("matmul", lambda x: x @ 2.0, TypeError),
        ("softmax", lambda x: minigen.softmax(x, axis=2), ValueError),
        ("log_softmax", lambda x: minigen.log_softmax(x, axis=-3), ValueError),
        ("concatenate", lambda x: minigen.concatenate([x, x], axis="rows"), ValueError),
        ("a comparison", lambda x: x > np.ones(7), ValueError),
        ("a comparison", lambda x: x < "a", TypeError),
        ("a list of rows", lambda x: Tensor([[1, 2], [3]]), ValueError),
        ("SGD: nesterov", lambda x: minigen.SGD(0.1, nesterov=True), ValueError),
    ],
)
def test_a_mistake_is_answered_where_it_is_made(where, call, error):
    with refused(error, where):
        call(parameter(np.ones((2, 3))))


def test_a_gradient_set_by_hand_must_have_the_shape_of_its_weight():
    w = parameter(np.ones((2, 3)))
    w.grad = np.ones(3)
    with refused(ValueError, "SGD.step: the gradient"):
        minigen.SGD(0.1).step([w])
    w.grad = Tensor(np.ones((2, 3)))
    minigen.SGD(0.5).step([w])
    assert (w.numpy() == 0.5).all()
