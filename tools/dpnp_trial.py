"""minigen on a second real array library: dpnp on a CPU, in the place of CuPy.

    python tools/dpnp_trial.py            trains small models of all families, and runs the tests of the stand-in
    python tools/dpnp_trial.py --train    only the models
    python tools/dpnp_trial.py --tests tests/ops tests/layers     only these tests

dpnp has NumPy's functions on arrays of another memory and refuses, as CuPy does, to mix them with NumPy's. It needs
`pip install dpnp==0.20.* intel-opencl-rt`, no GPU; OpenCL for the CPU is found by OCL_ICD_FILENAMES, which is set here.
`make dpnp` makes an environment of its own for it. The stand-in for CuPy that continuous integration uses is stricter,
but it is ours: this is a check that it has not been written to what minigen happens to do.

A module with CuPy's names is put in the place of CuPy. What dpnp lacks is written in it, each with the reason. One
test fails for another: test_views_give_what_copies_give, since MKL rounds products of views and of copies otherwise.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
FOLDERS = "autograd kernels layers losses metrics model models ops optimizers training".split()
# tests of the stand-in itself, or of what it counts: kernels, and transfers between two memories
OF_THE_STAND_IN = "fakecupy counting kernel moves read_back reads_nothing margin moved stand_in_ transfer"


def load_dpnp() -> Any:
    """The library, with OpenCL for the CPU."""
    found = sorted(Path(sys.prefix).glob("lib/libintelocl.so"))
    if found:
        os.environ.setdefault("OCL_ICD_FILENAMES", str(found[0]))
    import dpnp

    return dpnp


class Shim(types.ModuleType):
    """CuPy's names on dpnp."""

    def __init__(self, dpnp: Any) -> None:
        super().__init__("cupy")
        self.dpnp, self.ndarray, self.__version__ = dpnp, dpnp.ndarray, f"dpnp {dpnp.__version__}"
        dpnp.ndarray.get = lambda x: x.asnumpy()  # dpnp: asnumpy
        dpnp.ndarray.base = property(lambda x: x.get_array().usm_data)  # dpnp has none; views have one memory
        dpnp.ndarray.__deepcopy__ = lambda x, memo: x.copy()  # dpnp: no pickle, and so no deepcopy
        dpnp.ndarray.__matmul__ = lambda a, b: self.matmul(a, b)
        for name in "add sub mul truediv pow matmul lt le gt ge".split():
            leave_to_others(dpnp.ndarray, f"__{name}__")
        runtime = types.SimpleNamespace(getDeviceCount=lambda: 1)
        waits = types.SimpleNamespace(synchronize=lambda: None)
        self.cuda = types.SimpleNamespace(
            is_available=lambda: True, runtime=runtime, get_current_stream=lambda: waits, Device=lambda: waits
        )
        self.lib = types.SimpleNamespace(stride_tricks=types.SimpleNamespace(as_strided=self.as_strided))
        self.special = types.SimpleNamespace(ndtr=self.ndtr)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.dpnp, name)
        return Function(found, name) if name in ("add", "maximum", "minimum") else found

    # ---- NumPy and CuPy take a dtype as second argument, dpnp as a keyword only

    def empty(self, shape: Any, dtype: Any = None) -> Any:
        return self.dpnp.empty(shape, dtype=dtype)

    def zeros(self, shape: Any, dtype: Any = None) -> Any:
        return self.dpnp.zeros(shape, dtype=dtype)

    def ones(self, shape: Any, dtype: Any = None) -> Any:
        return self.dpnp.ones(shape, dtype=dtype)

    def full(self, shape: Any, value: Any, dtype: Any = None) -> Any:
        return self.dpnp.full(shape, value, dtype=dtype)

    def triu(self, x: Any, k: int = 0) -> Any:
        return self.dpnp.triu(x, k=k)

    # ---- what dpnp has not got

    def as_strided(self, x: Any, shape: Any, strides: Any) -> Any:
        """A view by the constructor of arrays, which counts from the first number of the memory of x."""
        inner = x.get_array()
        return self.dpnp.ndarray(
            shape, dtype=x.dtype, buffer=inner.usm_data, offset=inner._element_offset, strides=strides
        )

    def matmul(self, a: Any, b: Any, out: Any = None) -> Any:
        """MKL refuses a vector that is one number repeated, with a step of 0 bytes, which dpnp passes to it."""
        a, b = (x.copy() if 0 in x.strides else x for x in (a, b))
        return self.dpnp.matmul(a, b, out=out)

    def ndtr(self, x: Any) -> Any:
        """Φ(x)"""
        return (1 - self.dpnp.scipy.special.erf(x * -(0.5**0.5))) / 2

    @staticmethod
    def fuse(formula: Any) -> Any:
        """dpnp has no kernels of several steps: the formula itself."""
        return formula

    def asnumpy(self, x: Any) -> np.ndarray:
        return x.asnumpy() if isinstance(x, self.ndarray) else np.asarray(x)

    # ---- what tests ask of the stand-in

    launched = {"kernels": 0}

    @staticmethod
    @contextlib.contextmanager
    def counting() -> Any:
        yield {}


class Function:
    """A function of dpnp with what it lacks."""

    def __init__(self, function: Any, name: str) -> None:
        self.function, self.name = function, name

    def __call__(self, *args: Any, out: Any = None) -> Any:
        """dpnp.maximum and minimum cannot write into one of their arguments."""
        if out is None:
            return self.function(*args)
        out[...] = self.function(*args)
        return out

    def at(self, a: Any, key: Any, b: Any) -> None:
        """dpnp's functions have no at(): computed on the host."""
        host, on_host = a.asnumpy(), [k.asnumpy() if hasattr(k, "asnumpy") else k for k in (*as_tuple(key), b)]
        getattr(np, self.name).at(host, tuple(on_host[:-1]), on_host[-1])
        a[...] = load_dpnp().asarray(host)


def leave_to_others(array: Any, name: str) -> None:
    """dpnp raises where it does not know the class of the other operand. NumPy and CuPy leave it to that class."""
    original = getattr(array, name)

    def operator(a: Any, b: Any) -> Any:
        return original(a, b) if isinstance(b, (array, int, float, np.generic)) else NotImplemented

    setattr(array, name, operator)


def as_tuple(key: Any) -> tuple[Any, ...]:
    """An index as a tuple of indices."""
    return key if isinstance(key, tuple) else (key,)


def put_in_place() -> Shim:
    """Let `import cupy`, and the stand-in's name in the tests, give the shim."""
    shim = Shim(load_dpnp())
    sys.modules["cupy"] = sys.modules["helpers.fakecupy"] = shim
    sys.modules["cupyx.scipy.special"] = shim.special  # type: ignore[assignment]
    return shim


def train(steps: int = 5) -> None:
    """Each family on both libraries from one seed: how far apart the first gradients are, and the loss after steps."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    import gpu_parity
    from helpers import device_steps

    import minigen

    def losses(name: str, backend: str) -> list[float]:
        with minigen.using(backend):
            minigen.seed(0)
            model, batch = device_steps.prepared(name)
            for _ in range(steps):
                logs = device_steps.step(model, batch)
            return [float(minigen.to_numpy(v)) for k, v in logs.items() if k.endswith("loss")]

    print(f"{'':28s} gradients, relative   losses of step {steps}, relative")
    for name in device_steps.STEPS:
        try:
            pairs = zip(losses(name, "cupy"), losses(name, "numpy"), strict=True)
            apart = max(abs(a - b) / abs(b) for a, b in pairs)
            print(f"{name:28s} {gpu_parity.difference(name):.1e}               {apart:.1e}", flush=True)
        except Exception as error:
            print(f"{name:28s} {type(error).__name__}: {str(error).splitlines()[0][:150]}", flush=True)


def test(paths: list[str]) -> int:
    """The tests that run on the stand-in."""
    import pytest

    left_out = " and ".join(f"not {word}" for word in OF_THE_STAND_IN.split())
    options = ["-q", "-k", f"stand-in and {left_out}", "-p", "no:xdist", "-p", "no:cacheprovider", "--tb=line", "-rf"]
    return int(pytest.main([*options, "-W", "ignore", *paths]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", action="store_true", help="only train the models")
    parser.add_argument("--tests", nargs="*", metavar="PATH", help="only these tests (default: all of the stand-in)")
    args = parser.parse_args()
    shim = put_in_place()
    print(f"{shim.__version__} on {shim.dpnp.ones(1).sycl_device.name}")
    if args.tests is None:
        train()
    if args.train:
        return 0
    return test(args.tests or [str(ROOT / "tests" / name) for name in FOLDERS])


if __name__ == "__main__":
    sys.exit(main())
