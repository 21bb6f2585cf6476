"""Fused formulas: the same numbers as on NumPy, one kernel each, and CuPy's own tracer accepts every one of them."""

import importlib
import inspect
import pkgutil

import numpy as np
import pytest
from helpers import fakecupy

import minigen
from minigen import kernels, ops, optimizers
from minigen.kernels import activation, crossentropy, formulas
from minigen.kernels.fused import fused
from minigen.optimizers import rules

NUMBERS = dict.fromkeys("rate momentum rho one_less_rho beta_1 beta_2 epsilon".split(), 0.25) | {"n": 3}
NUMBERS |= {"slope": np.float32(0.25), "rest": np.float32(0.75)}
PIECES = (activation.silu, activation.normal_cdf, activation.gelu, activation.gelu_by_tanh)


def in_modules():
    """Every fused function of the kernels and the optimizers."""
    modules = [importlib.import_module(f"minigen.kernels.{m.name}") for m in pkgutil.iter_modules(kernels.__path__)]
    found = {f for m in [*modules, rules] for f in vars(m).values() if inspect.isfunction(f)}
    return sorted(
        (
            f
            for f in found
            if f.__code__.co_filename == fused.__code__.co_filename and f is not fused and hasattr(f, "__wrapped__")
        ),
        key=lambda f: f.__name__,
    )


FORMULAS = {f.__name__: f for f in in_modules()}
FORMULAS |= {f"{p.__name__} of a piece": activation._value_of(p) for p in PIECES}
FORMULAS |= {f"gradient of {p.__name__} of a piece": activation._gradient_of(p) for p in PIECES}


def arguments(formula, make):
    """Numbers where the formula wants numbers, else what make() returns."""
    names = inspect.signature(formula).parameters
    return [NUMBERS[name] if name in NUMBERS else make() for name in names]


def test_there_are_formulas_of_every_kind():
    assert {"sigmoid", "_adam", "_adadelta", "nats_of_each", "scale_and_shift", "_scale_and_shift"} <= set(FORMULAS)
    assert len(FORMULAS) > 20


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_is_one_kernel_with_the_numbers_of_numpy(name, stand_in):
    rng = np.random.default_rng(0)
    ours = arguments(FORMULAS[name], lambda: rng.random((3, 4), dtype=np.float32))
    theirs = [stand_in.asarray(a) if isinstance(a, np.ndarray) else a for a in ours]
    y = FORMULAS[name](*ours)
    with minigen.using("cupy"):
        before = stand_in.launched["kernels"]
        on_device = FORMULAS[name](*theirs)
        assert stand_in.launched["kernels"] == before + 1
    for a, b in zip([y, *ours], [on_device, *theirs], strict=True):  # results, and arguments that were written to
        if isinstance(a, np.ndarray):
            np.testing.assert_allclose(b.get(), a, rtol=2e-6, atol=1e-7)
            assert b.dtype == a.dtype == np.float32


def traced(formula):
    """The kernel that the installed CuPy makes of a formula: no GPU is needed before it is called."""
    cupy = pytest.importorskip("cupy", reason="CuPy is not installed", exc_type=ImportError)
    from cupy._core import _fusion_thread_local as fusing
    from cupy._core.fusion import _FusionHistory

    memory = cupy.cuda.MemoryPointer(cupy.cuda.UnownedMemory(1 << 20, 4096, None, 0), 0)  # of no device
    args = arguments(formula, lambda: cupy.ndarray((3, 4), "float32", memptr=memory))
    history = fusing.thread_local.history = _FusionHistory()
    fusing.thread_local.is_old_fusing = True
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(minigen.backend, "xp", cupy)
            kernel, _ = history.get_fusion(inspect.unwrap(formula), args, "formula")
    finally:
        fusing.thread_local.history, fusing.thread_local.is_old_fusing = None, False
    assert isinstance(kernel, cupy.ElementwiseKernel)
    return kernel


def other_types(kernel):
    """The types besides float32 in which a kernel computes: constants may have any."""
    lines = [line for line in kernel.operation.split(";") if not line.strip().startswith("const")]
    return {name for name in ("double", "float16") if any(name in line for line in lines)}


@pytest.mark.parametrize("name", FORMULAS)
def test_cupy_makes_one_kernel_that_computes_in_float32(name):
    kernel = traced(FORMULAS[name])
    assert not other_types(kernel) and all(p.dtype == np.float32 for p in kernel.out_params)


def test_cupy_would_compute_with_numbers_alone_in_half_precision():
    """Why 1 - rho is an argument of the rules."""
    assert other_types(traced(lambda g, rho: g * (1 - rho))) == {"float16"}


@pytest.mark.parametrize("op", [ops.Relu, ops.Sigmoid, ops.Tanh])
def test_rules_of_activations_are_one_kernel(op, stand_in):
    x = np.linspace(-2, 2, 5, dtype=np.float32)
    ours = minigen.Tensor(x, requires_grad=True)
    op()(ours).sum().backward()
    with minigen.using("cupy"):
        on_device = minigen.Tensor(x, requires_grad=True)
        loss = op()(on_device).sum()
        before = stand_in.launched["kernels"]
        loss.backward()
        assert stand_in.launched["kernels"] <= before + 3  # of the sum, the rule, and a copy
    np.testing.assert_allclose(on_device.grad.get(), ours.grad, rtol=2e-6)


@pytest.mark.parametrize("op", [ops.Relu, ops.Sigmoid, ops.Tanh])
def test_cupy_makes_one_kernel_of_the_rules(op):
    def rule(g, y, x):
        return op.backward(None, g, y, x)

    assert not other_types(traced(rule))


def test_adam_is_one_kernel_a_weight(stand_in):
    with minigen.using("cupy"):
        w = minigen.Tensor(np.ones(5, np.float32), requires_grad=True)
        adam = optimizers.Adam()
        for _ in range(2):
            (w * w).sum().backward()
            before = stand_in.launched["kernels"]
            adam.step([w])
        assert stand_in.launched["kernels"] == before + 1


def test_what_cannot_be_fused_is_refused_by_the_stand_in(stand_in):
    x = stand_in.asarray(np.ones(3, np.float32))
    with minigen.using("cupy"):
        for wrong in (lambda x: x[0], lambda x: x.sum(), lambda x: fakecupy.concatenate([x, x]), lambda x: len(x)):
            with pytest.raises((TypeError, AttributeError)):
                fused(wrong)(x)
    assert not fakecupy.tracing


def test_tensors_are_recorded_and_a_formula_can_call_another():
    x = minigen.Tensor([1.0, -1.0], requires_grad=True)
    formulas.error(x, 1.0, 3.0).sum().backward()
    np.testing.assert_array_equal(x.grad, [3, 3])
    assert crossentropy.nats_of_each(*np.zeros((3, 2), np.float32)).shape == (2,)
