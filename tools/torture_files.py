"""Load thousands of damaged files and kill hundreds of training runs: is anything lost or changed?

    python tools/torture_files.py            7,000 files, 200 kills, 140 interrupts, 12 pairs of runs: a few minutes
    python tools/torture_files.py --quick    a twentieth of it

Four counts of damaged files must be 0: foreign errors, changed models, executed code, and files that take more than
100 MB of memory. A killed or interrupted run must lose no checkpoint, and must end bit by bit like an undisturbed one.
All draws come from the seed. The time of a signal depends on the machine; every second kill is at a random byte.
It needs Linux.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import gzip
import io
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

import minigen
from minigen import Adam, Dense, Dropout, Input, Sequential, backend
from minigen.datasets import idx
from minigen.datasets.images.archives import read_npz
from minigen.datasets.images.pictures import read_pixels
from minigen.storage import npz

X = np.random.default_rng(0).random((22, 6)).astype("float32")
MEMORY = 100e6  # bytes that a damaged file may take
MUST_BE_0 = ("foreign", "changed", "executed", "large")


def small(seed=0, units=4):
    """A model with dropout and Adam, so that a run depends on every draw and on the state of the optimizer."""
    minigen.seed(seed)
    model = Sequential([Input((6,)), Dense(units, "relu"), Dropout(0.3), Dense(6, "sigmoid")])
    model.compile(Adam(0.01), "binary_crossentropy")
    return model


def fit(model, epochs, **options):
    return model.fit(X, X, batch_size=4, epochs=epochs, verbose=0, **options)


# ---- (a) damaged files


def spoilt(data, rng):
    """The bytes of a file, damaged in one of nine ways."""
    data, n = bytearray(data), len(data)
    a, b = sorted(rng.randrange(n) for _ in range(2))
    way = rng.randrange(9)
    if way == 0:
        data[a] ^= 1 << rng.randrange(8)
    elif way == 1:
        data[a] = rng.randrange(256)
    elif way == 2:
        for i in range(a, min(n, a + 8)):
            data[i] = rng.choice((0, 255, rng.randrange(256)))
    elif way == 3:
        del data[a:]
    elif way == 4:
        del data[a : a + rng.randrange(1, 64)]
    elif way == 5:
        data[a:a] = rng.randbytes(rng.randrange(1, 64))
    elif way == 6:
        data[a:b] = data[b : 2 * b - a]
    elif way == 7:
        data += data[a:b]
    else:
        for _ in range(20):
            data[rng.randrange(n)] ^= 1 << rng.randrange(8)
    return bytes(data)


class Touch:
    """Creates a folder when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (os.mkdir, (self.path,))


VALUES = (None, True, -1, 0, 3, 2**70, 1.5, float("nan"), "text", "seed", [], [1], {}, {"loss": [1]}, [[["a"]]])


def rewritten(path, rng, trap):
    """Write a valid archive with wrong contents: the checksums of zip are right, and often those of minigen too."""
    arrays, meta = npz.read(path)
    name = rng.choice(list(arrays))
    a = arrays[name]
    way = rng.randrange(12)
    if way == 0:
        del arrays[name]
    elif way == 1:
        arrays[f"{name}x"] = arrays.pop(name)
    elif way == 2:
        arrays[name] = np.concatenate([a, a])
    elif way == 3:
        arrays[name] = a.astype(rng.choice(["float64", "int8", "complex64", "<U8", ">f4"]))
    elif way == 4:
        arrays[f"{name}/more"] = a
    elif way == 5:
        arrays = {k: v for k, v in arrays.items() if not k.startswith(name.split("/")[0])}
    elif way < 9:
        where = meta
        while True:  # at a random place in the tree of meta
            key = rng.choice(list(where) if isinstance(where, dict) else range(len(where)))
            if not isinstance(where[key], (dict, list)) or not where[key] or rng.random() < 0.3:
                break
            where = where[key]
        new = rng.choice(VALUES)
        if json.dumps(new) == json.dumps(where[key]):
            new = "another"
        where[key] = new
    elif way == 9:
        del meta[rng.choice(list(meta))]
    elif way == 10:
        meta["spam"] = rng.choice(VALUES)
    if way == 11:
        objects = np.array([Touch(trap)], dtype=object)
        np.savez(path, meta=np.array(json.dumps(meta)), **{f"arrays/{name}": objects})
    elif rng.random() < 0.5 and all(v.dtype.kind in npz.KINDS for v in arrays.values()):
        npz.write(path, arrays, meta)
    else:
        np.savez(path, meta=np.array(json.dumps(meta)), **{f"arrays/{k}": v for k, v in arrays.items()})


def bomb(path, megabytes):
    """Write an npz file that decompresses to a thousand times its size."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("arrays/w.npy", "w") as entry:
        np.lib.format.write_array_header_1_0(
            entry, {"descr": "<f4", "fortran_order": False, "shape": (megabytes * 250_000,)}
        )
        for _ in range(megabytes):
            entry.write(bytes(1_000_000))


def everything(model):
    weights = model.named_weights()
    return copy.deepcopy(
        (
            {k: w.numpy() for k, w in weights.items()},
            model.optimizer.get_state(list(weights.values())),
            model.optimizer.iterations,
            backend.random_state(),
        )
    )


def same(a, b):
    try:
        np.testing.assert_equal(a, b)
    except AssertionError:
        return False
    return True


READERS = {  # of the files that are no model's
    "idx": idx.read_idx,
    "idx.gz": idx.read_idx,
    "npz": lambda path: read_npz(path, ["x_train"]),
    "png": lambda path: read_pixels(path, (8, 8), "rgb", crop=False),
    "jpg": lambda path: read_pixels(path, (8, 8), "rgb", crop=False),
}


def damaged_files(n, seed, folder, kinds=(*READERS, "weights", "checkpoint")):
    """Counts of the outcomes of n damaged files of each kind."""
    rng, counts = random.Random(seed), dict.fromkeys(("refused", "whole", *MUST_BE_0), 0)
    source, trap = Path(folder) / "source", Path(folder) / "executed"
    small(1).save_weights(source)
    weights = source.read_bytes()
    fit(small(1), 2, checkpoint=source)
    checkpoint = source.read_bytes()
    image = np.random.default_rng(0).integers(0, 256, (20, 6, 6)).astype("uint8")
    plain = b"\0\0\x08\x03" + b"".join(k.to_bytes(4, "big") for k in image.shape) + image.tobytes()
    sources = {"idx": plain, "idx.gz": gzip.compress(plain), "weights": weights, "checkpoint": checkpoint}
    for kind in ("npz", "png", "jpg"):
        file = io.BytesIO()
        if kind == "npz":
            np.savez_compressed(file, x_train=image, y_train=image[:, 0, 0])
        else:
            Image.fromarray(image[:3].reshape(18, 6, 1).repeat(3, axis=2)).save(file, {"jpg": "jpeg"}.get(kind, kind))
        sources[kind] = file.getvalue()
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # what Pillow takes, tracemalloc does not see
    tracemalloc.start()
    for kind in kinds:
        for i in range(n):
            source.write_bytes(sources[kind])
            if kind in ("weights", "checkpoint") and i % 2:
                rewritten(source, rng, trap)
                is_ours = False  # its checksums may be valid: other numbers are then loaded correctly
            elif kind == "weights" and i in (100, 200):
                bomb(source, 200)
                is_ours = False
            else:
                source.write_bytes(spoilt(sources[kind], rng))
                is_ours = kind in ("weights", "checkpoint")
            tracemalloc.reset_peak()
            held = tracemalloc.get_traced_memory()[0]
            what = _load(kind, source, sources[kind], is_ours)
            counts[what] += 1
            counts["large"] += tracemalloc.get_traced_memory()[1] - held > MEMORY
            if what == "foreign":
                print(f"  foreign: {kind}, file {i}", flush=True)
            if trap.exists():
                counts["executed"] += 1
                trap.rmdir()
    tracemalloc.stop()
    counts["large"] += (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident) * 1024 > 2 * MEMORY
    return counts


def _load(kind, path, data, is_ours):
    """The outcome: "refused", "whole", "foreign" (another error than minigen's) or "changed" (a changed model)."""
    if kind in READERS:
        return _outcome(lambda: READERS[kind](path))
    model = small(5)
    if kind == "checkpoint":
        fit(model, 1)
    before = everything(model)
    load = model.load_weights if kind == "weights" else lambda path: fit(model, 2, checkpoint=path, resume=True)
    outcome, after = _outcome(lambda: load(path)), everything(model)
    if outcome == "whole" and is_ours:
        path.write_bytes(data)
        wanted = small(6)
        load = wanted.load_weights if kind == "weights" else lambda path: fit(wanted, 2, checkpoint=path, resume=True)
        load(path)
        before = everything(wanted) if kind == "checkpoint" else (*everything(wanted)[:1], *before[1:])
    if outcome != "whole" or is_ours:
        outcome = outcome if same(after, before) else "changed"
    return outcome


def _outcome(action):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            action()
    except (ValueError, OSError) as error:
        return "refused" if "expected:" in str(error) and "fix:" in str(error) else "foreign"
    except Exception:
        return "foreign"
    return "whole"


# ---- (b) killed training runs

EPOCHS = 12


def in_child(action):
    """The id of a child process that runs action()."""
    sys.stdout.flush()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a signal is delayed until the child's `try`
    with warnings.catch_warnings():  # of newer Pythons: the BLAS has threads, but it supports a fork
        warnings.simplefilter("ignore")
        child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        return child
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        sys.stdout = open(os.devnull, "w")
        action()
        code = 0
    except KeyboardInterrupt:
        code = 130
    except BaseException as error:
        print(f"  a run failed: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def ended(child):
    """The exit code of the child; minus the signal if it was killed."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def train(path):
    """Train 12 epochs with a checkpoint, whose writing takes most of the time."""
    fit(small(0, units=20_000), EPOCHS, checkpoint=path, resume=True)


def train_to_byte(path, epochs, size):
    """Train some epochs, then run until a signal at byte `size` of the next checkpoint."""
    if epochs:
        fit(small(0, units=20_000), epochs, checkpoint=path, resume=True)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it, and a write beyond the limit would raise
    train(path)


def is_end(path, wanted):
    return same(npz.read(path), wanted)


def killed(n, seed, folder):
    """(kills, kills during writing, problems): each run is killed repeatedly until it is complete."""
    rng, path, problems = random.Random(seed), Path(folder) / "run.npz", []
    train(path)
    wanted, size, kills, within = npz.read(path), path.stat().st_size, 0, 0
    path.unlink()
    epoch, at_byte = 0, False
    while kills < n:
        left, at_byte = _asides(path.parent), not at_byte
        if at_byte:
            epochs, byte = rng.randrange(epoch, EPOCHS), int(rng.random() * 0.9 * size)
            child = in_child(lambda epochs=epochs, byte=byte: train_to_byte(path, epochs, byte))
        else:
            child = in_child(lambda: train(path))
            while rng.random() < 0.5:  # let some checkpoints pass
                _wait(path.parent, left, child, writing=True)
                _wait(path.parent, left, child, writing=False)
            _wait(path.parent, left, child, writing=True)
            time.sleep(rng.random() * 0.004)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        code = ended(child)
        if code in (-signal.SIGKILL, -signal.SIGXFSZ):
            kills += 1
            within += bool(_asides(path.parent) - left)
            if path.exists():
                try:
                    now = npz.read(path)[1]["epoch"]
                except (ValueError, OSError) as error:
                    problems.append(str(error))
                    break
                problems += [f"the checkpoint of epoch {epoch} was replaced by epoch {now}"] if now < epoch else []
                epoch = now
            elif epoch:
                problems.append("the checkpoint is gone")
        elif code:
            problems.append(f"a run ended with {code}")
            break
        if code == 0 or epoch == EPOCHS:
            problems += [] if is_end(path, wanted) else ["a killed run ended with other numbers"]
            path.unlink()
            epoch = 0
    if ended(in_child(lambda: train(path))) or not is_end(path, wanted):
        problems.append("the last run ended with other numbers")
    if [p.name for p in path.parent.iterdir()] != ["run.npz"]:
        problems.append("temporary files remain")
    return kills, within, problems


def _asides(folder):
    return {name for name in os.listdir(folder) if name.startswith(".part-")}


def _wait(folder, left, child, writing):
    """Wait until the child is writing, or is not; files `left` by an earlier one do not count."""
    while bool(_asides(folder) - left) != writing and _runs(child):
        pass


def _runs(child):
    with open(f"/proc/{child}/stat") as f:
        return f.read().rpartition(")")[2].split()[0] != "Z"


def interrupted(n, seed, folder):
    """(interrupts, problems): Ctrl-C at random times of a run."""
    rng, path, problems = random.Random(seed), Path(folder) / "run.npz", []
    start = time.perf_counter()
    ended(in_child(lambda: train(path)))
    length, wanted = time.perf_counter() - start, npz.read(path)
    path.unlink()
    interrupts = 0
    while interrupts < n:
        child = in_child(lambda: train(path))
        time.sleep(rng.random() * length * 0.5)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGINT)
        code = ended(child)
        interrupts += code == 130
        if code not in (0, 130):
            problems.append(f"a run ended with {code}")
        if code == 0:
            problems += [] if is_end(path, wanted) else ["an interrupted run ended with other numbers"]
            path.unlink()
    if ended(in_child(lambda: train(path))) or not is_end(path, wanted):
        problems.append("the last run ended with other numbers")
    return interrupts, problems


def pairs(n, folder):
    """(reads, problems): n times, two runs write the same checkpoint while this process reads it.

    If the reader never found the file on a busy machine, more than n pairs are run.
    """
    path, problems, rounds, reads = Path(folder) / "run.npz", [], 0, 0
    train(path)
    wanted = npz.read(path)
    while rounds < n or not (reads or problems):
        rounds += 1
        path.unlink()
        children = [in_child(lambda: fit(small(0, units=20_000), EPOCHS, checkpoint=path)) for _ in range(2)]
        while any(_runs(child) for child in children):
            try:
                npz.read(path)
            except FileNotFoundError:
                continue
            except (ValueError, OSError) as error:
                problems.append(str(error))
            reads += 1
        problems += [f"a run ended with {code}" for code in map(ended, children) if code]
        problems += [] if is_end(path, wanted) else ["a pair ended with other numbers"]
    if [p.name for p in path.parent.iterdir()] != ["run.npz"]:
        problems.append("temporary files remain")
    return reads, problems


def main():
    top = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    top.add_argument("--quick", action="store_true", help="a twentieth of the work")
    top.add_argument("--seed", type=int, default=0)
    args = top.parse_args()
    share = 20 if args.quick else 1
    failed = False
    for what, function, arguments in (
        ("damaged files", damaged_files, (1000 // share, args.seed)),
        ("killed runs", killed, (200 // share, args.seed)),
        ("interrupted runs", interrupted, (140 // share, args.seed)),
        ("pairs of runs", pairs, (12 // min(share, 6),)),
    ):
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            result = function(*arguments, folder)
        print(f"{what}: {result}, {time.perf_counter() - start:.0f} s", flush=True)
        bad = result[-1] if isinstance(result, tuple) else [result[k] for k in MUST_BE_0]
        failed |= any(bad)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
