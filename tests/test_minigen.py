"""The package: its files import only what stands below them, and importing it loads NumPy only."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

# From the bottom up: a file may import only what stands before it.
LAYERS = (
    "command types errors console tables arguments checks configured streams progress elsewhere "
    "cores parallel storage.checks storage.files "
    "backend arithmetic plot kernels autograd arrays ops tensor "
    "gradcheck inspection initializers optimizers losses metrics "
    "storage.npz storage.older_files storage.safetensors storage.hdf5 storage.hdf5_child interchange layers callbacks "
    "training model datasets models museum explorer recipes coursework tutorials cli"
).split()


def rank(name):
    """Place in LAYERS, or None for the package's own __init__ and __main__."""
    for i, layer in enumerate(LAYERS):
        if name == layer or name.startswith(layer + "."):
            return i
    return None


def test_every_file_has_its_place():
    files = [
        ".".join(path.relative_to(ROOT / "minigen").with_suffix("").parts) for path in (ROOT / "minigen").rglob("*.py")
    ]
    assert {name for name in files if rank(name) is None} == {"__init__", "__main__", "storage.__init__"}
    assert {rank(name) for name in files} - {None} == set(range(len(LAYERS)))


def imported(path, node):
    """The minigen modules that one `from ... import ...` names, as dotted names below the package."""
    package = path.relative_to(ROOT / "minigen").parts[:-1]
    base = list(package[: len(package) - node.level + 1]) + (node.module.split(".") if node.module else [])
    return [".".join([*base, a.name]) for a in node.names] if not node.module else [".".join(base)]


def test_imports_only_point_down():
    for path in (ROOT / "minigen").rglob("*.py"):
        name = ".".join(path.relative_to(ROOT / "minigen").with_suffix("").parts)
        here = rank(name)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if name == "types":  # it names Tensor for the type checker only
            tree.body = [
                node
                for node in tree.body
                if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
            ]
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level and here is not None:
                for target in imported(path, node):
                    if (name, target) == ("parallel.job", "backend"):  # in init(): backend draws with parallel.share
                        continue
                    there = rank(target)
                    assert there is None or there <= here, f"{name} imports {target}, which stands above it"


def test_importing_minigen_needs_numpy_only():
    code = "import sys, minigen; print(*(m for m in ('matplotlib', 'tqdm', 'pooch', 'cupy') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_star_import_keeps_pythons_own_functions():
    names = {}
    exec("from minigen import *", names)
    assert not {"sum", "max", "min", "abs"} & set(names)
    assert {"Input", "Dense", "Model", "Tensor", "losses", "exp"} <= set(names)


def test_what_is_imported_on_use_is_there_and_is_listed():
    code = """
import sys, minigen
print(*(name for name in minigen.IMPORTED_ON_USE if f"minigen.{name}" in sys.modules))
print(*(name for name in minigen.IMPORTED_ON_USE if name not in dir(minigen)))
print(minigen.models.VAE.__name__, minigen.datasets.mnist.__name__, minigen.museum.vae.__name__)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", "", "VAE minigen.datasets.mnist minigen.museum.vae"]
