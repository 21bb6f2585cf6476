"""Training runs beside threads that predict, sample and trace: python tools/torture_threads.py

1. six runs of fit() for each of four models, beside another thread: the weights must equal those of a run alone bit by
   bit
2. 2,000 backward passes of a residual network beside four such threads: errors, and gradients that differ
3. the cost of a mode per thread: microseconds per step of a tiny MLP, compared with one mode for all threads

Exit status 1 if a run differs.
"""

import argparse
import statistics
import sys
import threading
import time
import types

import numpy as np

import minigen
from minigen import SGD, Adam, Dense, Dropout, Input, Model, Sequential, Tensor, losses, models, tanh
from minigen.autograd import op, sweep

IMAGES = np.random.default_rng(0).random((192, 28, 28, 1), dtype="float32")
FLAT = IMAGES.reshape(len(IMAGES), -1)


def other_work():
    """A function that the other threads repeat."""
    convolutional, dense, vae = models.conv_autoencoder(), models.fc_autoencoder(), models.vae(2)

    def work():
        convolutional.predict(IMAGES[:32])
        dense.predict(FLAT)
        vae.sample(10)
        with minigen.trace():
            dense(FLAT[:4])
        minigen.seed(1)

    return work


class Beside:
    """`with Beside(n, work):` n threads repeat work() until the end of the block."""

    def __init__(self, n, work):
        self.stop, self.work, self.errors = threading.Event(), work, []
        self.threads = [threading.Thread(target=self.run) for _ in range(n)]

    def run(self):
        while not self.stop.is_set():
            try:
                self.work()
            except Exception as error:
                self.errors.append(error)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *exc):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def dropout_net():
    model = Sequential([Input((784,)), Dense(128, "relu"), Dropout(0.3), Dense(784, "sigmoid")])
    model.compile(Adam(1e-3), "binary_crossentropy")
    return model, (FLAT, FLAT)


def dense_autoencoder():
    model = models.deep_fc_autoencoder()
    model.compile(Adam(1e-3), "binary_crossentropy")
    return model, (FLAT, FLAT)


def convolutional_autoencoder():
    model = models.conv_autoencoder()
    model.compile(Adam(1e-3), "binary_crossentropy")
    return model, (IMAGES, IMAGES)


def variational_autoencoder():
    model = models.vae(2)
    model.compile(Adam(1e-3))
    return model, (FLAT,)


def trained(make):
    """The weights after two epochs, from seed 0."""
    minigen.seed(0)
    model, data = make()
    model.fit(*data, epochs=2, batch_size=64, verbose=0)
    return model.get_weights()


def equal_runs(make, runs):
    alone, equal = trained(make), 0
    for _ in range(runs):
        with Beside(1, other_work()) as beside:
            weights = trained(make)
        equal += not beside.errors and all(map(np.array_equal, weights, alone))
    return equal


class Residual(Model):
    """x + f(x) + f(x / 2)"""

    def __init__(self):
        super().__init__()
        self.inner = Sequential([Input((784,)), Dense(64, "tanh"), Dense(784)])

    def call(self, x, training=False):
        return x + self.inner(x) + self.inner(x * 0.5)


def backward_passes(n):
    """(errors, wrong gradients) of n passes beside four threads."""
    net, errors, wrong = Residual(), 0, 0
    weights = net.parameters()

    def gradients():
        net(FLAT[:8]).sum().backward()
        return [w.grad for w in weights]

    right = gradients()
    with Beside(4, other_work()) as beside:
        for _ in range(n):
            try:
                wrong += not all(map(np.array_equal, gradients(), right))
            except Exception:
                errors += 1
    return errors + len(beside.errors), wrong


def cost_of_threads(n):
    """Median microseconds of a step with a mode for each thread, and with one for all, measured alternately."""
    rng = np.random.default_rng(0)
    x, t = Tensor(rng.random((32, 20), dtype="float32")), Tensor(rng.random((32, 1), dtype="float32"))
    first, second, optimizer = Dense(16), Dense(1), SGD(0.01)
    second(first(x))
    weights = first.parameters() + second.parameters()
    local, common = op.mode, types.SimpleNamespace(recording=True, observer=None)
    times = {id(local): [], id(common): []}
    for i in range(2 * n):
        op.mode = sweep.mode = local if i // 100 % 2 else common
        start = time.perf_counter()
        loss = losses.mean_squared_error(t, second(tanh(first(x))))
        loss.backward()
        optimizer.step(weights)
        times[id(op.mode)].append(1e6 * (time.perf_counter() - start))
    op.mode = sweep.mode = local
    return statistics.median(times[id(local)]), statistics.median(times[id(common)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=6, help="of fit(), for each model")
    parser.add_argument("--passes", type=int, default=2000, help="backward passes of the residual net")
    args = parser.parse_args()
    failed = False
    for make in (dropout_net, dense_autoencoder, convolutional_autoencoder, variational_autoencoder):
        equal = equal_runs(make, args.runs)
        failed |= equal < args.runs
        print(f"1. {make.__name__}: {equal} of {args.runs} runs equal the run alone", flush=True)
    errors, wrong = backward_passes(args.passes)
    print(f"2. {args.passes} backward passes beside four threads: {errors} errors, {wrong} wrong gradients", flush=True)
    local, common = cost_of_threads(20_000)
    print(f"3. tiny MLP: {local:.1f} us a step with a mode for each thread, {common:.1f} us with one for all")
    return int(failed or errors or wrong)


if __name__ == "__main__":
    sys.exit(main())
