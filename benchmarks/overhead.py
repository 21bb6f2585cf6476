"""The overhead of minigen beyond the arithmetic: python benchmarks/overhead.py [--prototype engine.py]

1. microseconds per training step of a network so small that the engine dominates
2. import time, and whether heavy packages are imported
3. how often a debugger stops in backward() when it is stepped through with `s`
4. a chain of 100,000 operations
5. memory over 2,000 training steps
"""

import argparse
import os
import pathlib
import runpy
import statistics
import subprocess
import sys
import tempfile
import time

# one thread, set before NumPy is loaded: for arrays this small, starting a thread costs more than the work
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

import numpy as np

import minigen
from minigen import SGD, Adam, Dense, Input, Model, Tensor, losses, tanh

HEAVY = ["matplotlib", "tqdm", "pooch", "cupy", "torch", "scipy"]
CACHE = tempfile.TemporaryDirectory()  # for compiled modules
rng = np.random.default_rng(0)


def uniform(*shape):
    return rng.random(shape, dtype=np.float32)


def median_us(step, n=5000):
    """The median time of a call, in microseconds."""
    times = []
    for _ in range(n):
        before = time.perf_counter()
        step()
        times.append(1e6 * (time.perf_counter() - before))
    return statistics.median(times)


# ---- 1. the engine


def step_with_layers():
    """A 2-layer MLP, 20 -> 16 -> 1 on 32 rows; the layers are called directly."""
    x, t = Tensor(uniform(32, 20)), Tensor(uniform(32, 1))
    first, second, optimizer = Dense(16), Dense(1), SGD(0.01)
    second(first(x))  # builds the weights
    weights = first.parameters() + second.parameters()

    def step():
        loss = losses.mean_squared_error(t, second(tanh(first(x))))
        loss.backward()
        optimizer.step(weights)

    return step


def step_by_hand():
    """The same in plain NumPy: a lower bound for any engine."""
    x, t = uniform(32, 20), uniform(32, 1)
    w1, b1, w2, b2 = (weights := [uniform(20, 16), uniform(16), uniform(16, 1), uniform(1)])

    def step():
        h = np.tanh(x @ w1 + b1)
        d = h @ w2 + b2 - t
        (d * d).mean()
        g = d * (2 / d.size)
        g1 = g @ w2.T * (1 - h * h)
        for w, gw in zip(weights, (x.T @ g1, g1.sum(axis=0), h.T @ g, g.sum(axis=0)), strict=True):
            w -= 0.01 * gw

    return step


# ---- 2. the import


def fresh(code, *options):
    """Run `code` in a new interpreter: (seconds, what it printed)."""
    env = os.environ | {"PYTHONPYCACHEPREFIX": CACHE.name, "PYTHONDONTWRITEBYTECODE": ""}  # compiled, as if installed
    start = time.perf_counter()
    done = subprocess.run([sys.executable, *options, "-c", code], check=True, capture_output=True, text=True, env=env)
    return time.perf_counter() - start, done.stdout + done.stderr


def import_ms(n):
    """Medians over n pairs, in ms: `import numpy`, and how much longer `import minigen` takes."""
    fresh("import minigen")  # compiles
    pairs = [(fresh("import numpy")[0], fresh("import minigen")[0]) for _ in range(n)]
    return 1000 * statistics.median(a for a, _ in pairs), 1000 * statistics.median(b - a for a, b in pairs)


def slowest_imports(n):
    """The n slowest modules, without their own imports, among those that NumPy does not load: [(ms, name)]."""
    lines = fresh("import numpy; import minigen", "-X", "importtime")[1].splitlines()
    rows = [line.removeprefix("import time:").split("|") for line in lines[1:]]
    names = [name.rstrip() for _, _, name in rows]
    after = rows[names.index(" numpy") + 1 :]
    return sorted(((int(own) / 1000, name.strip()) for own, _, name in after), reverse=True)[:n]


# ---- 3. the debugger


def stops(function, *args):
    """How often pdb stops inside function(*args) under `s`: at every call, line and return of Python code."""
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        count += event in ("call", "line", "return")
        return trace

    sys.settrace(trace)
    try:
        function(*args)
    finally:
        sys.settrace(None)
    return count


def debugger_stops(engine):
    """(stops in the Tanh rule, stops in backward() of an MLP of 9 ops) for a module with Tensor, Tanh and tanh."""
    rule = stops(engine.Tanh().backward, *(uniform(32, 16) for _ in "gyx"))
    w1, b1, w2, b2 = (engine.Tensor(uniform(*s), requires_grad=True) for s in ((20, 16), (16,), (16, 1), (1,)))
    h = engine.tanh(engine.Tensor(uniform(32, 20)) @ w1 + b1)
    loss = ((h @ w2 + b2 - engine.Tensor(uniform(32, 1))) ** 2).sum() * (1 / 32)
    return rule, stops(loss.backward)


# ---- 4. and 5.


def chain_seconds(n):
    """Seconds to record x + 1 + 1 + ..., for the backward pass, and to free the chain."""
    x = Tensor(np.float32(0), requires_grad=True)
    times, y = [time.perf_counter()], x
    for _ in range(n):
        y = y + 1
    times.append(time.perf_counter())
    y.backward()
    times.append(time.perf_counter())
    assert x.grad == 1 and y.item() == n
    del y
    times.append(time.perf_counter())
    return [b - a for a, b in zip(times, times[1:], strict=False)]


def memory_mb(steps):
    """Resident memory after each of the given numbers of steps of a dense autoencoder (Linux)."""
    inputs = Input(shape=(784,))
    model = Model(inputs, Dense(784, "sigmoid")(Dense(32, "relu")(inputs)))
    model.compile(Adam(), "binary_crossentropy")
    statm, page = pathlib.Path("/proc/self/statm"), os.sysconf("SC_PAGE_SIZE")
    found = []
    for i in range(1, max(steps) + 1):
        x = Tensor(uniform(64, 784))
        model.train_step(x, x)
        if i in steps:
            found.append(int(statm.read_text().split()[1]) * page / 2**20)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prototype", metavar="PATH", help="another engine to count debugger stops in")
    args = parser.parse_args()
    early, late = memory_mb([200, 2000])  # first: memory that was freed before would hide a leak
    layers, hand = (statistics.median(median_us(make()) for _ in range(5)) for make in (step_with_layers, step_by_hand))
    print(f"1. tiny MLP: {layers:.0f} us a step (at most 120); the same by hand in NumPy {hand:.0f} us")
    base, extra = import_ms(15)
    print(f"2. import minigen: {extra:.0f} ms (less than 60) on top of {base:.0f} ms for python and numpy")
    print("   slowest:", ", ".join(f"{name} {ms:.1f} ms" for ms, name in slowest_imports(8)))
    loaded = fresh(f"import minigen, sys; print([m for m in {HEAVY} if m in sys.modules])")[1].strip()
    print(f"   of {', '.join(HEAVY)} it loads: {loaded}")
    engines = {"minigen": argparse.Namespace(Tensor=Tensor, tanh=tanh, Tanh=minigen.ops.activation.Tanh)}
    if args.prototype:
        engines["prototype"] = argparse.Namespace(**runpy.run_path(args.prototype))
    for name, engine in engines.items():
        rule, whole = debugger_stops(engine)
        print(f"3. {name}: pdb stops {rule} times in the tanh rule, {whole} times in backward() of 9 ops")
    record, back, drop = chain_seconds(100_000)
    print(f"4. 100,000 ops: {record:.2f} s forward, {back:.2f} s backward, {drop:.2f} s to free")
    print(f"5. memory: {early:.1f} MB after 200 steps, {late:.1f} MB after 2,000 (the same, to 1 MB)")


if __name__ == "__main__":
    main()
