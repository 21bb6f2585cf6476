"""The rounds that `run.py --save FILE` measured, as one table: python benchmarks/summary.py FILE

A ratio is the median, over the rounds, of minigen's time to that of the contender in the same round. "fastest" is the
contender of PyTorch with the smallest median time. Memory is compared with PyTorch's default.
"""

import json
import pathlib
import statistics
import sys

from run import markdown, middle

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
        found = [ratio(one, fastest(one)) for name, one in models.items() if name.startswith("predict_") is chosen]
        if found:
            lines.append(f"{what}: geometric mean {statistics.geometric_mean(found):.2f} of {len(found)} models")
    return lines


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    models = read(sys.argv[1])
    one = next(iter(models.values()))
    print(f"{one['machine']}; {one['versions']}\n\n{markdown(table(models))}\n\n" + "\n".join(means(models)))


if __name__ == "__main__":
    main()
