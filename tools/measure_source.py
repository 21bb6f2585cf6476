"""Statistics of the source code: python tools/measure_source.py [FOLDER_OF_A_CHECKOUT]

lines     code lines of each folder: without blank lines, comments and docstrings
files     Python files in it
checks    the share of these lines that only refuse bad input: `if ...: raise` with its body, handlers that end in a
          raise, and functions whose name begins with check, expect or refuse; files named checks.py do not count
raise     the number of raise statements, again without checks.py
Any       the share of the annotations of arguments and results that contain Any
README    its length
a step    functions and files of minigen that a step of training executes, the depth and the number of its calls;
          comprehensions do not count
"""

from __future__ import annotations

import argparse
import ast
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

STEP = """
import sys
import numpy as np
from minigen import Dense, Input, Sequential, Tensor, models


def walk(run):
    functions, files, depth, deepest, calls = set(), set(), 0, 0, 0

    def note(frame, event, arg):
        nonlocal depth, deepest, calls
        code = frame.f_code
        if "minigen" not in code.co_filename or code.co_name.startswith("<"):
            return
        if event == "call":
            depth, calls = depth + 1, calls + 1
            deepest = max(deepest, depth)
            functions.add((code.co_filename, code.co_firstlineno))
            files.add(code.co_filename)
        elif event == "return":
            depth -= 1

    sys.setprofile(note)
    run()
    sys.setprofile(None)
    print(len(functions), len(files), deepest, calls)


model = Sequential([Input(shape=(20,)), Dense(16, "tanh"), Dense(1)])
model.compile("adam", "mse")
x, y = np.ones((64, 20), "float32"), np.ones((64, 1), "float32")
model.fit(x, y, batch_size=32, verbose=0)
walk(lambda: model.fit(x[:32], y[:32], batch_size=32, verbose=0))
tensors = Tensor(x[:32]), Tensor(y[:32])
walk(lambda: model.train_step(*tensors))
gan = models.gan()
gan.compile()
images = np.zeros((64, 784), "float32")
gan.train_on_batch(images)
walk(lambda: gan.train_step(Tensor(images)))
"""
STEPS = ("fit() of one step", "train_step() of it", "train_step() of models.gan()")


def code_lines(tree: ast.Module, text: str) -> set[int]:
    """The numbers of the lines with code."""
    lines = {i for i, line in enumerate(text.splitlines(), 1) if line.strip() and not line.strip().startswith("#")}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return lines


def check_lines(tree: ast.Module) -> set[int]:
    """The numbers of the lines that only refuse bad input."""
    found: set[int] = set()
    for node in ast.walk(tree):
        named = isinstance(node, ast.FunctionDef) and re.match(r"_?(check|expect|refuse)", node.name)
        raises = isinstance(node, (ast.If, ast.ExceptHandler)) and isinstance(node.body[-1], ast.Raise)
        if named or raises:
            end = node.body[-1].end_lineno if isinstance(node, ast.If) else node.end_lineno
            found |= set(range(node.lineno, end + 1))
        elif isinstance(node, ast.Raise):
            found |= set(range(node.lineno, node.end_lineno + 1))
    return found


def annotations(tree: ast.Module) -> list[str]:
    """The annotations of arguments and results."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
            found += [a.annotation for a in (*arguments, node.args.vararg, node.args.kwarg) if a is not None]
            found.append(node.returns)
    return [ast.unparse(a) for a in found if a is not None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parents[1])
    folder = parser.parse_args().folder.resolve()
    lines, checks, files, kinds, raises = Counter(), Counter(), Counter(), defaultdict(list), Counter()
    for path in sorted((folder / "minigen").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        room = str(path.parent.relative_to(folder))
        code = code_lines(tree, text)
        refusing = code & check_lines(tree)
        in_checks = path.name == "checks.py"
        lines[room] += len(code)
        files[room] += 1
        checks[room] += 0 if in_checks else len(refusing)
        raises[room] += 0 if in_checks else sum(isinstance(node, ast.Raise) for node in ast.walk(tree))
        kinds[room] += annotations(tree)
    print(f"{'folder':36}{'files':>6}{'lines':>7}{'checks':>8}{'raise':>7}{'Any':>7}")
    for room in [*lines, "total"]:
        rooms = list(lines) if room == "total" else [room]
        n, k = sum(lines[r] for r in rooms), [a for r in rooms for a in kinds[r]]
        share = sum(checks[r] for r in rooms) / max(n, 1)
        anys = sum("Any" in a for a in k) / max(len(k), 1)
        of_files, of_raises = sum(files[r] for r in rooms), sum(raises[r] for r in rooms)
        print(f"{room:36}{of_files:6}{n:7,}{share:8.0%}{of_raises:7}{anys:7.0%}")
    readme = (folder / "README.md").read_text(encoding="utf-8")
    print(f"README: {len(readme.splitlines())} lines, {len(readme.encode()) / 1000:.0f} KB")
    done = subprocess.run([sys.executable, "-c", STEP], cwd=folder, capture_output=True, text=True, check=True)
    for what, line in zip(STEPS, done.stdout.splitlines(), strict=True):
        functions, of_files, deepest, calls = line.split()
        print(f"{what}: {functions} functions in {of_files} files, {deepest} deep, {calls} calls")


if __name__ == "__main__":
    main()
