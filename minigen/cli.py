"""The command line: minigen chapter | train NAME | explore RUN | data | tutorials | coursework | info."""

from __future__ import annotations

import argparse
import dataclasses
import io
import math
import os
import platform
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import __version__, backend, command, parallel
from .checks.values import named
from .console import in_notebook
from .errors import message
from .plot import figures
from .progress import progress
from .storage import files

if TYPE_CHECKING:
    from .recipes import Settings


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 0, 1 after an expected error, 130 after Ctrl-C."""
    try:
        with command.interruptible(), command.short_warnings():
            _replace_unknown_characters()
            _join_ranks()
            args = parser().parse_args(argv)
            _check_ranks(args)
            if getattr(args, "backend", None):
                backend.use(args.backend)
            args.command(args)
            print(end="", flush=True)  # so that errors of stdout are raised here
    except KeyboardInterrupt:
        if parallel.rank() == 0:
            print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # as in `minigen train | head`: the rest of the output is discarded
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ValueError, TypeError, OSError, RuntimeError, ArithmeticError, MemoryError, ImportError) as error:
        if os.environ.get("MINIGEN_DEBUG"):
            raise
        text = f"minigen: {str(error) or repr(error)}\n(MINIGEN_DEBUG=1 shows where)"
        parallel.fail(error, lambda: print(text, file=sys.stderr))
        return 1
    return 0


def _join_ranks() -> None:
    """Under mpiexec with several ranks, train in parallel; rank 0 alone prints."""
    if parallel.launched():
        parallel.init()
    if parallel.rank():
        sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")


def _check_ranks(args: argparse.Namespace) -> None:
    """RuntimeError under mpiexec with several ranks for what one process does."""
    if parallel.size() > 1 and args.command is not run_train:
        where, fix = "minigen under mpiexec", "this command without mpiexec; mpiexec -n 2 minigen train vae"
        got = f"another command, on {parallel.size()} ranks"
        raise RuntimeError(message(where, expected="minigen train", got=got, fix=fix))


def _replace_unknown_characters() -> None:
    """Print "?" for each character that the encoding of stdout lacks, instead of raising UnicodeEncodeError."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # not the stream of a notebook, which takes all characters
        sys.stdout.reconfigure(errors="replace")


def parser() -> argparse.ArgumentParser:
    """The commands and their flags."""
    top = argparse.ArgumentParser(prog="minigen", description="Generative models from scratch on NumPy/CuPy.")
    top.add_argument("--version", action="version", version=f"minigen {__version__}")
    commands = top.add_subparsers(metavar="COMMAND")
    top.set_defaults(command=lambda args: top.print_help())

    chapter = commands.add_parser("chapter", help="run the whole chapter on the sample: all figures and one HTML page")
    _shared_flags(chapter)
    _figures_flag(chapter)
    chapter.add_argument("--jobs", type=_integer, metavar="N", help="recipes run in parallel (default: one per core)")
    chapter.set_defaults(command=run_chapter)

    train = commands.add_parser("train", help="train one model of the chapter: minigen train fc-autoencoder")
    train.add_argument("name", nargs="?", metavar="NAME", help="omit it for the list")
    _shared_flags(train)
    _figures_flag(train)
    train.add_argument("--optimizer", help="sgd, adam, adamw, adadelta or rmsprop, with their defaults")
    train.add_argument("--loss", metavar="NAME", help="for a model with several; a wrong name lists them")
    latent_dim = partial(_integer, most=1_000_000)
    train.add_argument("--latent-dim", type=latent_dim, metavar="N", help="latent variables, or size of a GAN's noise")
    train.add_argument("--preset", choices=["cpu", "gpu"], help="size of a GAN or a U-Net (default: for the backend)")
    train.add_argument("--text", metavar="FILE", help="training text in UTF-8, for char-rnn and gpt")
    train.add_argument(
        "--data",
        metavar="DATA",
        help="sample or full (of MNIST), a name such as fashion-mnist, or a folder of idx or npz files or of pictures "
        "(default: the 70,000 digits if available)",
    )
    size = ("ROWS", "COLUMNS")
    train.add_argument("--size", type=_integer, nargs=2, metavar=size, help="of pictures, to which all are resized")
    train.add_argument("--color", choices=["rgb", "grey"], default="rgb", help="of pictures (default rgb)")
    train.add_argument("--resume", action="store_true", help="continue from the checkpoint in the output folder")
    train.add_argument("--watch", action="store_true", help="a page in the output folder that shows the training")
    train.set_defaults(command=run_train)

    explore = commands.add_parser(
        "explore", help="a trained model as one page for the browser: minigen explore out/vae"
    )
    explore.add_argument("runs", nargs="+", metavar="RUN", help="the folder of a run, or a file of model.save()")
    explore.add_argument("-o", "--output", default="explorer.html", metavar="FILE", help="default explorer.html")
    explore.set_defaults(command=run_explore)

    data = commands.add_parser("data", help="download a data set: minigen data mnist")
    data.add_argument("name", nargs="?", metavar="NAME", help="mnist, fashion-mnist, ...; omit it for the list")
    data.set_defaults(command=run_data)

    tutorials = commands.add_parser("tutorials", help="the tutorials as scripts: minigen tutorials DIR writes them")
    tutorials.add_argument("folder", nargs="?", metavar="DIR", help="omit it for the list")
    tutorials.set_defaults(command=run_tutorials)

    coursework = commands.add_parser(
        "coursework",
        help="exercises with tests and marks: minigen coursework DIR writes them, ... grade PATH marks an answer",
        description="Without a word: the list. DIR: write the folders of the exercises into it. grade PATH: mark a "
        "submission, .py or .ipynb, or a folder of them. check PATH: the public tests alone.",
    )
    coursework.add_argument("words", nargs="*", metavar="DIR | grade PATH | check PATH")
    natural = partial(_integer, least=0)
    coursework.add_argument("--only", type=_integer, nargs="+", default=[], metavar="N", help="numbers of exercises")
    coursework.add_argument("--exercise", type=_integer, metavar="N", help="that the submission answers")
    coursework.add_argument("--csv", metavar="FILE", help="write the marks of all submissions to it")
    coursework.add_argument("--seconds", type=_integer, default=10, help="time limit of a test (default 10)")
    coursework.add_argument("--megabytes", type=_integer, default=1024, help="memory limit of a test (default 1024)")
    coursework.add_argument(
        "--user", type=natural, default=0, metavar="N", help="number of the user that runs the code"
    )
    coursework.set_defaults(command=run_coursework, refuse=coursework.error)

    info = commands.add_parser("info", help="versions, backends and data of this machine")
    info.set_defaults(command=run_info)
    return top


def _shared_flags(command: argparse.ArgumentParser) -> None:
    command.add_argument("--epochs", type=_integer, help="passes over the data")
    command.add_argument("--batch-size", type=_integer, help="samples per step")
    command.add_argument("--backend", choices=["numpy", "cupy", "auto"], help="default: MINIGEN_BACKEND, else numpy")
    natural = partial(_integer, least=0)
    command.add_argument("--seed", type=natural, metavar="N", default=0, help="of all random draws (default 0)")
    command.add_argument("--out", default="out", help="folder for figures, weights and checkpoints (default out)")
    command.add_argument("--quick", action="store_true", help="1,000 images and a tenth of the epochs, as a test")


def _figures_flag(command: argparse.ArgumentParser) -> None:
    about = "write the figures in these formats too, for slides and papers"
    command.add_argument("--figures", nargs="+", choices=["pdf", "svg"], default=(), help=about)


def tutorial_flags(
    about: str, epochs: int, quick_epochs: int, batch_size: int, shows_saved: bool = True
) -> argparse.Namespace:
    """The shared flags for a tutorial script: args.epochs, .batch_size, .seed, .out, .quick.

    The backend is switched and its generator seeded. Under mpiexec the ranks train in parallel. In a notebook each
    figure that is saved is shown too, unless shows_saved=False: the cells of that tutorial end with their figures.
    """
    _join_ranks()
    top = argparse.ArgumentParser(description=about)
    _shared_flags(top)
    _replace_unknown_characters()
    args, others = top.parse_known_args()
    if others and not any(other.endswith(".json") for other in others):  # a notebook's kernel is given a file
        top.error(f"unknown: {' '.join(others)}")
    args.epochs = args.epochs or (quick_epochs if args.quick else epochs)
    args.batch_size = args.batch_size or batch_size
    if args.backend:
        backend.use(args.backend)
    backend.seed(args.seed)
    figures.shows_saved = shows_saved and in_notebook()
    return args


def _integer(text: str, least: int = 1, most: float = math.inf) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        bounds = f"at least {least}" if most == math.inf else f"{least:,} to {most:,}"
        raise argparse.ArgumentTypeError(f"an integer of {bounds} is needed, got {text}")
    return int(text)


def _settings(args: argparse.Namespace, **fixed: Any) -> Settings:
    """The settings of a run: those that the command has as flags, and `fixed`."""
    from .recipes import Settings

    names = [field.name for field in dataclasses.fields(Settings) if hasattr(args, field.name)]
    return Settings(**{name: getattr(args, name) for name in names} | fixed)


def run_chapter(args: argparse.Namespace) -> None:
    """Run every recipe on the sample and write the page."""
    from .cores import usable_cores
    from .recipes import execute_all, registry, report

    start, runs = time.perf_counter(), {}
    settings = _settings(args, data="sample", verbose=0)
    jobs = args.jobs or (1 if backend.active() == "cupy" else usable_cores())
    recipes = registry.in_order()
    files.make_folder(args.out)
    files.check_writable(Path(args.out) / "chapter.html")
    print(f"{len(recipes)} recipes, {jobs} at a time", flush=True)
    with progress("chapter", len(recipes), 0, 1) as bar:
        for run in execute_all(recipes, settings, jobs):
            bar.write(f"{run.recipe.section}  {run.recipe.title}, {run.seconds:.1f} s")
            for what, value, expected in run.numbers:
                bar.write(f"    {what}: {value}" + (f"   ({expected})" if expected else ""))
            for table in run.tables:
                bar.write(str(table))
            print(end="", flush=True)
            bar.update(1)
            runs[run.recipe.name] = run
    in_order = [runs[recipe.name] for recipe in recipes]
    about = f"The chapter on {max(run.images_learnt for run in in_order):,} digits of MNIST."
    if not any(run.short for run in in_order):
        about += " They are few, so training takes more epochs than on the 60,000."
    page = report.write(in_order, Path(args.out) / "chapter.html", about)
    print(f"{sum(len(r.figures) for r in in_order)} figures in {time.perf_counter() - start:.0f} s: {page}")


def run_train(args: argparse.Namespace) -> None:
    """Run one recipe, by default on all of MNIST if it is available; without a name, list them all."""
    from .recipes import Run, registry, report

    if args.name is None:
        for recipe in registry.in_order():
            print(f"{recipe.name:24}{recipe.section:7}{recipe.title}")
        return
    short = {name.replace("autoencoder", "ae"): repr(name) for name in registry.recipes if "autoencoder" in name}
    recipe = named("model", args.name, registry.recipes, short)
    settings = _settings(args)
    recipe.check_flags(settings)
    run = Run(recipe, settings, recipe.epochs)
    if run.page is not None:
        print(f"open {run.page.path} in a browser: it shows the training, and reloads itself")
    try:
        run.execute()
    except KeyboardInterrupt:
        if list(run.folder.glob("*checkpoint.npz")):
            print("the same command with --resume continues from the checkpoint", file=sys.stderr)
        raise
    parts = [
        f"seed {args.seed}",
        f"{run.epochs} epochs" if recipe.epochs else "",
        f"batches of {run.batch_size}" if run.batch_size else "",
        *(run.optimizer, run.loss, run.preset),
        f"{run.latent_dim} latent variables" if run.latent_dim else "",
        run.words(f"{run.images_learnt:,} digits") if run.images_learnt else "",
    ]
    about = f"{recipe.name}: {', '.join(part for part in parts if part)}."
    if parallel.rank() == 0:  # it reads the figures, which rank 0 has written
        page = report.write([run], run.folder / "report.html", about)
        print(f"figures and numbers: {page}")


def run_explore(args: argparse.Namespace) -> None:
    """Write a page on which the models of one or more runs can be played with."""
    from .explorer import page_of, write_page
    from .recipes import saved

    page = write_page(args.output, page_of([saved.read(path) for path in args.runs]))
    print(f"{page}: {page.stat().st_size / 1e6:.1f} MB, for any browser")


def run_data(args: argparse.Namespace) -> None:
    """Download a data set into the cache; without a name, list those that have one."""
    from .datasets import download
    from .datasets.images.sources import SOURCES

    if args.name is None:
        print("\n".join(SOURCES))
        return
    print(f"{args.name} is in {download(args.name)}")


def run_tutorials(args: argparse.Namespace) -> None:
    """Write the scripts of the tutorials into a folder; without one, list them."""
    from . import tutorials

    if args.folder is None:
        print("\n".join(script.name for script in tutorials.scripts()))
        return
    written = tutorials.write(args.folder)
    print(f"{len(written)} scripts; begin with: python {written[0]} --quick")


def run_coursework(args: argparse.Namespace) -> None:
    """List the exercises, write their folders, or mark submissions."""
    from .coursework import command

    command.run(args)


def run_info(args: argparse.Namespace) -> None:
    """Print versions, backends and data of this machine."""
    from .cores import usable_cores
    from .datasets import mnist

    print(f"minigen {__version__}, Python {platform.python_version()}, NumPy {np.__version__}, {usable_cores()} cores")
    print(f"backend: {backend.active()}")
    precision = "TF32, with three digits" if os.environ.get("CUPY_TF32") == "1" else "float32 (CUPY_TF32=1: TF32)"
    print(f"cupy:    {backend.why_not_cupy() or f'usable, products in {precision}'}")
    (x_train, _), (x_test, _) = mnist.load_data()
    folder = os.environ.get("MINIGEN_DATA") or mnist.cache_folder()
    source = f"in {folder}" if len(x_train) > 5000 else f"the sample in the package; no full set in {folder}"
    print(f"MNIST:   {len(x_train):,} + {len(x_test):,} digits ({source})")


if __name__ == "__main__":
    sys.exit(main())
