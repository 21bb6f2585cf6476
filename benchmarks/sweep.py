"""Random layers in minigen and in PyTorch, one at a time: python benchmarks/sweep.py [--layers 200] [--kind conv]

A layer of a random kind and shape computes its output and its gradients to the input and to the weights. Each contender
of run.py is a process of its own, and they take turns at each layer. The ratio of a layer is minigen's time to that of
the fastest of PyTorch's contenders. The ten worst layers are printed, and the median for each kind.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np
from run import CONTENDERS, PAUSE, SAME_THREADS, available, heading, markdown
from worker import run

MODULES = {"minigen_models": "minigen_layers", "torch_models": "torch_layers"}
MOST = 1.5e9  # multiplications of a layer


def draw(rng, kind):
    """A random layer, with digits of a size that real networks have."""
    choice = {
        "batch": [16, 32, 64, 128, 256],
        "size": [7, 8, 12, 14, 16, 28, 32],
        "channels": [1, 3, 8, 16, 32, 64, 128],
        "filters": [1, 3, 8, 16, 32, 64, 128],
        "taps": [1, 2, 3, 3, 3, 4, 5, 7],
        "stride": [1, 1, 1, 2],
        "padding": ["same", "valid"],
        "features": [2, 10, 32, 100, 256, 784, 1024],
        "units": [2, 10, 32, 64, 128, 256, 512],
        "steps": [10, 20, 40, 80],
        "cell": ["SimpleRNN", "GRU", "LSTM"],
    }
    names = {
        "conv": ["batch", "size", "channels", "filters", "taps", "stride", "padding"],
        "conv_transpose": ["batch", "size", "channels", "filters", "taps", "stride"],
        "pool": ["batch", "size", "channels"],
        "dense": ["batch", "features", "units"],
        "recurrent": ["batch", "features", "units", "steps", "cell"],
    }[kind]
    drawn = {name: choice[name][rng.integers(len(choice[name]))] for name in names}
    return {"kind": kind, **drawn}


def multiplications(layer):
    """About how many; 0 for a pooling."""
    if layer["kind"] == "dense":
        return layer["batch"] * layer["features"] * layer["units"]
    if layer["kind"] == "recurrent":
        gates = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}[layer["cell"]]
        return layer["batch"] * layer["steps"] * gates * layer["units"] * (layer["features"] + layer["units"])
    if layer["kind"] == "pool":
        return 0
    pixels = (layer["size"] // (layer["stride"] if layer["kind"] == "conv" else 1)) ** 2
    return layer["batch"] * pixels * layer["taps"] ** 2 * layer["channels"] * layer["filters"]


def layers(n, kinds, seed):
    """n random layers, as many of each kind, none too large and no kernel larger than its image."""
    rng, found = np.random.default_rng(seed), []
    while len(found) < n:
        layer = draw(rng, kinds[len(found) % len(kinds)])
        if multiplications(layer) <= MOST and layer.get("taps", 0) <= layer.get("size", 0):
            found.append(layer)
    return found


def work(module):
    """The worker: for each layer that it reads, the median time of a step in ms."""
    make = __import__(module).step
    for line in sys.stdin:
        command = json.loads(line)
        print(json.dumps(statistics.median(run(make(command), 5, 0.08))), flush=True)


class Worker:
    """A running worker process."""

    def __init__(self, module, settings):
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--work", MODULES[module]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | SAME_THREADS | settings,
        )

    def measure(self, layer):
        print(json.dumps(layer), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())


def measure(layer, workers, rounds):
    """{contender: ms}, the median over the rounds; every second round goes backwards."""
    times = {name: [] for name in workers}
    for i in range(rounds):
        for name in list(workers)[:: -1 if i % 2 else 1]:
            time.sleep(PAUSE)
            times[name].append(workers[name].measure(layer))
    return {name: statistics.median(ms) for name, ms in times.items()}


def describe(layer):
    """A layer in a line of the table."""
    return " ".join(f"{k} {v}" if k != "kind" else v for k, v in layer.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, default=200, help="how many (default 200)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each contender (default 3)")
    parser.add_argument("--seed", type=int, default=0)
    kinds = ["conv", "conv_transpose", "pool", "dense", "recurrent"]
    parser.add_argument("--kind", nargs="+", default=kinds, choices=kinds)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        return work(args.work)
    there = available({c: one for c, one in CONTENDERS.items() if one[0] in MODULES})
    workers = {c: Worker(*CONTENDERS[c]) for c in there}
    print(heading())
    rows = []
    for layer in layers(args.layers, args.kind, args.seed):
        ms = measure(layer, workers, args.rounds)
        peer = min((c for c in ms if c != "minigen"), key=ms.get)
        rows.append((ms["minigen"] / ms[peer], ms["minigen"], peer, describe(layer), layer["kind"]))
    rows.sort(reverse=True)
    table = [[f"{ratio:.2f}", f"{ours:.2f}", peer, what] for ratio, ours, peer, what, _ in rows[:10]]
    print(markdown([["ratio", "minigen, ms", "fastest of PyTorch", "layer"], *table]))
    for kind in [*args.kind, None]:
        ratios = [ratio for ratio, *_, of in rows if kind in (of, None)]
        print(f"{kind or 'all'}: median {statistics.median(ratios):.2f}, worst {max(ratios):.2f}, {len(ratios)} layers")


if __name__ == "__main__":
    main()
