"""Which names of CuPy minigen uses, and whether the installed CuPy has them with these arguments. No GPU is needed.

    python tools/cupy_names.py                              the table
    python tools/cupy_names.py benchmarks/cupy-names.txt    the same into a file
    python tools/cupy_names.py --source                     without running tests

Two lists are joined: the names that stand in the source as backend.xp.NAME, xp.NAME or cupy.NAME, and the calls that
the stand-in for CuPy records while the suite's tests run on it, methods and operators of arrays among them. A call is
held against the signature of the function, that in the first line of its docstring where it is compiled, or the number
of operands of a ufunc. "no signature" means that the name exists and nothing is known of its arguments.

The exit code is 1 if a name is missing or an argument is refused.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TESTS = "autograd callbacks kernels layers losses metrics model models ops optimizers training test_backend.py".split()
ON_OBJECTS: set[Any] = {  # methods of streams, graphs and pools, which no list finds
    ("cuda.Stream.begin_capture", -1, ()), ("cuda.Stream.end_capture", -1, ()), ("cuda.Graph.launch", -1, ()),
    ("cuda.MemoryPool.malloc", -1, ()), ("cuda.Device.synchronize", -1, ()), ("ndarray.set", -1, ()),
    ("cuda.Device.use", -1, ()), ("cupyx.distributed.NCCLBackend.all_reduce", 3, ()),
}  # fmt: skip
Call = tuple[str, int, tuple[str, ...]]  # name, positional arguments, keywords; -1 arguments: named, not called
UFUNC_KEYWORDS = {"out", "dtype", "casting"}
PLACES = {"as_strided": "lib.stride_tricks.as_strided", "ndtr": "cupyx.scipy.special.ndtr"}  # not in the first module


# ---- what minigen uses


def in_source(folder: Path = ROOT / "minigen") -> set[Call]:
    """The names and calls that stand in the source."""
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*.py")]
    return {call for text in texts if re.search(r"\bxp\b|\bcupyx?\b", text) for call in in_file(text)}


def in_file(text: str) -> Iterator[Call]:
    """Those of one file."""
    tree = ast.parse(text)
    called = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cupyx."):
            yield from ((f"{node.module}.{alias.name}", -1, ()) for alias in node.names)
        if not isinstance(node, ast.Attribute) or id(node) in inner:
            continue
        name = name_in_cupy(node)
        call = called.get(id(node))
        if name and call:
            yield name, len(call.args), tuple(sorted(k.arg for k in call.keywords if k.arg))
        elif name:
            yield name, -1, ()


def name_in_cupy(node: ast.expr) -> str:
    """ "lib.stride_tricks.as_strided" for backend.xp.lib.stride_tricks.as_strided; "" for what is not of CuPy."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "")
    path = ".".join(reversed(parts))
    found = re.match(r"(?:backend\.xp|xp|cupy|cp)\.(.+)", path)
    return found[1] if found else ""


def in_tests() -> set[Call]:
    """The calls that the stand-in sees while the suite runs on it."""
    import pytest

    sys.path.insert(0, str(ROOT / "tests"))
    from helpers import fakecupy

    fakecupy.calls = set()
    options = ["-q", "-k", "stand-in", "-p", "no:xdist", "-p", "no:cacheprovider", "--no-header", "--no-summary"]
    pytest.main([*options, *(str(ROOT / "tests" / name) for name in TESTS)])
    return {(PLACES.get(name, name), n, keywords) for name, n, keywords in fakecupy.calls}


# ---- what CuPy has


def find(cupy: Any, name: str) -> Any:
    """The object of this name; AttributeError or ImportError if there is none."""
    if name.startswith("cupyx."):
        return pkgutil.resolve_name(name)
    found = cupy
    for part in name.split("."):
        found = getattr(found, part)
    return found


def verdict(cupy: Any, call: Call) -> str:
    """ "ok", "no signature", or what is wrong."""
    name, given, keywords = call
    try:
        found = find(cupy, name)
    except (AttributeError, ImportError) as error:
        return f"MISSING: {error}"
    if given < 0 or not callable(found) or isinstance(found, type) or name.endswith("__"):  # an operator
        return "ok"
    if isinstance(found, cupy.ufunc):
        fits = found.nin <= given <= found.nargs and set(keywords) <= UFUNC_KEYWORDS
        return "ok" if fits else f"REFUSED: a ufunc of {found.nin} operands with {sorted(UFUNC_KEYWORDS)}"
    signature = signature_of(found)
    if signature is None:
        return "no signature"
    is_method = name.startswith("ndarray.") or name.split(".")[-1] == "at"
    try:
        signature.bind(*[None] * (given + is_method), **dict.fromkeys(keywords))
    except TypeError as error:
        return f"REFUSED: {error}, of {signature}"
    return "ok"


def signature_of(function: Any) -> inspect.Signature | None:
    """The signature, for compiled functions from the first line of the docstring; None if neither is there."""
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        line = (function.__doc__ or "").partition("\n")[0]
    inside = re.search(r"\((.*)\)", line)
    if inside is None:
        return None
    arguments = re.sub(r"(?<=[(, ])(?:\w+ )+(?=\w)", "", f"({inside[1]})")  # "Py_ssize_t axis=0" -> "axis=0"
    try:
        return inspect.signature(eval(f"lambda {arguments[1:-1]}: 0"))
    except SyntaxError:
        return None


# ---- the table


def written(call: Call) -> str:
    """A call as text: exp(1, out=)."""
    name, given, keywords = call
    return name if given < 0 else f"{name}({', '.join([*map(str, range(1, given + 1)), *(f'{k}=' for k in keywords)])})"


def table(cupy: Any, calls: set[Call]) -> list[str]:
    """A line for each call, with its verdict."""
    rows = sorted((written(call), verdict(cupy, call)) for call in calls)
    width = max(len(row[0]) for row in rows)
    return [f"{name:<{width}}  {found}" for name, found in rows]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", help="where the table goes; without it, to the screen")
    parser.add_argument("--source", action="store_true", help="only the names in the source, without running tests")
    args = parser.parse_args()
    calls = in_source() | ON_OBJECTS | (set() if args.source else in_tests())
    import cupy

    lines = table(cupy, calls)
    wrong = [line for line in lines if "MISSING" in line or "REFUSED" in line]
    unknown = sum("no signature" in line for line in lines)
    names = len({name for name, _, _ in calls})
    head = f"CuPy {cupy.__version__}: {names} names in {len(lines)} kinds of calls, {len(wrong)} wrong, "
    text = "\n".join([f"{head}{unknown} without a known signature", "", *lines]) + "\n"
    if args.file:
        Path(args.file).write_text(text, encoding="utf-8")
    print(text if not args.file else text.partition("\n")[0], *(wrong if args.file else []), sep="\n")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
