"""A training step of every family on CuPy against the same step on NumPy: python benchmarks/gpu_parity.py [MODEL ...]

Both start from one seed, so that weights and draws are equal. Compared are the gradients of the first step, of each
weight relative to its largest number (at least a thousandth of the largest of the model: the gradient of a bias before
a normalisation is 0 and rounding). --dry-run takes the stand-in for CuPy, which computes on the CPU.
"""

import argparse
import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from helpers import device_steps  # noqa: E402

import minigen  # noqa: E402

ENOUGH = 1e-3  # float32; TF32 has three digits


def dry_run():
    """Let `import cupy` give the stand-in."""
    from helpers import fakecupy

    sys.modules.update(fakecupy.MODULES)


def gradients(name, backend):
    """The gradients of the first step, as NumPy arrays by the names of the weights."""
    with minigen.using(backend):
        minigen.seed(0)
        model, batch = device_steps.prepared(name)
        device_steps.step(model, batch)
        return {key: minigen.to_numpy(w.grad) for key, w in model.named_weights().items() if w.grad is not None}


def difference(name):
    """The largest relative difference between a step on CuPy and on NumPy."""
    ours, theirs = gradients(name, "cupy"), gradients(name, "numpy")
    if ours.keys() != theirs.keys():
        raise ValueError(f"{name}: other weights have gradients on CuPy: {ours.keys() ^ theirs.keys()}")
    largest = {key: np.abs(g).max() for key, g in theirs.items()}
    least = max(largest.values()) / 1000
    return max(float(np.abs(ours[key] - g).max() / max(largest[key], least)) for key, g in theirs.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="MODEL", help="which families (default: all)")
    parser.add_argument("--dry-run", action="store_true", help="the stand-in in place of CuPy")
    args = parser.parse_args()
    if args.dry_run:
        dry_run()
    print("| a step of | largest relative difference from NumPy |\n| --- | --- |")
    found = {}
    for name in args.models or device_steps.STEPS:
        found[name] = difference(name)
        print(f"| {name} | {found[name]:.1e} |", flush=True)
    wrong = [name for name, d in found.items() if not d < ENOUGH]
    if wrong:
        sys.exit(f"more than {ENOUGH:g}: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
