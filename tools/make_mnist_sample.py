"""Draw the balanced MNIST sample that the package contains from the full data set.

    python tools/make_mnist_sample.py FOLDER        # FOLDER holds the four idx or idx.gz files

500 digits of each class from the 60,000 and 100 of each from the 10,000, in random order.
The seed is fixed: the same folder gives the same sample. The SHA-256 that is printed must be entered
in minigen/datasets/mnist.py as SAMPLE_SHA256.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minigen.datasets import mnist

SEED = 9
TRAIN_PER_CLASS = 500
TEST_PER_CLASS = 100
OUT = Path(__file__).parent.parent / "minigen" / "datasets" / "mnist-sample.npz"


def balanced(labels: NDArray[np.uint8], per_class: int, rng: np.random.Generator) -> NDArray:
    """Indices into labels (N,) of `per_class` digits of each class, shuffled: (10 * per_class,)."""
    chosen = [rng.permutation(np.flatnonzero(labels == digit))[:per_class] for digit in range(10)]
    return rng.permutation(np.concatenate(chosen))


def make_sample(folder: str) -> dict[str, NDArray[np.uint8]]:
    """The four arrays of the sample; the checksums of the files in `folder` are verified."""
    (x_train, y_train), (x_test, y_test) = mnist.read_folder(folder)
    rng = np.random.default_rng(SEED)
    train = balanced(y_train, TRAIN_PER_CLASS, rng)
    test = balanced(y_test, TEST_PER_CLASS, rng)
    return {
        "x_train": x_train[train],  # (5000, 28, 28)
        "y_train": y_train[train],  # (5000,)
        "x_test": x_test[test],  # (1000, 28, 28)
        "y_test": y_test[test],  # (1000,)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="folder with the four idx or idx.gz files")
    parser.add_argument("--out", type=Path, default=OUT, help="the .npz to write (%(default)s)")
    args = parser.parse_args()

    sample = make_sample(args.folder)
    part = args.out.with_suffix(".part")
    with open(part, "wb") as file:
        np.savez_compressed(file, allow_pickle=False, **sample)
    os.replace(part, args.out)

    print(f"{args.out}: {args.out.stat().st_size:,} bytes")
    print(f"SHA-256 {hashlib.sha256(args.out.read_bytes()).hexdigest()}")
    for name in ("y_train", "y_test"):
        print(f"{name}: {np.bincount(sample[name]).tolist()}")


if __name__ == "__main__":
    main()
