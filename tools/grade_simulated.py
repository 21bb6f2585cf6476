"""Grade simulated submissions, and compare the marks with those that are expected.

    python tools/grade_simulated.py                        100 submissions of each exercise, in the sandbox
    python tools/grade_simulated.py --only 1 12 --submissions 10
    python tools/grade_simulated.py --through gradescope --submissions 5
    python tools/grade_simulated.py --through nbgrader     (pip install -e ".[coursework]"), or otter

A fifth of the submissions are the solution, a tenth the empty exercise, the others the typical wrong answers in turn.
Each is changed at random in ways that must not matter: other names of local variables, comments, another layout,
output, statements without use, a block for __main__. The table has, for each exercise, the submissions, how many got
other marks than expected, how many of the wrong ones were not told their kind of mistake, and the seconds for one.
"""

import argparse
import ast
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from minigen.coursework import Sandbox, all_exercises, get, grade
from minigen.coursework.diagnosis import KINDS
from minigen.coursework.folders import write_exercise

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # the helper that fills in a notebook

# ---- submissions


class Renamed(ast.NodeTransformer):
    """Local variables of a function get new names."""

    def visit_FunctionDef(self, node):
        inner = list(itertools.chain.from_iterable(ast.walk(statement) for statement in node.body))
        stored = {n.id for n in inner if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        new = {name: f"my_{name}" for name in stored - {a.arg for a in node.args.args}}
        for n in inner:
            if isinstance(n, ast.Name) and n.id in new:
                n.id = new[n.id]
        return node


def changed(source, rng):
    """The same program in other words."""
    head, _, rest = source.partition("\n")
    tree = ast.parse(rest)
    if rng.random() < 0.5:
        for node in [n for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))]:
            Renamed().visit(node)
    if rng.random() < 0.3:
        tree.body += ast.parse(f"unused = {rng.randrange(100)}\nprint('done')").body
    if rng.random() < 0.3:
        tree.body += ast.parse("if __name__ == '__main__':\n    raise SystemExit('my own test')").body
    lines = []
    for line in ast.unparse(ast.fix_missing_locations(tree)).splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        lines += [f"{indent}# {rng.choice(['my answer', 'see the text', 'TODO: tidy up'])}"] * (rng.random() < 0.2)
        lines.append(line)
    kept = rest.splitlines() if rng.random() < 0.2 else lines  # a part as it was written, with blank lines and comments
    return "\n".join([head, *kept]) + "\n"


def submissions(exercise, n, rng):
    """n times (what it is, source, the marks that are expected, the kind of mistake or None)."""
    answers = itertools.cycle(exercise.wrong)
    for i in range(n):
        if i % 10 < 2:
            yield "solution", changed(exercise.solved, rng), exercise.marks, None
        elif i % 10 == 2:
            yield "hole", changed(exercise.student, rng), 0, None
        else:
            wrong = next(answers)
            yield wrong.kind, changed(exercise.answer(wrong), rng), wrong.marks, wrong.kind


# ---- ways to grade: functions (exercise, sources) -> one (marks, messages) for each


def in_sandbox(exercise, sources):
    with Sandbox() as run:
        for source in sources:
            marks = grade(exercise, source, run)
            yield marks.score, [mark.message for mark in marks.marks]


def check_released(notebook, exercise):
    """AssertionError if what students get of a service has a hidden test, or a cell of the solution."""
    cells = ["".join(cell["source"]) for cell in json.loads(notebook)["cells"]]
    text = "\n".join(cells)
    assert not any(f'"{t.name}"' in text or f"def {t.name}(" in text for t in exercise.tests if not t.public)
    assert "raise NotImplementedError" in text and "BEGIN SOLUTION" not in text


def through_gradescope(exercise, sources):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chmod(folder, 0o755)
        made = write_exercise(folder / "made", exercise)
        (folder / "submission").mkdir()
        environment = {**os.environ, "AUTOGRADER_ROOT": name, "PYTHONPATH": str(ROOT)}
        for source in sources:
            (folder / "submission" / "exercise.py").write_text(source, encoding="utf-8")
            subprocess.run(["bash", made / "gradescope" / "run_autograder"], check=True, env=environment)
            found = json.loads((folder / "results" / "results.json").read_text(encoding="utf-8"))
            yield found["score"], [test["output"] for test in found["tests"]]


def through_nbgrader(exercise, sources):
    from helpers.coursework import filled
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    with tempfile.TemporaryDirectory() as name:
        folder, notebook = Path(name), f"{exercise.slug}.ipynb"
        made = write_exercise(folder / "made", exercise)
        (folder / "source" / "ps").mkdir(parents=True)
        os.replace(made / "nbgrader" / notebook, folder / "source" / "ps" / notebook)
        config = Config()
        config.CourseDirectory.root = name
        api = NbGraderAPI(config=config)
        done = api.generate_assignment("ps")
        assert done["success"], done["log"]
        check_released((folder / "release" / "ps" / notebook).read_text(encoding="utf-8"), exercise)
        for i, source in enumerate(sources):
            path = folder / "submitted" / f"student{i}" / "ps" / notebook
            path.parent.mkdir(parents=True)
            path.write_text(filled(folder / "release" / "ps" / notebook, exercise, source), encoding="utf-8")
            done = api.autograde("ps", f"student{i}")
            assert done["success"], done["log"]
            with api.gradebook as book:
                (found,) = book.find_submission("ps", f"student{i}").notebooks
                yield (
                    found.score,
                    [(folder / "autograded" / f"student{i}" / "ps" / notebook).read_text(encoding="utf-8")],
                )


def through_otter(exercise, sources):
    from helpers.coursework import filled
    from otter.api import grade_submission
    from otter.assign import main as assign

    with tempfile.TemporaryDirectory() as name:
        folder, notebook = Path(name), f"{exercise.slug}.ipynb"
        made = write_exercise(folder / "made", exercise)
        assign(str(made / "otter" / notebook), str(folder / "out"), no_run_tests=True)
        check_released((folder / "out" / "student" / notebook).read_text(encoding="utf-8"), exercise)
        (autograder,) = (folder / "out" / "autograder").glob("*.zip")
        for source in sources:
            text = filled(folder / "out" / "student" / notebook, exercise, source)
            (folder / notebook).write_text(text, encoding="utf-8")
            found = grade_submission(str(folder / notebook), str(autograder), quiet=True)
            yield found.total, [found.summary()]


WAYS = {"sandbox": in_sandbox, "gradescope": through_gradescope, "nbgrader": through_nbgrader, "otter": through_otter}

# ---- the table


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=int, nargs="+", help="numbers of exercises")
    parser.add_argument("--submissions", type=int, default=100, help="of each exercise")
    parser.add_argument("--through", choices=WAYS, default="sandbox")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    programs = str(Path(sys.executable).parent)  # nbgrader starts alembic by its name
    os.environ["PATH"] = os.pathsep.join([programs, os.environ["PATH"]])
    print(f"{'exercise':26}{'submissions':>12}{'other marks':>12}{'not told':>10}{'seconds each':>14}", flush=True)
    total = [0, 0, 0]
    for number in args.only or all_exercises():
        exercise, rng = get(number), random.Random(args.seed)
        given = list(submissions(exercise, args.submissions, rng))
        start, other, untold = time.perf_counter(), 0, 0
        found = WAYS[args.through](exercise, [source for _, source, _, _ in given])
        for (what, source, marks, kind), (got, messages) in zip(given, found, strict=True):
            if got != marks:
                other += 1
                print(f"{exercise.slug}, {what}: {got}, expected {marks}\n{source}", file=sys.stderr)
            untold += kind is not None and not any(KINDS[kind] in message for message in messages)
        seconds = (time.perf_counter() - start) / len(given)
        print(f"{exercise.slug:26}{len(given):12}{other:12}{untold:10}{seconds:14.2f}", flush=True)
        total = [a + b for a, b in zip(total, (len(given), other, untold), strict=True)]
    print(f"{'all':26}{total[0]:12}{total[1]:12}{total[2]:10}")
    return int(any(total[1:]))


if __name__ == "__main__":
    sys.exit(main())
