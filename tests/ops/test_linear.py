"""Matrix products: values, empty ones, and what does not fit."""

import numpy as np
import pytest
from helpers.op_table import OPS, draws
from helpers.parameters import parameter, parameter64, tensors
from helpers.refusals import refused

import minigen
from minigen import grad, ops

FORMULAS = {
    "matmul": lambda a, b: np.einsum("ij,jk->ik", a, b),
    "matmul_batched": lambda a, b: np.einsum("nij,njk->nik", a, b),
    "matmul_broadcast": lambda a, b: np.einsum("mij,njk->mnik", a[:, 0], b),
    "matmul_stack_by_matrix": lambda a, b: np.einsum("nij,jk->nik", a, b),
    "matmul_matrix_by_stack": lambda a, b: np.einsum("ij,njk->nik", a, b),
    "matmul_stack_by_vector": lambda a, b: np.einsum("nij,j->ni", a, b),
    "matmul_vectors": lambda a, b: np.sum(a * b),
    "matmul_vector_stack": lambda a, b: np.einsum("j,njk->nk", a, b),
    "matmul_matrix_vector": lambda a, b: np.einsum("ij,j->i", a, b),
    "dense": lambda x, w, b: np.einsum("ni,io->no", x, w) + b,
    "dense_1d": lambda x, w, b: np.einsum("i,io->o", x, w) + b,
    "dense_3d": lambda x, w, b: np.einsum("tni,io->tno", x, w) + b,
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


# ---- what does not fit


def test_matmul_names_the_sizes_that_differ():
    with pytest.raises(ValueError, match=r"inner sizes differ(.|\n)*\(3, 4\)(.|\n)*\(3, 2\)"):
        ops.matmul(parameter(np.ones((3, 4))), parameter(np.ones((3, 2))))


@pytest.mark.parametrize(
    ("where", "call", "error"),
    [
        ("matmul", lambda x: x @ 2.0, TypeError),
    ],
)
def test_a_number_is_no_matrix(where, call, error):
    with refused(error, where):
        call(parameter64(np.ones((2, 3))))


# ---- empty ones


@pytest.mark.parametrize(
    "a, b", [((4, 2, 0), (0, 3)), ((3, 2, 3, 0), (0,)), ((0,), (0,)), ((0,), (0, 2)), ((2, 0), (0, 3))]
)
def test_products_with_an_inner_size_of_zero_are_zeros(a, b):
    x, y = parameter64(np.ones(a)), parameter64(np.ones(b))
    z = x @ y
    assert np.array_equal(z.numpy(), np.ones(a) @ np.ones(b))
    gx, gy = grad(z.sum(), [x, y])
    assert gx.shape == a and gy.shape == b
