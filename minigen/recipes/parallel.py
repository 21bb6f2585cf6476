"""Recipes in parallel: one process per core, with one thread each."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor

from tqdm import tqdm

from .. import backend
from ..checks.values import positive_integer
from ..command import short_warnings
from .recipe import Recipe, registry
from .run import Run
from .settings import Settings

SCORER = "scorer"  # the recipe that trains the scorer
# 20 seconds and more; started last, they would leave cores idle
LONG = ("pixelcnn", "gan-traps", "cgan", "multitask", "diffusion", "flow")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def execute_all(recipes: Sequence[Recipe], settings: Settings, jobs: int) -> Iterator[Run]:
    """The finished runs of the recipes: for jobs=1 one after the other as listed, else in the order of in_turn().

    Two processes with one thread each do 1.4 times the work of one process with two: networks of this size do not keep
    two cores busy. Raises ValueError unless `jobs` is a positive integer, and what a recipe raises.
    """
    if jobs == 1 or not recipes:
        for recipe in recipes:
            yield Run(recipe, settings, recipe.chapter_epochs).execute()
        return
    jobs = positive_integer("execute_all: jobs", jobs, "jobs=2")
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _prepare_process)
    first, *others = in_turn(recipes)
    before = {name: os.environ[name] for name in ONE_THREAD if name in os.environ}
    os.environ.update(ONE_THREAD)  # read by NumPy's BLAS when a process starts
    try:
        runs = [_submit(pool, first, settings)]
        for recipe in others:
            if recipe.uses_scorer and first.name == SCORER:
                runs[0].result()  # wait until the weights of the scorer are in the output folder
            runs.append(_submit(pool, recipe, settings))
        for run in runs:
            yield run.result()
    except BaseException:  # an error, Ctrl-C, or a generator that is closed
        for process in list((pool._processes or {}).values()):  # Python 3.14 has pool.terminate_workers()
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        for name in ONE_THREAD:
            del os.environ[name]
        os.environ.update(before)


def in_turn(recipes: Sequence[Recipe]) -> list[Recipe]:
    """The scorer first, then the recipes that do not use it, then those that do; in both groups the long ones first."""
    return sorted(recipes, key=lambda r: (r.name != SCORER, r.uses_scorer, r.name not in LONG))


def _submit(pool: ProcessPoolExecutor, recipe: Recipe, settings: Settings) -> Future[Run]:
    with _interrupts_blocked():  # submit() may start a process
        return pool.submit(_execute, recipe.name, settings, backend.active())


@contextlib.contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Block SIGINT for processes that are started here: they inherit the mask, and execute_all() terminates them.

    A terminal sends Ctrl-C to all processes of the group. Windows has no signal masks.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _prepare_process() -> None:
    """Initialise a worker: it ends with its parent process, even if that is killed."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
    tqdm.set_lock(threading.RLock())  # the default is a semaphore of the system, which terminate() would leak


def _execute(name: str, settings: Settings, library: str) -> Run:
    """Run one recipe in a worker process."""
    backend.use(library)
    recipe = registry.recipes[name]
    with short_warnings():
        run = Run(recipe, settings, recipe.chapter_epochs).execute()
    run.scorer = None  # not sent back; its weights are in the output folder
    return run
