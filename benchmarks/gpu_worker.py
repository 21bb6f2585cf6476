"""One contender on the GPU in its own process, started by gpu.py: `python gpu_worker.py minigen fc_ae 1.0`.

Prints one line of JSON: the time of a step in ms, of blocks of steps between two waits for the device, so that nothing
is timed while it is still in the queue; the time of the first step with all compilations; the memory that the library
holds on the device, which is the most it has needed; and the loss of the tenth step.

Contenders: minigen; minigen graphs, whose step is replayed as a CUDA graph; PyTorch, eager; PyTorch compiled, whose
whole step is given to torch.compile. TF32=1 lets all round the factors of products to TF32. With --dry-run minigen runs
on the stand-in for CuPy, and PyTorch on the CPU.
"""

import importlib
import json
import os
import statistics
import sys
import time
import warnings

WARM_UP = 10  # steps: compilations, the pool of memory, and what is kept from one step to the next
BLOCK = 10  # steps between two waits


def with_graphs():
    """Every model that is compiled has a train_step that is recorded; one that cannot be is an error."""
    from minigen.model import replay
    from minigen.model.trainer import Trainer

    warnings.simplefilter("error", replay.GraphWarning)
    usual = Trainer.compile

    def compile_and_record(model, *args, **options):
        usual(model, *args, **options)
        vars(model).pop("train_step", None)
        vars(model)["train_step"] = replay.Replayed(model)

    Trainer.compile = compile_and_record


def minigen_step(model, dry_run, graphs=False):
    """(a step, a function that waits, one that gives the MB on the device)"""
    os.environ["CUPY_TF32"] = os.environ.get("TF32", "0")
    if dry_run:
        import gpu_parity

        gpu_parity.dry_run()
    import minigen

    minigen.use("cupy")
    import cupy

    if graphs:
        with_graphs()
    step = importlib.import_module("minigen_models").MODELS[model]()
    return step, cupy.cuda.Device().synchronize, lambda: cupy.get_default_memory_pool().total_bytes() / 2**20


def torch_step(model, dry_run, compiled=False):
    """The same of PyTorch."""
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    os.environ["TORCH_DEVICE"] = device = "cpu" if dry_run else "cuda"
    import torch

    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = os.environ.get("TF32") == "1"
    with torch.device(device):
        step = importlib.import_module("torch_models").MODELS[model]()
    step = torch.compile(step) if compiled else step
    if dry_run:
        return step, lambda: None, lambda: 0.0
    return step, torch.cuda.synchronize, lambda: torch.cuda.max_memory_reserved() / 2**20


def measure(step, wait, memory, seconds):
    """What the module's text says, as a dictionary."""
    start = time.perf_counter()
    step()
    wait()
    first = time.perf_counter() - start
    loss = float([step() for _ in range(WARM_UP - 1)][-1].item())
    blocks, start = [], time.perf_counter()
    while len(blocks) < 3 or time.perf_counter() - start < seconds:
        wait()
        before = time.perf_counter()
        for _ in range(BLOCK):
            step()
        wait()
        blocks.append(1000 * (time.perf_counter() - before) / BLOCK)
    return {"ms": statistics.median(blocks), "first": first, "mb": memory(), "loss": loss}


def main(contender, model, seconds, *options):
    dry_run = "--dry-run" in options
    make = minigen_step if contender.startswith("minigen") else torch_step
    variant = {"minigen graphs": {"graphs": True}, "PyTorch compiled": {"compiled": True}}.get(contender, {})
    print(json.dumps(measure(*make(model, dry_run, **variant), float(seconds))))


if __name__ == "__main__":
    main(*sys.argv[1:])
