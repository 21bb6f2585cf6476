"""Many recipes at once: each in a process with one thread, as many as there are cores."""

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
from ..checks import positive_integer
from .base import Recipe, Run, Settings, registry

SCORER = "scorer"  # the recipe that trains the scorer
LONG = ("pixelcnn", "gan-traps", "cgan", "multitask")  # 20 seconds and more: at the end all cores but one would wait
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def execute_all(recipes: Sequence[Recipe], settings: Settings, jobs: int) -> Iterator[Run]:
    """The finished runs of the recipes: one by one as they stand, or `jobs` at a time in the order of in_turn().

    Two processes with one thread each do 1.4 times the work of one process with two: networks of this size do not keep
    two cores busy.
    """
    if jobs == 1 or not recipes:
        for recipe in recipes:
            yield Run(recipe, settings, recipe.chapter_epochs).execute()
        return
    jobs = positive_integer("cook_all: jobs", jobs, "jobs=2")
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _prepare_process)
    first, *others = in_turn(recipes)
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)  # read by NumPy's BLAS when a process starts
    try:
        runs = [_submit(pool, first, settings)]
        for recipe in others:
            if recipe.uses_scorer and first.name == SCORER:
                runs[0].result()  # the scorer is trained, and its weights are in the output folder
            runs.append(_submit(pool, recipe, settings))
        for run in runs:
            yield run.result()
    except BaseException:  # a failure, Ctrl-C, or a caller who wants no more
        for process in list((pool._processes or {}).values()):  # from Python 3.14 on: pool.terminate_workers()
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def in_turn(recipes: Sequence[Recipe]) -> list[Recipe]:
    """The scorer first, then the recipes that do not ask it, then those that do; of both the long ones first."""
    return sorted(recipes, key=lambda r: (r.name != SCORER, r.uses_scorer, r.name not in LONG))


def _submit(pool: ProcessPoolExecutor, recipe: Recipe, settings: Settings) -> Future[Run]:
    with _deaf_to_interrupts():  # it may start a process
        return pool.submit(_execute, recipe.name, settings, backend.active())


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes that are started in this block never see Ctrl-C, which a terminal sends to all: they inherit that it is
    blocked, and cook_all() ends them. (Windows has no such thing.)"""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _prepare_process() -> None:
    """Run in each process at first: it will end when its parent does, even if that was killed."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
    tqdm.set_lock(threading.RLock())  # its own would be a semaphore of the system, left behind by terminate()


def _execute(name: str, settings: Settings, library: str) -> Run:
    """In a process of its own."""
    backend.use(library)
    recipe = registry.recipes[name]
    run = Run(recipe, settings, recipe.chapter_epochs).execute()
    run.scorer = None  # its weights are in the output folder
    return run
