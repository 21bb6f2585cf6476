"""Where the time of a training step goes: python benchmarks/stages.py [MODEL ...]

For each model the products of matrices of one step are counted, with the gradients that are needed, and every array
that an op or the optimizer reads or writes. Three numbers of this machine turn the counts into times:

    products   multiplications and additions / what the BLAS library does in a second for 1024 x 1024 matrices
    memory     bytes / what a copy of 64 MB moves in a second
    engine     ops / how many the library runs in a second, measured with a network of a few numbers

floor = products + memory: the time for the products, and for moving every array once, at these speeds. The rest of the
step is copies into patches, elementwise work on arrays that are not in the cache, and threads waiting for each other.
"""

import statistics
import sys

import numpy as np
from minigen_models import MODELS
from run import heading, markdown
from worker import run

from minigen import ops
from minigen.autograd import Op
from minigen.kernels.masked import live_taps
from minigen.optimizers import Optimizer

DEFAULT = ["vae", "mlp_gan", "conv_ae", "dcgan", "pixelcnn", "lstm"]
READ_AND_WRITTEN = {"SGD": 3, "Adam": 7, "AdamW": 7, "Adadelta": 7}  # arrays of the size of the weights in a step


class Count:
    """What one step does; ops that a rule calls belong to it."""

    def __init__(self):
        self.flops = self.bytes = self.ops = 0
        self.inside = False


def flops(op, inputs, y):
    """Multiplications and additions of the products in one direction; 0 for an op without a product."""
    if isinstance(op, (ops.Linear, ops.MatMul)):
        return 2 * y.size * inputs[0].shape[-1]
    if isinstance(op, ops.MaskedConv):
        kernel, (up, beside) = inputs[1].shape, live_taps(inputs[1].shape[:2], op.sees_itself)
        return 2 * y.size * (up * kernel[1] + beside) * kernel[2]
    if isinstance(op, ops.ConvInputGradient):
        return 2 * inputs[0].size * np.prod(inputs[1].shape[:3])
    if isinstance(op, (ops.Conv, ops.ConvMaxPool)):
        rows, cols = op.axes
        return 2 * len(y) * rows.count * cols.count * inputs[1].size
    if isinstance(op, (ops.SimpleRecurrence, ops.GatedRecurrence, ops.LongShortTermMemory)):
        return 2 * len(inputs[0]) * inputs[0].shape[1] * inputs[1].size
    return 0


def counted(count):
    """Let the rules and the optimizers add to `count`; returns a function that undoes it."""
    kinds = [kind for kind in vars(ops).values() if isinstance(kind, type) and issubclass(kind, Op)]
    rules = [(kind, name, getattr(kind, name)) for kind in kinds for name in ("forward", "backward")]
    before = [(kind, name, vars(kind).get(name)) for kind, name, _ in rules]
    step = Optimizer.step

    def counting(rule, is_forward):
        def work(op, *arrays):
            if count.inside:
                return rule(op, *arrays)
            count.inside = True
            try:
                found = rule(op, *arrays)
            finally:
                count.inside = False
            results = [a for a in (found if isinstance(found, tuple) else (found,)) if a is not None]
            inputs, y = (arrays, found) if is_forward else (arrays[2:], arrays[1])
            several = isinstance(found, tuple)
            count.flops += flops(op, inputs, y) * (sum(a is not None for a in found[:2]) if several else 1)
            count.bytes += sum(getattr(a, "nbytes", 0) for a in [*arrays, *results])
            count.ops += 1
            return found

        return work

    def update(optimizer, parameters=None):
        step(optimizer, parameters)
        count.bytes += READ_AND_WRITTEN[type(optimizer).__name__] * sum(p.data.nbytes for p in parameters)

    for kind, name, rule in rules:
        setattr(kind, name, counting(rule, name == "forward"))
    Optimizer.step = update

    def undo():
        Optimizer.step = step
        for kind, name, rule in before:
            if rule is None:
                delattr(kind, name)
            else:
                setattr(kind, name, rule)

    return undo


def measured(work):
    """The median time of work() in ms."""
    return statistics.median(run(work, 20, 0.5))


def machine():
    """(floating-point operations, bytes, ops) in a millisecond"""
    a, copied = np.ones((1024, 1024), "float32"), np.ones(16 << 20, "float32")
    there = np.empty_like(copied)
    peak = 2 * 1024**3 / measured(lambda: a @ a)
    bandwidth = 2 * copied.nbytes / measured(lambda: np.copyto(there, copied))
    tiny, step = Count(), MODELS["tiny_mlp"]()
    step()
    undo = counted(tiny)
    step()
    undo()
    return peak, bandwidth, tiny.ops / measured(step)


def main():
    peak, bandwidth, speed = machine()
    print(f"{heading()}\n{peak / 1e6:.0f} GFLOP/s, {bandwidth / 1e6:.1f} GB/s, {1e3 / speed:.1f} us an op\n")
    rows = [["model", "ms", "GFLOP", "products, ms", "memory, ms", "engine, ms", "rest, ms", "ms / floor"]]
    for name in sys.argv[1:] or DEFAULT:
        step, count = MODELS[name](), Count()
        step()
        ms = measured(step)
        undo = counted(count)
        step()
        undo()
        products, memory, engine = count.flops / peak, count.bytes / bandwidth, count.ops / speed
        cells = [ms, count.flops / 1e9, products, memory, engine, ms - products - memory - engine]
        rows.append([name, *(f"{c:.2f}" for c in cells), f"{ms / (products + memory):.2f}"])
    print(markdown(rows))


if __name__ == "__main__":
    main()
