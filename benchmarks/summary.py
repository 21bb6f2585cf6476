"""The rounds that `run.py --save FILE` measured, as one table: python benchmarks/summary.py [FILE] [--write]

--write puts the table into README.md in this folder, between its two marks.

A ratio is the median, over the rounds, of minigen's time to that of the contender in the same round. "fastest" is the
contender of PyTorch with the smallest median time. Memory is compared with PyTorch's default.
"""

import argparse
import json
import pathlib
import statistics

from run import markdown, middle

HERE = pathlib.Path(__file__).parent
RESULTS, README = HERE / "results.jsonl", HERE / "README.md"
MARKS = "<!-- from summary.py -->", "<!-- end -->"
UNTRAINED = ("predict_", "sample_")  # how the names of such models begin
PYTORCH = ["PyTorch", "PyTorch tuned", "PyTorch channels_last"]


def read(path):
    """The measured models, each a dictionary; of a model that was measured twice the last one."""
    lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    return {one["model"]: one for one in map(json.loads, lines)}


def ratio(one, contender):
    """minigen's time to that of a contender; None if that did not run."""
    if contender not in one["ms"]:
        return None
    return statistics.median(a / b for a, b in zip(one["ms"]["minigen"], one["ms"][contender], strict=True))


def fastest(one):
    """The contender of PyTorch that took the least time."""
    return min((c for c in PYTORCH if c in one["ms"]), key=lambda c: statistics.median(one["ms"][c]))


def table(models):
    """The rows of the table, sorted by the ratio to the fastest contender; then the geometric means."""
    rows = [["model", "ms a step", *(f"/ {c}" for c in PYTORCH), "/ fastest", "/ before", "peak MB", "MB / PyTorch"]]
    ordered = sorted(models.values(), key=lambda one: ratio(one, fastest(one)))
    for one in ordered:
        ratios = [ratio(one, c) for c in [*PYTORCH, fastest(one), "before"]]
        mb = {c: report["mb"] for c, report in one["reports"].items()}
        cells = ["" if r is None else f"{r:.2f}" for r in ratios]
        ms = middle(one["ms"]["minigen"])
        rows.append([one["model"], ms, *cells, f"{mb['minigen']:.0f}", f"{mb['minigen'] / mb['PyTorch']:.2f}"])
    return rows


def means(models):
    """The geometric mean of the ratios to the fastest contender, of training and of prediction."""
    lines = []
    for what, chosen in (("training", False), ("prediction", True)):
        found = [ratio(one, fastest(one)) for name, one in models.items() if name.startswith(UNTRAINED) is chosen]
        if found:
            lines.append(f"{what}: geometric mean {statistics.geometric_mean(found):.2f} of {len(found)} models")
    return lines


def text(path=RESULTS):
    """What is printed."""
    models = read(path)
    one, *others = models.values()
    if any(other["machine"] != one["machine"] for other in others):
        raise SystemExit(f"{path}: measured on several machines or days; a table needs one run")
    return "\n\n".join([f"{one['machine']}; {one['versions']}", markdown(table(models)), "\n".join(means(models))])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", default=RESULTS, help="the rounds (default: benchmarks/results.jsonl)")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    args = parser.parse_args()
    print(text(args.file))
    if args.write:
        page = README.read_text(encoding="utf-8")
        if any(page.count(mark) != 1 for mark in MARKS):
            raise SystemExit(f"{README}: the table stands between {' and '.join(MARKS)}, each once")
        before, after = page.split(MARKS[0])[0], page.split(MARKS[1])[1]
        new = f"{before}{MARKS[0]}\n\n{text(args.file)}\n\n{MARKS[1]}{after}"
        README.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
