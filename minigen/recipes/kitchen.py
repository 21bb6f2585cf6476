"""Many recipes at once: each in a process with one thread, as many as there are cores."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from .. import backend
from ..errors import positive_integer
from .base import Recipe, Run, Settings, book

JUDGE = "scorer"  # the recipe that trains the scorer
LONG = ("pixelcnn", "gan-traps", "cgan", "multitask")  # 20 seconds and more: at the end all cores but one would wait
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def cook_all(recipes: Sequence[Recipe], settings: Settings, jobs: int) -> Iterator[Run]:
    """The finished runs of the recipes: one by one as they stand, or `jobs` at a time in the order of in_turn().

    Two processes with one thread each do 1.4 times the work of one process with two: networks of this size do not keep
    two cores busy.
    """
    if jobs == 1 or not recipes:
        for recipe in recipes:
            yield Run(recipe, settings, recipe.chapter_epochs).cook()
        return
    pool = ProcessPoolExecutor(positive_integer("cook_all: jobs", jobs, "jobs=2"), multiprocessing.get_context("spawn"))
    first, *others = in_turn(recipes)
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)  # read by NumPy's BLAS when a process starts
    try:
        runs = [pool.submit(_cook, first.name, settings, backend.active())]
        for recipe in others:
            if recipe.judged and first.name == JUDGE:
                runs[0].result()  # the scorer is trained, and its weights are in the output folder
            runs.append(pool.submit(_cook, recipe.name, settings, backend.active()))
        for run in runs:
            yield run.result()
    finally:
        pool.shutdown(cancel_futures=True)  # after a failure no more are begun, but for the few next in the queue
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def in_turn(recipes: Sequence[Recipe]) -> list[Recipe]:
    """The scorer first, then the recipes that do not ask it, then those that do; of both the long ones first."""
    return sorted(recipes, key=lambda r: (r.name != JUDGE, r.judged, r.name not in LONG))


def _cook(name: str, settings: Settings, library: str) -> Run:
    """In a process of its own."""
    backend.use(library)
    recipe = book.recipes[name]
    run = Run(recipe, settings, recipe.chapter_epochs).cook()
    run.scorer = None  # its weights are in the output folder
    return run
