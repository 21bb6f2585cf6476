"""A strict stand-in for CuPy that computes on the CPU, so that a machine without a GPU can test the CuPy path.

    sys.modules["cupy"] = fakecupy
    minigen.use("cupy")

This module *is* the stand-in: names it does not define are taken from NumPy and wrapped. Its arrays are wrappers, not
subclasses of numpy.ndarray, so nothing turns one into the other unseen:

- an operation that mixes a stand-in array with a NumPy array is a TypeError that names the operation;
- what CuPy 14 lacks is an AttributeError (errstate, nditer, Generator.normal, ndarray.__index__, ...);
- every copy to the "device", every copy back and every wait for the device is counted: see counting().

It is stricter than CuPy where CuPy converts silently: fancy assignment, indexing by a NumPy array, np.savez. What it
cannot show: rounding and speed of a GPU, and what CuPy leaves undefined (writing twice to one place).
"""

import contextlib
import math
import sys
import types

import numpy as np

counts = {"to_device": 0, "to_host": 0, "sync": 0}
launched = {"kernels": 0}  # about as many as CuPy would launch: one for each function that computes
calls = None  # a set, while tools/cupy_names.py listens: (name, number of positional arguments, keywords)


@contextlib.contextmanager
def counting():
    """`with counting() as moved:`; afterwards moved holds what happened inside: {"to_device": ..., "to_host": ...}."""
    before = dict(counts)
    moved = {}
    yield moved
    moved.update({kind: counts[kind] - before[kind] for kind in counts})


def note(name, args, kwargs):
    """Keep a call for tools/cupy_names.py, if it comes from a file of the package."""
    if calls is not None and "/minigen/" in sys._getframe(2).f_code.co_filename.replace("\\", "/"):
        calls.add((name, len(args), tuple(sorted(kwargs))))


# ---- what CuPy 14.2 has not got (compared with the names of NumPy 2.4)

MISSING = frozenset(
    """asmatrix block bmat busday_count busday_offset char clongdouble complex256 ctypeslib datetime64
    datetime_as_string datetime_data dtypes einsum_path emath errstate float128 frompyfunc fromregex geomspace
    getbufsize geterr geterrcall histogram_bin_edges info insert is_busday isnat longdouble ma matrix matvec memmap
    nanpercentile nanquantile ndenumerate nditer nested_iters object_ polyder polydiv polyint rec recarray setbufsize
    seterr seterrcall spacing str_ strings test timedelta64 typecodes unstack vecdot vecmat void""".split()
)
MISSING_METHODS = frozenset("ctypes getfield resize setfield setflags to_device".split())
SUBMODULES = {
    "fft": None,  # None: all of it
    "lib": {"stride_tricks"},
    "linalg": set(
        """LinAlgError cholesky cond cross det eig eigh eigvals eigvalsh inv lstsq matmul matrix_power matrix_rank
        matrix_transpose norm pinv qr slogdet solve svd tensorinv tensorsolve""".split()
    ),
    "stride_tricks": {"as_strided", "sliding_window_view"},
}
RANDOM_METHODS = frozenset(
    """beta binomial chisquare dirichlet exponential f gamma geometric hypergeometric integers logseries poisson power
    random standard_exponential standard_gamma standard_normal uniform""".split()
)
VIEWS = frozenset("as_strided broadcast_to reshape squeeze swapaxes transpose view".split())  # no kernel
SIZE_DEPENDS_ON_DATA = frozenset("nonzero flatnonzero argwhere unique extract compress".split())  # the host must wait


# ---- in and out of the wrapper


def unwrap(x, where):
    """The NumPy array inside a stand-in array, also inside lists, tuples and dicts; a bare NumPy array is refused."""
    if isinstance(x, ndarray):
        return x._array
    if isinstance(x, np.ndarray):
        raise TypeError(f"Unsupported type <class 'numpy.ndarray'>: a NumPy array met a device array in {where}")
    if isinstance(x, (list, tuple)):
        return type(x)(unwrap(item, where) for item in x)
    if isinstance(x, dict):
        return {key: unwrap(value, where) for key, value in x.items()}
    return x


def wrap(x):
    """NumPy's result as the device would return it: a reduction gives an array of shape (), not a number."""
    if isinstance(x, (np.ndarray, np.generic)):
        return Symbol(x) if tracing else ndarray(x)
    if isinstance(x, (list, tuple)):
        return type(x)(wrap(item) for item in x)
    return x


def compute(function, *args, **kwargs):
    """CuPy never warns of an overflow or a division by zero."""
    with np.errstate(all="ignore"):
        return function(*args, **kwargs)


def on_device(function, name, owner=""):
    """`function` of NumPy, for stand-in arrays only; owner: "ndarray." for a method."""

    def call(*args, **kwargs):
        note(owner + name, args, kwargs)
        out = kwargs.get("out")
        if out is not None and not isinstance(out, ndarray):
            raise TypeError(f"{name}: out must be a device array")
        if name in SIZE_DEPENDS_ON_DATA:
            counts["sync"] += 1
        if tracing and not isinstance(function, np.ufunc) and name not in ("where", "ndtr"):
            raise TypeError(f"{name} is not computed element by element: it cannot be in a fused formula")
        launched["kernels"] += not (tracing or name in VIEWS)
        result = recorded(function, unwrap(args, name), unwrap(kwargs, name))
        return wrap(result) if out is None else out

    call.__name__ = name
    return call


recordings = []  # the one that is being recorded, of CUDA graphs: see Graph


def refuse_in_recording(what):
    """CuPy's error for what needs the host while a stream is recorded."""
    if recordings:
        raise RuntimeError(f"the current stream is capturing, so {what} are disallowed")


def recorded(function, args, kwargs=None):
    """function(*args, **kwargs); in a recording it is also kept, to be repeated."""
    kwargs = kwargs or {}
    if not recordings:
        return compute(function, *args, **kwargs)
    if getattr(function, "__name__", "") in ("matmul", "__matmul__", "__rmatmul__", "dot", "einsum"):
        raise NotImplementedError("calling cuBLAS API during stream capture is currently unsupported")
    return recordings[0].keep(function, args, kwargs)


class ndarray:
    """cupy.ndarray: an array that only this module's functions may touch."""

    __slots__ = ("_array", "__weakref__")
    __array_priority__ = 100
    __hash__ = None

    def __init__(self, array):
        object.__setattr__(self, "_array", np.asarray(array))

    # the doors to the host, all counted

    def get(self):
        refuse_in_recording("D2H transfers")
        counts["to_host"] += 1
        return self._array.copy()

    def set(self, array):
        refuse_in_recording("H2D transfers")
        counts["to_device"] += 1
        self._array[...] = array

    def tolist(self):
        return self.get().tolist()

    def item(self, *args):
        refuse_in_recording("synchronous API calls")
        counts["sync"] += 1
        return self._array.item(*args)

    def __float__(self):
        return float(self.item())

    def __int__(self):
        return int(self.item())

    def __complex__(self):
        return complex(self.item())

    def __bool__(self):
        refuse_in_recording("synchronous API calls")
        counts["sync"] += 1
        return bool(self._array)

    def __repr__(self):
        return f"fakecupy.{self.get()!r}"

    def __format__(self, spec):
        return format(self.get(), spec)

    def __array__(self, dtype=None, copy=None):
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. "
            "Please use `.get()` to construct a NumPy array explicitly."
        )

    # NumPy's protocols: np.exp(stand-in) gives a stand-in, as with CuPy

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if ufunc.__name__ in MISSING:
            return NotImplemented
        if "out" in kwargs:
            kwargs["out"] = kwargs["out"][0]
        return on_device(getattr(ufunc, method), ufunc.__name__)(*inputs, **kwargs)

    def __array_function__(self, func, types, args, kwargs):
        if func.__name__ in MISSING:
            return NotImplemented
        return on_device(func, func.__name__)(*args, **kwargs)

    # containers

    def __len__(self):
        return len(self._array)

    def __iter__(self):
        return (ndarray(row) for row in self._array)

    def __getitem__(self, key):
        for part in key if isinstance(key, tuple) else (key,):
            if isinstance(part, ndarray) and part.dtype == bool:
                counts["sync"] += 1  # how many are True decides the shape
        return ndarray(recorded(np.ndarray.__getitem__, (self._array, unwrap(key, "indexing"))))

    def __setitem__(self, key, value):
        recorded(np.ndarray.__setitem__, (self._array, unwrap(key, "indexing"), unwrap(value, "assignment")))

    # attributes and methods are NumPy's

    def copy(self):
        return ndarray(recorded(np.ndarray.copy, (self._array,)))

    def __deepcopy__(self, memo):
        return ndarray(self._array.copy())

    def astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
        note("ndarray.astype", (dtype,), {} if copy else {"copy": copy})
        if not copy and self.dtype == dtype:
            return self
        return wrap(recorded(np.ndarray.astype, (self._array, dtype, order, casting)))

    def __setattr__(self, name, value):
        if name != "shape":
            raise AttributeError(f"attribute {name!r} of 'cupy.ndarray' cannot be set")
        self._array.shape = value

    def __getattr__(self, name):
        # A dunder would open a back door: np.asarray reads __array_interface__.
        if name.startswith("__") or name in MISSING_METHODS:
            raise AttributeError(f"'cupy.ndarray' object has no attribute {name!r}")
        found = getattr(self._array, name)
        if callable(found):
            return on_device(found, name, "ndarray.")
        note(f"ndarray.{name}", (), {})
        return wrap(found)


def binary_operator(name):
    """ndarray.__add__ and its kin: numbers and stand-in arrays are taken, NumPy arrays refused, others may answer."""

    def operator(self, other):
        note(f"ndarray.{name}", (other,), {})
        launched["kernels"] += not tracing
        if not isinstance(other, (ndarray, np.ndarray, np.generic, bool, int, float, complex)):
            return NotImplemented
        result = recorded(getattr(type(self._array), name), (self._array, unwrap(other, name)))
        if result is NotImplemented:
            return NotImplemented
        return self if name in IN_PLACE else wrap(result)

    operator.__name__ = name
    return operator


def unary_operator(name):
    def operator(self):
        note(f"ndarray.{name}", (), {})
        launched["kernels"] += not tracing
        return wrap(recorded(getattr(type(self._array), name), (self._array,)))

    operator.__name__ = name
    return operator


ARITHMETIC = "add sub mul truediv floordiv mod pow matmul lshift rshift and or xor".split()
IN_PLACE = {f"__i{name}__" for name in ARITHMETIC if name != "matmul"}  # CuPy has no __imatmul__
COMPARISONS = {f"__{name}__" for name in "lt le eq ne gt ge".split()}
for name in {f"__{side}{name}__" for name in ARITHMETIC for side in ("", "r")} | IN_PLACE | COMPARISONS:
    setattr(ndarray, name, binary_operator(name))
for name in ("__neg__", "__pos__", "__abs__", "__invert__"):
    setattr(ndarray, name, unary_operator(name))
del name


# ---- functions that CuPy defines otherwise than NumPy


def array(x, dtype=None, copy=True, **options):
    """From the host (counted) or from the device: always a new array."""
    if isinstance(x, np.ndarray):
        refuse_in_recording("H2D transfers")
        counts["to_device"] += 1
        return ndarray(np.array(x, dtype=dtype))
    if not isinstance(x, ndarray):  # a number, which CuPy moves too
        refuse_in_recording("H2D transfers")
    return ndarray(recorded(np.array, (unwrap(x, "array"), dtype)))


def asarray(x, dtype=None, **options):
    """As array(), but a device array of the right dtype is returned as it is."""
    if isinstance(x, ndarray) and (dtype is None or x.dtype == dtype):
        return x
    return array(x, dtype)


def asnumpy(x):
    """The way back."""
    return x.get() if isinstance(x, ndarray) else np.asarray(x)


def get_array_module(*args):
    """This module if any argument is a stand-in array, else numpy."""
    return sys.modules[__name__] if any(isinstance(x, ndarray) for x in args) else np


class Symbol(ndarray):
    """An array inside a fused formula, of which CuPy knows the type and the number of axes."""

    def __getattr__(self, name):
        if name not in ("dtype", "ndim"):
            raise AttributeError(f"an array in a fused formula has no {name!r}")
        return super().__getattr__(name)

    def refused(self, *args):
        raise TypeError("a fused formula has no indices and no truth values")

    __getitem__ = __setitem__ = __len__ = __iter__ = __bool__ = __float__ = refused


tracing = []  # one entry while a formula is called with symbols


def fuse(formula):
    """cupy.fuse: the formula as one kernel. Numbers are of no type of their own, but what is computed from them is."""

    def kernel(*args):
        if tracing:
            return formula(*args)
        launched["kernels"] += 1
        tracing.append(formula)
        try:
            y = formula(*[Symbol(a._array) if isinstance(a, ndarray) else a for a in args])
        finally:
            tracing.clear()
        return None if y is None else ndarray(y._array)

    return kernel


def is_available():
    return cuda.is_available()


# ---- submodules


class Generator:
    """cupy.random.Generator: a few distributions, no normal, permutation, shuffle or choice, no bit_generator."""

    def __init__(self, seed=None):
        self._generator = np.random.default_rng(seed)

    def __getattr__(self, name):
        if name not in RANDOM_METHODS:
            raise AttributeError(f"'Generator' object has no attribute {name!r}")
        return on_device(getattr(self._generator, name), name)


class CUDARuntimeError(RuntimeError):
    """What CuPy raises when there is no driver or no device."""


def device_count():
    if not cuda.is_available():
        raise CUDARuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected")
    return 1


def device_is_there():
    return True


class Device:
    """cupy.cuda.Device(): there is nothing to wait for."""

    def synchronize(self):
        counts["sync"] += 1


def get_default_memory_pool():
    return types.SimpleNamespace(total_bytes=lambda: 0)


class Graph:
    """cupy.cuda.Graph: calls with their arrays, repeated by launch() into the arrays that they gave.

    In a recording the device computes nothing: the calls give arrays of the right shapes here too, and what they wrote
    into is as before when the recording ends. Memory that CuPy would use twice is not played.
    """

    def __init__(self):
        self.calls, self.before = [], {}

    def keep(self, function, args, kwargs):
        written = [a for a in (*args[:1], kwargs.get("out")) if isinstance(a, np.ndarray)]
        for a in written:
            owner = a
            while isinstance(owner.base, np.ndarray):
                owner = owner.base
            self.before.setdefault(id(owner), (owner, owner.copy()))
        result = compute(function, *args, **kwargs)
        inputs = [a for a in args if isinstance(a, np.ndarray)]
        is_array = isinstance(result, (np.ndarray, np.generic))
        if getattr(function, "__name__", "") in ("empty", "empty_like"):  # nothing is computed
            return result
        if not is_array or not any(np.may_share_memory(result, a) for a in inputs):  # otherwise a view, or in place
            result = np.asarray(result) if is_array else result
            self.calls.append((result if is_array else None, function, args, kwargs))
        elif getattr(function, "__name__", "") in IN_PLACE or kwargs.get("out") is not None:
            self.calls.append((None, function, args, kwargs))
        return result

    def end(self):
        for owner, numbers in self.before.values():
            owner[...] = numbers

    def launch(self):
        launched["kernels"] += 1
        for result, function, args, kwargs in self.calls:
            y = compute(function, *args, **kwargs)
            if result is not None:
                result[...] = y


class Stream:
    """cupy.cuda.Stream, as far as it can be recorded."""

    def __init__(self, non_blocking=False):
        self.non_blocking = non_blocking

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def begin_capture(self, mode=None):
        if not self.non_blocking:
            raise RuntimeError("cannot capture on the default (legacy) stream")
        recordings.append(Graph())

    def end_capture(self):
        graph = recordings.pop()
        graph.end()
        return graph


class MemoryPool:
    def malloc(self, size):
        raise NotImplementedError  # NumPy allocates


def contraction(alpha, a, of_a, b, of_b, beta, c, of_c):
    """cupyx.cutensor.contraction, for arrays without steps of 0 bytes."""
    if beta != 0 or any(0 in x.strides for x in (a, b, c)):
        raise ValueError("cutensor")
    arrays = [unwrap(x, "contraction") for x in (a, b)]

    def contract(c, a, b):
        c[...] = alpha * np.einsum(f"{of_a},{of_b}->{of_c}", a, b, optimize=True)

    launched["kernels"] += 1
    recorded(contract, (c._array, *arrays))
    return c


cutensor = types.SimpleNamespace(contraction=contraction)  # from cupyx import cutensor
random = types.SimpleNamespace(Generator=Generator, default_rng=Generator)
cuda = types.SimpleNamespace(
    Device=Device,
    Stream=Stream,
    MemoryPool=MemoryPool,
    using_allocator=lambda malloc: contextlib.nullcontext(),
    is_available=device_is_there,  # tests replace it to play a machine without a GPU
    runtime=types.SimpleNamespace(getDeviceCount=device_count, CUDARuntimeError=CUDARuntimeError),
)


def share_below(x):
    """Φ(x) of each number, as the function of cupyx in the precision of x."""
    below = [math.erfc(-float(u) / math.sqrt(2)) / 2 for u in x.ravel()]
    return np.array(below, x.dtype).reshape(x.shape)


special = types.SimpleNamespace(ndtr=on_device(share_below, "ndtr"))
MODULES = {"cupy": sys.modules[__name__], "cupyx": sys.modules[__name__], "cupyx.scipy.special": special}  # by import


class UFunc:
    """xp.add(...), and xp.add.at(...), xp.add.reduce(...)."""

    METHODS = ("accumulate", "at", "outer", "reduce", "reduceat")

    def __init__(self, ufunc):
        self._ufunc = ufunc
        self.__name__ = ufunc.__name__

    def __call__(self, *args, **kwargs):
        return on_device(self._ufunc, self.__name__)(*args, **kwargs)

    def __getattr__(self, name):
        if name not in self.METHODS:
            raise AttributeError(f"'cupy.ufunc' object has no attribute {name!r}")
        return on_device(getattr(self._ufunc, name), f"{self.__name__}.{name}")


class Submodule:
    """cupy.linalg, cupy.lib.stride_tricks, ...: the part of NumPy's module that CuPy has."""

    def __init__(self, module, name):
        self._module, self._name = module, name

    def __getattr__(self, name):
        allowed = SUBMODULES[self._name]
        if name.startswith("_") or (allowed is not None and name not in allowed):
            raise AttributeError(f"module 'cupy.{self._name}' has no attribute {name!r}")
        return translated(getattr(self._module, name), name)


def translated(found, name):
    """NumPy's function, ufunc or submodule, made to work on the device only; types and constants as they are."""
    if isinstance(found, types.ModuleType):
        return Submodule(found, name)
    if isinstance(found, np.ufunc):
        return UFunc(found)
    if isinstance(found, type) or not callable(found):
        return found
    return on_device(found, name)


def __getattr__(name):
    """xp.exp, xp.float32, xp.linalg, ...: whatever this module does not define itself."""
    found = None if name.startswith("__") or name in MISSING else getattr(np, name, None)
    is_module = isinstance(found, types.ModuleType)
    if (found is None and name != "newaxis") or (is_module and name not in SUBMODULES):
        raise AttributeError(f"module 'cupy' has no attribute {name!r}")
    return translated(found, name)
