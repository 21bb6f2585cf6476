"""Damage every gradient of every op in many ways and count how many gradcheck catches.

    python tools/mutate_gradients.py --seeds 20

applies every kind of damage in tests/helpers/mutants.py to the table in tests/helpers/op_table.py, and prints a line
for each kind. Damage that does not change the gradients of the row, such as in a corner where they are 0, is counted
separately.
"""

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from helpers.mutants import KINDS, ROWS, gradients_of, verdict  # noqa: E402


def run(name, seed):
    """({(kind, verdict): count}, the missed cases) of one row of the table."""
    counts, missed = Counter(), []
    for number, rule, i in gradients_of(name):
        for kind in KINDS:
            found = verdict(name, number, i, kind, seed)
            counts[kind.__name__, found] += 1
            if found == "missed":
                missed.append(f"missed: {name}, {rule} (op {number}), input {i}, {kind.__name__}, seed {seed}")
    return counts, missed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    counts, missed = Counter(), []
    with ProcessPoolExecutor(options.jobs) as pool:
        for seed in range(options.seeds):
            for row_counts, row_missed in pool.map(run, ROWS, [seed] * len(ROWS)):
                counts += row_counts
                missed += row_missed
            print(f"seed {seed}: {len(missed)} missed of {counts.total()} so far", flush=True)
    for kind in [k.__name__ for k in KINDS]:
        caught, changed = counts[kind, "caught"], counts[kind, "caught"] + counts[kind, "missed"]
        rest = f"{counts[kind, 'caught alone']} caught in the op alone, {counts[kind, 'no change']} change nothing"
        print(f"{kind:24} caught {caught} of {changed}; of the others {rest}")
    print(*missed, sep="\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
