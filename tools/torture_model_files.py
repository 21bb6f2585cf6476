"""Load thousands of damaged files of models and weights: only minigen's own errors, no code run, little memory?

    python tools/torture_model_files.py            1,000 files of each of five kinds: ten minutes
    python tools/torture_model_files.py --quick    a twentieth of it

The files are .minigen, .safetensors, .weights.h5 and .keras, and .minigen of MADE, whose masks are as large as its
weights. Models are loaded with and without what compile() set. Half of the files have spoilt bytes. The other half are
whole, but say something wrong: a value in the JSON text or a number of bytes in it is replaced, an entry is missing,
renamed, there twice, or has a path for a name, an array is of another shape, and all checksums are right. Four counts
must be 0: foreign errors, executed code, files that took more memory than four times their size, and numbers that
changed although the format has a checksum. (.weights.h5 has none.) All draws come from the seed. It needs h5py and
safetensors.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import shutil
import sys
import tempfile
import time
import tracemalloc
import warnings
import zipfile
from collections import Counter
from pathlib import Path

import h5py
import numpy as np
from torture_files import Touch, rewritten, spoilt

import minigen
from minigen import Adam, Dense, Dropout, Input, Model, Sequential, load_model, models
from minigen.storage import npz

KINDS = (".minigen", ".safetensors", ".weights.h5", ".keras", "made.minigen")
MUST_BE_0 = ("foreign", "executed", "large", "changed")
FIXED = 4e6  # bytes that reading takes whatever the size of the file: texts, objects, modules


def model() -> Model:
    """A model in a model, and so many weights that the file has a megabyte."""
    minigen.seed(0)
    x = Input((64,))
    inner = Sequential([Input((64,)), Dense(600, "tanh"), Dropout(0.1), Dense(200)], name="inner")
    made = Model(x, Dense(3, name="last")(inner(x)))
    made.compile(Adam(0.01), "mse")
    made.train_on_batch(np.ones((4, 64), "float32"), np.ones((4, 3), "float32"))
    return made


def made_model() -> Model:
    """An autoregressive model."""
    minigen.seed(0)
    found = models.MADE(16, 8)
    found.compile()
    return found


def write(made: Model, path: Path) -> None:
    made.save(path) if path.suffix in (".minigen", ".keras") else made.save_weights(path)


def load(path: Path, compile: bool = True) -> list[np.ndarray]:
    """The weights that come out."""
    if path.suffix in (".minigen", ".keras"):
        return load_model(path, compile=compile).get_weights()
    found = model()
    found.load_weights(path)
    return found.get_weights()


# ---- files that are whole, and wrong

SIZES = (-1, 0, 1.5, 10**4, 10**9, 10**15, 2**70)
VALUES = (None, True, "text", [], [1], {}, {"ref": 0}, {"ref": 10**9}, {"symbol": [0, 0]}, {"a": [[["b"]]]}, *SIZES)


def values(trap: Path) -> list:
    """Wrong values, some of which would make a folder if they were executed."""
    dangerous = ("os.mkdir", "builtins.eval", "minigen.os.mkdir", "minigen.ops.np", "os:mkdir")
    calls = [{"class": name, "config": {"path": str(trap)}} for name in dangerous]
    calls += [{"function": name} for name in dangerous] + [{"class_name": "mkdir", "module": "os", "config": str(trap)}]
    calls += [{"class_name": "Lambda", "module": "keras.layers", "config": {"function": f"os.mkdir({str(trap)!r})"}}]
    return [*VALUES, *calls]


def replace_somewhere(where, rng: random.Random, trap: Path) -> None:
    """Replace a value at a random place of a JSON text."""
    while True:
        key = rng.choice(list(where) if isinstance(where, dict) else range(len(where)))
        if not isinstance(where[key], (dict, list)) or not where[key] or rng.random() < 0.1:
            break
        where = where[key]
    where[key] = rng.choice(values(trap))


def wrong_minigen(path: Path, rng: random.Random, trap: Path) -> None:
    if rng.random() < 0.4:
        return rewritten(path, rng, trap)
    arrays, meta = npz.read(path)
    for _ in range(rng.randrange(1, 3)):
        replace_somewhere(meta["model"], rng, trap)
    npz.write(path, arrays, meta)


def wrong_safetensors(path: Path, rng: random.Random, trap: Path) -> None:
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    replace_somewhere(header, rng, trap)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + size :])


def wrong_h5(path: Path, rng: random.Random, trap: Path) -> None:
    path.write_bytes(wrong_h5_bytes(path.read_bytes(), rng))


def wrong_h5_bytes(data: bytes, rng: random.Random) -> bytes:
    """The file with one array that is another one, a link, or not in the file."""
    out = io.BytesIO(data)
    with h5py.File(out, "r+") as file:
        names: list[str] = []
        file.visititems(lambda name, thing: names.append(name) if isinstance(thing, h5py.Dataset) else None)
        name, way = rng.choice(names), rng.randrange(8)
        a = file[name][()]
        del file[name]
        if way == 1:
            file[name] = h5py.SoftLink("/layers")
        elif way == 2:
            file[name] = h5py.ExternalLink("/etc/passwd", "/")
        elif way == 3:
            file.create_dataset(name, shape=(10**12,), dtype="f4", chunks=(10**6,))
        elif way == 4:
            file.create_dataset(name, data=np.zeros(10**7), compression="gzip")
        elif way == 5:
            file.create_dataset(name, data=np.bytes_(b"text"))
        elif way == 6:
            file.create_group(name)["again"] = file["layers"]
        elif way == 7:
            file.create_dataset(name, data=np.concatenate([a, a]))
    return out.getvalue()


def wrong_keras(path: Path, rng: random.Random, trap: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    way = rng.randrange(8)
    if way < 5:
        config = json.loads(entries["config.json"])
        replace_somewhere(config, rng, trap)
        entries["config.json"] = json.dumps(config).encode()
    elif way == 5:
        entries["model.weights.h5"] = wrong_h5_bytes(entries["model.weights.h5"], rng)
    elif way == 6:
        entries["config.json"] = b"[" * rng.choice((100, 10**5)) + b"]" * 100
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", rng.choice((0, 0, 0, 8))) as archive:
        warnings.simplefilter("ignore")  # of an entry that is there twice
        for name, data in entries.items():
            archive.writestr(name, data)
        if way == 7:
            archive.writestr(rng.choice(("../../x", "/etc/x", "config.json")), b"{}")


WRONG = dict(zip(KINDS, (wrong_minigen, wrong_safetensors, wrong_h5, wrong_keras, wrong_minigen), strict=True))


# ---- what happens


def outcome(path: Path, whole: list[np.ndarray], is_spoilt: bool, compile: bool) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = load(path, compile)
    except (ValueError, OSError, TypeError) as error:
        return "refused" if "expected:" in str(error) and "fix:" in str(error) else f"foreign: {error!r:.300}"
    except Exception as error:
        return f"foreign: {error!r:.300}"
    same = len(found) == len(whole) and all(np.array_equal(a, b) for a, b in zip(found, whole, strict=True))
    return "changed" if is_spoilt and not same and not path.name.endswith(".h5") else "read"


def tortured(kind: str, n: int, seed: int, folder: Path) -> Counter:
    """Counts of the outcomes of n damaged files of one format, and the largest share of memory."""
    rng, counts, made = random.Random(f"{kind}{seed}"), Counter(), made_model() if kind == "made.minigen" else model()
    source, path, trap = folder / f"source{kind}", folder / f"damaged{kind}", folder / "executed"
    write(made, source)
    whole, data = load(source), source.read_bytes()
    tracemalloc.start()
    for i in range(n):
        shutil.copyfile(source, path)
        if i % 2:
            WRONG[kind](path, rng, trap)
        else:
            path.write_bytes(spoilt(data, rng))
        tracemalloc.reset_peak()
        held = tracemalloc.get_traced_memory()[0]
        what = outcome(path, whole, not i % 2, compile=i % 4 < 2)
        taken = tracemalloc.get_traced_memory()[1] - held
        counts[what.partition(":")[0]] += 1
        counts["large"] += taken > 4 * path.stat().st_size + FIXED
        if what.startswith(("foreign", "changed")) or taken > 4 * path.stat().st_size + FIXED:
            print(f"  {kind}, file {i}: {what}, {taken:,} bytes", flush=True)
        if trap.exists():
            counts["executed"] += 1
            trap.rmdir()
    tracemalloc.stop()
    return counts


def main() -> None:
    top = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    top.add_argument("--quick", action="store_true", help="a twentieth of the work")
    top.add_argument("--seed", type=int, default=0)
    top.add_argument("--kind", choices=KINDS, help="one format alone")
    args = top.parse_args()
    assert Touch  # what rewritten() hides in a file
    failed = False
    for kind in KINDS if args.kind is None else [args.kind]:
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            counts = tortured(kind, 50 if args.quick else 1000, args.seed, Path(folder))
        shown = {name: counts[name] for name in ("refused", "read", *MUST_BE_0)}
        print(f"{kind}: {shown}, {time.perf_counter() - start:.0f} s", flush=True)
        failed |= any(counts[name] for name in MUST_BE_0)
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
