"""Compare minigen with PyTorch on random configurations, in float64: values, gradients, second derivatives.

    python tools/against_torch.py                                   # 3,000 configurations of every family: 20 minutes
    python tools/against_torch.py --family conv pool --n 500        # of these two
    python tools/against_torch.py --family conv --seed 0 --at 17    # one configuration, with its numbers
    python tools/against_torch.py --break                           # can every family fail?

It needs PyTorch (pip install -e ".[bench]"). A mismatch is printed with the arguments that reproduce it, the smallest
first, and the exit status is then 1. torch_families/compare.py defines the tolerance. With --break each rule of minigen
in turn is made wrong by 0.1 %; the exit status is 1 if a family does not detect it.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import zlib
from importlib import import_module
from types import ModuleType

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small products: more threads would be slower

import numpy as np  # noqa: E402

try:
    import torch
except ImportError:
    sys.exit('tools/against_torch.py compares with PyTorch, which is not installed. Run: pip install -e ".[bench]"')

from torch_families.case import Case  # noqa: E402
from torch_families.compare import broken  # noqa: E402

from minigen.kernels import blocks  # noqa: E402

FAMILIES = (
    "conv conv_transpose pool up_sampling broadcasting reductions indexing losses recurrent normalization "
    "sample_normalization attention optimizers graphs elementwise"
).split()


def configuration(name: str, family: ModuleType, seed: int, i: int) -> tuple[Case, np.random.Generator]:
    """Configuration i of a family: it depends on these arguments only; every third one is computed image by image."""
    blocks.BLOCK_BYTES = 1 if i % 3 == 0 else 2 << 20
    rng = np.random.default_rng([seed, zlib.crc32(name.encode()), i])
    return family.draw(rng), rng


def compare(name: str, family: ModuleType, seed: int, n: int) -> tuple[list[tuple[int, Case, str]], int]:
    """([(i, configuration, mismatch)], number of comparisons to second order)"""
    wrong, second = [], 0
    for i in range(n):
        case, rng = configuration(name, family, seed, i)
        problem = case.problem(rng)
        second += case.order == 2
        if problem:
            wrong.append((i, case, problem))
    return wrong, second


def report(names: list[str], seed: int, n: int) -> bool:
    """Print a row for each family, with its mismatches below; True if there are none."""
    print(f"{'family':<21}{'configurations':>15}{'second order':>14}{'mismatches':>12}{'seconds':>9}")
    total = 0
    for name in names:
        start = time.perf_counter()
        wrong, second = compare(name, import_module(f"torch_families.{name}"), seed, n)
        total += len(wrong)
        seconds = time.perf_counter() - start
        print(f"{name:<21}{n:>15,}{second:>14,}{len(wrong):>12,}{seconds:>9.0f}", flush=True)
        for i, case, problem in sorted(wrong, key=lambda w: w[1].size):
            print(f"    --family {name} --seed {seed} --at {i}\n        {case.program}\n        {problem}")
    print(f"{total:,} mismatches")
    return total == 0


def show(name: str, seed: int, i: int) -> bool:
    """Print one configuration with its numbers; True if both agree."""
    case, rng = configuration(name, import_module(f"torch_families.{name}"), seed, i)
    print(f"{name}, seed {seed}, configuration {i}, order {case.order}\n{case.program}")
    for a in case.arrays:
        print(f"{a.shape}:\n{np.array2string(a, threshold=200)}")
    problem = case.problem(rng)
    print(problem or "no mismatch")
    return not problem


def prove(names: list[str], seed: int, n: int) -> bool:
    """Break the rules of each family one by one; True if each is detected."""
    detected = []
    for name in names:
        family = import_module(f"torch_families.{name}")
        before = {i for i, _, _ in compare(name, family, seed, n)[0]}
        for cls, method in family.RULES:
            with broken(cls, method):
                new = {i for i, _, _ in compare(name, family, seed, n)[0]} - before
            detected.append(bool(new))
            word = f"{len(new)} of {n} configurations" if new else "NOT DETECTED"
            print(f"{name:<21} {cls.__name__ + '.' + method + ' wrong by 0.1 %':<50} {word}", flush=True)
    print(f"{sum(detected)} of {len(detected)} wrong rules were detected")
    return all(detected)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, help="configurations of each family (3000; with --break 300)")
    parser.add_argument("--family", nargs="+", choices=FAMILIES, default=FAMILIES, metavar="NAME", help=str(FAMILIES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--at", type=int, help="this configuration only, with its numbers")
    parser.add_argument("--break", dest="prove", action="store_true", help="check that every family can fail")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.at is not None:
        fine = all([show(name, args.seed, args.at) for name in args.family])
    elif args.prove:
        fine = prove(args.family, args.seed, args.n or 300)
    else:
        fine = report(args.family, args.seed, args.n or 3000)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
