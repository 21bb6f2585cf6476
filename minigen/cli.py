"""The command line: minigen chapter | train NAME | data | info."""

from __future__ import annotations

import argparse
import io
import os
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from . import __version__, backend, command
from .errors import unknown_name
from .storage import files


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 1 after an error it could explain, 130 after Ctrl-C."""
    try:
        with command.interruptible():
            _never_fail_to_print()
            args = parser().parse_args(argv)
            if getattr(args, "backend", None):
                backend.use(args.backend)
            args.command(args)
            print(end="", flush=True)  # so that an error of the output is one of these
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # of `minigen train | head`, for one: what is left to print goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ValueError, TypeError, OSError, RuntimeError, ArithmeticError, MemoryError, ImportError) as error:
        if os.environ.get("MINIGEN_DEBUG"):
            raise
        print(f"minigen: {str(error) or repr(error)}\n(MINIGEN_DEBUG=1 shows where)", file=sys.stderr)
        return 1
    return 0


def _never_fail_to_print() -> None:
    """A "?" for each character that the terminal, or the file in its place, has no code for, in place of an error."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # stderr does so by itself; a notebook's stream knows all characters
        sys.stdout.reconfigure(errors="replace")


def parser() -> argparse.ArgumentParser:
    """The commands and their flags."""
    top = argparse.ArgumentParser(prog="minigen", description="Generative models from scratch on NumPy/CuPy.")
    top.add_argument("--version", action="version", version=f"minigen {__version__}")
    commands = top.add_subparsers(metavar="COMMAND")
    top.set_defaults(command=lambda args: top.print_help())

    chapter = commands.add_parser("chapter", help="run the whole chapter on the sample: every figure and one HTML page")
    _shared_flags(chapter)
    chapter.add_argument("--jobs", type=_positive, metavar="N", help="recipes at a time (default: as many as cores)")
    chapter.set_defaults(command=run_chapter)

    train = commands.add_parser("train", help="train one model of the chapter: minigen train fc-autoencoder")
    train.add_argument("name", nargs="?", metavar="NAME", help="leave it out for the list")
    _shared_flags(train)
    train.add_argument("--optimizer", help="sgd, adam, adadelta or rmsprop, with their defaults")
    train.add_argument("--loss", metavar="NAME", help="of a model that has the choice; a wrong one lists what there is")
    train.add_argument(
        "--latent-dim", type=_positive, metavar="N", help="latent variables, or a GAN's noise; if there is the choice"
    )
    train.add_argument("--preset", choices=["cpu", "gpu"], help="size of a GAN (default: as the backend)")
    train.add_argument("--text", metavar="FILE", help="a text to learn from, in UTF-8; for char-rnn")
    train.add_argument("--data", choices=["sample", "full"], help="default: the 70,000 digits if they are there")
    train.add_argument("--resume", action="store_true", help="go on from the checkpoint in the output folder")
    train.set_defaults(command=run_train)

    data = commands.add_parser("data", help="download a data set: minigen data mnist")
    data.add_argument("name", choices=["mnist"])
    data.set_defaults(command=run_data)

    info = commands.add_parser("info", help="versions, backends and data of this machine")
    info.set_defaults(command=run_info)
    return top


def _shared_flags(command: argparse.ArgumentParser) -> None:
    command.add_argument("--epochs", type=_positive, help="passes over the data")
    command.add_argument("--batch-size", type=_positive, help="samples a step")
    command.add_argument("--backend", choices=["numpy", "cupy", "auto"], help="default: MINIGEN_BACKEND, else numpy")
    command.add_argument("--seed", type=_natural, metavar="N", default=0, help="of every random draw (default 0)")
    command.add_argument("--out", default="out", help="folder for figures, weights and checkpoints (default out)")
    command.add_argument("--quick", action="store_true", help="1,000 digits and a tenth of the epochs: does it run?")


def tutorial_flags(about: str, epochs: int, quick_epochs: int, batch_size: int) -> argparse.Namespace:
    """The same flags for a tutorial script: args.epochs, .batch_size, .seed, .out, .quick; the backend is switched."""
    top = argparse.ArgumentParser(description=about)
    _shared_flags(top)
    _never_fail_to_print()
    args, others = top.parse_known_args()
    if others and not any(other.endswith(".json") for other in others):  # a notebook's kernel has flags of its own
        top.error(f"unknown: {' '.join(others)}")
    args.epochs = args.epochs or (quick_epochs if args.quick else epochs)
    args.batch_size = args.batch_size or batch_size
    if args.backend:
        backend.use(args.backend)
    backend.seed(args.seed)
    return args


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a positive integer is needed, got {text}")
    return int(text)


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"0, 1, 2, ... is needed, got {text}")
    return int(text)


def run_chapter(args: argparse.Namespace) -> None:
    """Cook every recipe on the sample and write the page."""
    from .recipes import Settings, execute_all, registry, report
    from .recipes.cores import usable_cores

    start, runs = time.perf_counter(), {}
    settings = Settings(
        args.epochs, args.batch_size, seed=args.seed, out=args.out, data="sample", quick=args.quick, verbose=0
    )
    jobs = args.jobs or (1 if backend.active() == "cupy" else usable_cores())
    recipes = registry.in_order()
    files.make_folder(args.out)
    files.check_writable(Path(args.out) / "chapter.html")
    print(f"{len(recipes)} recipes, {jobs} at a time", flush=True)
    for run in execute_all(recipes, settings, jobs):
        print(f"{run.recipe.section}  {run.recipe.title}, {run.seconds:.1f} s")
        for what, value, expected in run.numbers:
            print(f"    {what}: {value}" + (f"   ({expected})" if expected else ""), flush=True)
        for table in run.tables:
            print(table, flush=True)
        runs[run.recipe.name] = run
    in_order = [runs[recipe.name] for recipe in recipes]
    about = f"The chapter on {max(run.digits_learnt for run in in_order):,} digits of MNIST."
    if not any(run.short for run in in_order):
        about += " They are few, so it takes more epochs than on the 60,000."
    page = report.write(in_order, Path(args.out) / "chapter.html", about)
    print(f"{sum(len(r.figures) for r in in_order)} figures in {time.perf_counter() - start:.0f} s: {page}")


def run_train(args: argparse.Namespace) -> None:
    """Cook one recipe on the best data there is."""
    from .recipes import Run, Settings, registry, report

    if args.name is None:
        for recipe in registry.in_order():
            print(f"{recipe.name:24}{recipe.section:7}{recipe.title}")
        return
    if args.name not in registry.recipes:
        raise ValueError(unknown_name("model", args.name, registry.recipes))
    recipe = registry.recipes[args.name]
    settings = Settings(
        args.epochs,
        args.batch_size,
        args.optimizer,
        loss=args.loss,
        latent_dim=args.latent_dim,
        preset=args.preset,
        text=args.text,
        seed=args.seed,
        out=args.out,
        data=args.data,
        quick=args.quick,
        resume=args.resume,
    )
    recipe.check_flags(settings)
    run = Run(recipe, settings, recipe.epochs)
    try:
        run.execute()
    except KeyboardInterrupt:
        if list(run.folder.glob("*checkpoint.npz")):
            print("the same command with --resume goes on from the checkpoint", file=sys.stderr)
        raise
    about = f"{recipe.name}: seed {args.seed}"
    about += f", {run.epochs} epochs" * bool(recipe.epochs)
    about += f", batches of {run.batch_size}" * bool(run.batch_size)
    about += "".join(f", {choice}" for choice in (run.optimizer, run.loss, run.preset) if choice)
    about += f", {run.latent_dim} latent variables" * bool(run.latent_dim)
    about += f", {run.digits_learnt:,} digits" * bool(run.digits_learnt) + "."
    page = report.write([run], run.folder / "report.html", about)
    print(f"figures and numbers: {page}")


def run_data(args: argparse.Namespace) -> None:
    """Download the 70,000 digits into the cache."""
    from .datasets import mnist

    print(f"MNIST is in {mnist.download()}")


def run_info(args: argparse.Namespace) -> None:
    """What this machine has."""
    from .datasets import mnist
    from .recipes.cores import usable_cores

    print(f"minigen {__version__}, Python {platform.python_version()}, NumPy {np.__version__}, {usable_cores()} cores")
    print(f"backend: {backend.active()}")
    print(f"cupy:    {backend.why_not_cupy() or 'usable'}")
    (x_train, _), (x_test, _) = mnist.load_data()
    folder = os.environ.get("MINIGEN_DATA") or mnist.cache_folder()
    print(f"MNIST:   {len(x_train):,} + {len(x_test):,} digits (folder: {folder})")


if __name__ == "__main__":
    sys.exit(main())
