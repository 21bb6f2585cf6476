"""Peak memory and time of a training epoch on a folder of pictures that is read batch by batch.

    python tools/measure_stream.py                    20,000 PNG files of 64 x 64 pixels in colour
    python tools/measure_stream.py --pictures 2000    fewer
    python tools/measure_stream.py --array            the same training on one array of them, for comparison

The files are drawn in a temporary folder, 200 of them of different content and the others copies. A convolutional VAE
is trained on them for one epoch in a process of its own, which reports the peak of its resident memory: what Python,
NumPy and Pillow take is in it.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import minigen
from minigen import datasets, models

CLASSES = 10
PIXELS = 64
DIFFERENT = 200  # pictures; the others are copies


def draw(folder: Path, n: int) -> None:
    """n pictures in ten folders."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for label in range(CLASSES):
        (folder / str(label)).mkdir(parents=True)
    files = []
    for _ in range(min(n, DIFFERENT)):
        corners = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
        smooth = np.asarray(Image.fromarray(corners).resize((PIXELS, PIXELS), Image.Resampling.BICUBIC))
        noisy = np.clip(smooth + rng.normal(0, 8, smooth.shape), 0, 255).astype("uint8")
        path = folder / "drawn.png"
        Image.fromarray(noisy).save(path)
        files.append(path.read_bytes())
        path.unlink()
    for i in range(n):
        (folder / str(i % CLASSES) / f"{i:05d}.png").write_bytes(files[i % len(files)])


def train(folder: Path, as_array: bool) -> None:
    """One epoch; prints what it took as JSON."""
    before = _peak()
    start = time.perf_counter()
    x = datasets.ImageFolder(folder, cache=0)
    scanned = time.perf_counter() - start
    data = x[:] if as_array else x
    minigen.seed(0)
    model = models.conv_vae(8, image_shape=x.shape[1:])
    model.compile("adam", "binary_crossentropy_per_image")
    start = time.perf_counter()
    history = model.fit(data, batch_size=32, epochs=1, verbose=0).history
    seconds = time.perf_counter() - start
    numbers = {"pictures": len(x), "headers": scanned, "epoch": seconds, "loss": history["loss"][-1]}
    print(json.dumps(numbers | {"before": before, "peak": _peak()}))


def _peak() -> float:
    """The largest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6  # Linux counts in KiB


def main() -> None:
    """Draw the pictures, train in a new process, and print what it took."""
    top = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    top.add_argument("--pictures", type=int, default=20_000)
    top.add_argument("--array", action="store_true", help="read them all into one array before")
    top.add_argument("--train", metavar="FOLDER", help="train on this folder in this process")
    args = top.parse_args()
    if args.train:
        train(Path(args.train), args.array)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "pictures"
        draw(folder, args.pictures)
        command = [sys.executable, __file__, "--train", str(folder), *(["--array"] if args.array else [])]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    numbers = json.loads(done.stdout)
    print(
        f"{numbers['pictures']:,} pictures of {PIXELS} x {PIXELS} x 3, " + ("one array" if args.array else "streamed")
    )
    print(f"peak memory {numbers['peak']:.0f} MB, of which {numbers['before']:.0f} MB before any picture")
    print(f"headers {numbers['headers']:.1f} s, epoch {numbers['epoch']:.1f} s, loss {numbers['loss']:.1f}")


if __name__ == "__main__":
    main()
