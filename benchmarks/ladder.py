"""The effect of each optimization in minigen: python benchmarks/ladder.py

One training step of the convolutional autoencoder: first without any of TRICKS, as plain NumPy code computes it, then
with one more of them on each rung; for comparison PyTorch with its defaults. Every rung runs in its own worker process,
and the workers take turns, as in run.py. The worker of a rung imports this file as the module with the model.
"""

import contextlib
import os

import minigen_models
from run import CONTENDERS, heading, markdown, measure, middle, options, ratio, versions

from minigen.kernels import blocks, conv, routes, windows
from minigen.model import fusion

VERSION = minigen_models.VERSION


def replace(module, name, value):
    """module.name = value; AttributeError if minigen has no such name."""
    getattr(module, name)
    setattr(module, name, value)


# ---- in the worker: for each trick, a function that disables it


def nothing():
    """Disabled by an environment variable of the worker: see rungs()."""


def whole_batch():
    """All images in one block."""
    replace(blocks, "BLOCK_BYTES", 1 << 60)


def scatter():
    """Add every product of dL/dy and the kernel to its pixel of dL/dx."""
    replace(routes, "scatters_input_gradient", lambda *_: True)


def separate_patches():
    """dL/dx from patches of dL/dy, and dL/dw from patches of x."""

    def gradients(x, w, g, axes, needs):
        dx = conv.input_gradient(g, w, axes) if needs[0] else None
        return dx, conv.kernel_gradient(x, g, axes) if needs[1] else None

    replace(conv, "conv2d_gradients", gradients)


def one_channel_as_many():
    """Compute images of 1 channel in the same way as images of 32."""
    replace(conv, "FEW_CHANNELS", 0)
    replace(windows, "FEW_CHANNELS", 0)


def without_pair(compute):
    """One layer after the other."""
    replace(fusion, "PAIRS", tuple(pair for pair in fusion.PAIRS if pair.compute is not compute))


class Unlimited:
    """Replaces the controller of threadpoolctl: it finds no BLAS and limits none."""

    lib_controllers = ()

    def limit(self, **_):
        return contextlib.nullcontext()


def one_thread():
    """Process the blocks in one thread; BLAS keeps its two."""
    replace(blocks, "_blas", Unlimited)


# in the order of the rungs: what a rung adds to the previous one, and how to disable it
TRICKS = [
    ("freed memory is kept (kernels/allocator.py)", nothing),
    ("block of images by block", whole_batch),
    ("dL/dx gathers instead of scattering", scatter),
    ("the same patches for dL/dx and dL/dw", separate_patches),
    ("few channels tap by tap", one_channel_as_many),
    ("up-sampling and convolution as one op", lambda: without_pair(fusion.up_conv)),
    ("convolution and pooling as one op", lambda: without_pair(fusion.conv_pool)),
    ("blocks shared out between two threads", one_thread),
]


def conv_ae():
    """The model on the rung given by LADDER_RUNG."""
    for _, switch_off in TRICKS[int(os.environ["LADDER_RUNG"]) :]:
        switch_off()
    return minigen_models.images.conv_ae()


MODELS = {"conv_ae": conv_ae}


# ---- the program


def rungs():
    """Like CONTENDERS in run.py: no trick, one trick, two, ..., all, and PyTorch."""
    names = ["no trick", *(f"+ {name}" for name, _ in TRICKS)]
    settings = [{"LADDER_RUNG": str(i), "MINIGEN_MALLOC": "1" if i else "0"} for i in range(len(names))]
    return {name: ("ladder", s) for name, s in zip(names, settings, strict=True)} | {"PyTorch": CONTENDERS["PyTorch"]}


def table(ms, reports):
    """The results as a Markdown table."""
    rows = [["", "ms a step", "/ the rung before", "/ PyTorch", "loss, step 10"]]
    before = None
    for c in reports:
        is_rung = c != "PyTorch"
        ratios = [ratio(ms[c], ms[other]) if is_rung and other else "" for other in (before, "PyTorch")]
        rows.append([c, middle(ms[c]), *ratios, f"{reports[c]['loss']:.4f}"])
        before = c
    return markdown(rows)


def main():
    args = options(__doc__.splitlines()[0]).parse_args()
    print(heading())
    ms, reports, note = measure("conv_ae", rungs(), args.sessions, args.rounds, args.steps, args.seconds)
    print(f"\nconv_ae: {note}\n{versions(reports)}\n\n{table(ms, reports)}")


if __name__ == "__main__":
    main()
