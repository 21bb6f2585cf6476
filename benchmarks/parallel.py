"""Data-parallel training: 1 and 2 ranks, beside PyTorch's DDP, and a model of its cost for more ranks.

    MINIGEN_DATA=... python benchmarks/parallel.py [--rounds 3] [--images 60000] [--torch PYTHON] [--plot FILE]

A round trains the VAE and the convolutional autoencoder for one epoch in each way, in batches of 128 images of all
ranks together: minigen and PyTorch, as one process with one thread, one process with two threads, and two ranks with
one thread each. The table has the medians of the rounds. Then the time of Allreduce on two ranks is measured for
messages of many sizes and fitted, t = alpha + beta bytes, and from it follows the time of a step on p ranks:

    T(p) = (c - s) / p + s + log2(p) alpha + 2 (p - 1) / p beta bytes

with c the measured time of a step of one rank with one thread, of which the optimizers take s: the batch is divided,
the weights are not, and every rank updates all of them. The bytes go round a ring; on two ranks it sends as many as the
gradient has. The number of ranks at which T(p) is lowest is where the model stops gaining. The network of a cluster has
other constants (--constants): those that are measured here are of one machine's memory.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from run import heading, markdown

HERE = Path(__file__).parent
WORKER = str(HERE / "parallel_worker.py")
RANKS = [2**k for k in range(11)]
# way -> (library, processes, threads)
WAYS = {
    "minigen, 1 process, 1 thread": ("minigen", 1, 1),
    "minigen, 1 process, 2 threads": ("minigen", 1, 2),
    "minigen, 2 ranks": ("minigen", 2, 1),
    "PyTorch, 1 process, 2 threads": ("torch", 1, 2),
    "PyTorch DDP (gloo), 2 ranks": ("torch", 2, 1),
}
MODELS = "softmax", "fc_ae", "vae", "conv_ae", "dcgan", "pixelcnn", "char_rnn", "gpt"  # of the model of cost


def environment(threads):
    count = str(threads)
    return {**os.environ, "OMP_NUM_THREADS": count, "OPENBLAS_NUM_THREADS": count, "MKL_NUM_THREADS": count}


def run_worker(library, processes, threads, arguments, torch):
    """What rank 0 reports."""
    env, command = environment(threads), [sys.executable, WORKER, *arguments]
    if library == "minigen":
        launcher = [] if processes == 1 else [str(Path(sys.executable).with_name("mpiexec")), "-n", str(processes)]
        done = subprocess.run(launcher + command, env=env, stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(done.stdout)
    command[0] = torch
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(20000 + os.getpid() % 20000)}
    ranks = [
        subprocess.Popen(
            command,
            env=env | address | {"RANK": str(rank), "WORLD_SIZE": str(processes)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(processes)
    ]
    found = [rank.communicate()[0] for rank in ranks]
    return json.loads(found[0])


def epochs(args):
    """The table of the two models in all ways."""
    for model in args.models:
        ways = [way for way in WAYS if args.ways in way]
        found = {way: [] for way in ways}
        for turn in range(args.rounds):
            for way in ways if turn % 2 == 0 else ways[::-1]:
                library, processes, threads = WAYS[way]
                given = [library, model, str(args.images), "1"]
                found[way].append(run_worker(library, processes, threads, given, args.torch))
                print(f"{model}, {way}: {found[way][-1]}", file=sys.stderr, flush=True)
        seconds = {way: [min(r["seconds"]) for r in reports] for way, reports in found.items()}
        ours = seconds["minigen, 2 ranks"]
        rows = []
        for way, reports in found.items():
            median = statistics.median(seconds[way])
            ratio = statistics.median(b / a for a, b in zip(seconds[way], ours, strict=True))
            loss, sent = reports[0]["loss"], f"{reports[0]['bytes']:,}" if reports[0]["bytes"] else ""
            rows.append(
                [way, f"{median:.2f}", f"{ratio:.2f}", f"{max(r['mb'] for r in reports):.0f}", sent, f"{loss:.4f}"]
            )
        header = ["way", "s an epoch", "2 ranks / this", "MB a rank", "bytes a step", "loss"]
        print(f"\n{model}, {args.images:,} images")
        if one := seconds.get("minigen, 1 process, 1 thread"):
            efficiency = statistics.median(a / (2 * b) for a, b in zip(one, ours, strict=True))
            print(f"efficiency of 2 ranks, T(1) / 2 T(2): {efficiency:.2f}")
        print()
        print(markdown([header, *rows]))


def fitted(args):
    """(alpha in s, beta in s a byte) of an Allreduce on two ranks; prints the measured times beside the line.

    The line has the least relative errors, since the sizes span many powers of ten.
    """
    found = run_worker("minigen", 2, 1, ["allreduce"], args.torch)
    size, seconds = np.array(found["bytes"], float), np.array(found["seconds"])
    columns = np.stack([np.ones_like(size), size], axis=1) / seconds[:, None]
    alpha, beta = np.linalg.lstsq(columns, np.ones_like(size), rcond=None)[0]
    print(f"\nAllreduce on 2 ranks: {1e6 * alpha:.1f} µs + {1e9 * beta:.3f} ns a byte ({1 / beta / 1e9:.2f} GB/s)\n")
    rows = [
        [f"{n:,.0f}", f"{1e6 * s:.1f}", f"{1e6 * (alpha + beta * n):.1f}"] for n, s in zip(size, seconds, strict=True)
    ]
    print(markdown([["bytes", "µs", "fitted µs"], *rows]))
    return alpha, beta


def step_of(name):
    """The least seconds of a step, those of its optimizers in it, and the bytes of the gradients of each of them."""
    from minigen_models import MODELS as steps

    from minigen import optimizers

    sent, plain, updates = [], optimizers.Optimizer.step, []

    def timed(optimizer, parameters=None):
        parameters = list(parameters)
        sent.append(sum(4 * p.size for p in parameters))
        start = time.perf_counter()
        plain(optimizer, parameters)
        updates[-1] += time.perf_counter() - start

    step = steps[name]()
    step()
    optimizers.Optimizer.step = timed
    times = []
    while len(times) < 5 or (sum(times) < 2 and len(times) < 50):
        sent.clear()
        updates.append(0.0)
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    optimizers.Optimizer.step = plain
    return min(times), min(updates), sent


def predicted(c, s, sent, ranks, alpha, beta):
    """T(p) in seconds; s: its part that is not divided, sent: the bytes of each of its Allreduces."""
    p = np.array(ranks, float)
    return (c - s) / p + s + sum(np.log2(p) * alpha + 2 * (p - 1) / p * beta * n for n in sent)


def scaling(args, alpha, beta):
    """The table and the figure of the predicted steps."""
    from minigen_models import MODELS as steps

    rows, curves = [], {}
    for name in [name for name in MODELS if name in steps]:
        c, updates, sent = step_of(name)
        curves[name] = times = predicted(c, updates, sent, RANKS, alpha, beta)
        best = RANKS[int(np.argmin(times))]
        weak = c / (c + predicted(0.0, 0.0, sent, [64], alpha, beta)[0])
        cells = [f"{1e3 * t:.3g}" for t in [updates, *times]]
        rows.append([name, f"{sum(sent):,}", *cells, str(best), f"{c / times.min():.1f}", f"{weak:.2f}"])
    print(f"\nms a step on p ranks, where the batch is divided ({os.environ.get('OMP_NUM_THREADS', 'all')} threads)\n")
    print(markdown([["model", "bytes", "optimizer", *map(str, RANKS), "best p", "gain", "64 batches"], *rows]))
    if args.plot:
        plot(args.plot, curves)


def plot(path, curves):
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4))
    for name, times in curves.items():
        axes.loglog(RANKS, 1e3 * times, label=name, base=2)
    axes.set_xlabel("ranks")
    axes.set_ylabel("ms a step, predicted")
    axes.set_yscale("log", base=10)
    axes.legend(fontsize="small")
    figure.savefig(path, dpi=100, bbox_inches="tight")


def main():
    flags = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    flags.add_argument("--rounds", type=int, default=3)
    flags.add_argument("--images", type=int, default=60_000)
    flags.add_argument("--torch", default=sys.executable, help="a Python that has PyTorch")
    flags.add_argument("--plot", help="a file for the figure of the predicted steps")
    flags.add_argument("--models", nargs="+", choices=["vae", "conv_ae"], default=["vae", "conv_ae"])
    flags.add_argument("--ways", default="", help="a part of their names, such as 2 ranks")
    flags.add_argument("--constants", type=float, nargs=2, metavar=("ALPHA", "BETA"), help="µs, and ns a byte")
    flags.add_argument("--only", choices=["epochs", "scaling"])
    args = flags.parse_args()
    print(heading())
    if args.only != "scaling":
        epochs(args)
    if args.only != "epochs":
        alpha, beta = fitted(args) if args.constants is None else (args.constants[0] / 1e6, args.constants[1] / 1e9)
        scaling(args, alpha, beta)


if __name__ == "__main__":
    main()
