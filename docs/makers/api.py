"""The pages of the API: a table of pages, and what each of them lists, by the file that defines it."""

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import get_origin

import minigen

from .files import remove_others, write


@dataclass(frozen=True)
class Page:
    """A page: its file, title and first sentence, and the modules of which it has the public names.

    A module "minigen.models.gans" stands for those names of minigen.models that are defined in this folder.
    """

    file: str
    title: str
    about: str
    modules: tuple[str, ...]


PAGES = (
    Page("tensors", "Tensors", "An array with a gradient, and where it is computed.", ("tensor", "backend", "types")),
    Page(
        "autograd",
        "Gradients",
        "The graph, the backward pass, and how a gradient is checked.",
        ("autograd", "gradcheck"),
    ),
    Page("ops", "Ops", "Differentiable functions, each formula beside its derivative.", ("ops",)),
    Page("layers", "Layers", "Layers with Keras' names.", ("layers", "initializers")),
    Page("losses", "Losses and metrics", "One function for each equation.", ("losses", "metrics")),
    Page("model", "Model and Sequential", "Layers as one model, and its file.", ("model",)),
    Page(
        "models-9-0",
        "Models of sections 9.0 and 9.1: P(Y | X), scores",
        "Classifiers, and how samples are measured.",
        ("models.evaluation",),
    ),
    Page("models-9-1", "Models of section 9.1: GANs", "A generator whose loss is another network.", ("models.gans",)),
    Page(
        "models-9-2",
        "Models of sections 9.2.1 to 9.2.3: autoencoders",
        "An image as few numbers.",
        ("models.autoencoders", "models.latent"),
    ),
    Page("models-9-2-4", "Models of section 9.2.4: VAEs", "A latent space that can be drawn from.", ("models.vaes",)),
    Page(
        "models-9-2-5",
        "Models of section 9.2.5: one encoder, many tasks",
        "VAE-GAN and heads.",
        ("models.multitask",),
    ),
    Page(
        "models-9-3",
        "Models of section 9.3: autoregressive models",
        "The next pixel or character from those before it.",
        ("models.autoregressive",),
    ),
    Page(
        "models-beyond",
        "Models beyond the chapter: diffusion and flow matching",
        "Drawing by removing noise.",
        ("models.diffusions",),
    ),
    Page("optimizers", "Optimizers", "One class for each rule, and rates that change.", ("optimizers",)),
    Page(
        "training",
        "Training",
        "The training loop, tasks, checkpoints, ranks.",
        ("training", "parallel", "progress", "cores"),
    ),
    Page("callbacks", "Callbacks", "What a training does besides its steps.", ("callbacks",)),
    Page("inspection", "Inspection", "What happened in a step, as a table and as a drawing.", ("inspection",)),
    Page("plot", "Figures", "What all figures of the package are drawn with.", ("plot",)),
    Page("explorer", "Explorer", "A trained model as one page for the browser.", ("explorer",)),
    Page(
        "datasets",
        "Data",
        "Images by name or from a folder, text, and small sets whose answer is known.",
        ("datasets",),
    ),
    Page("interchange", "Weights from and to Keras and PyTorch", "", ("interchange",)),
    Page("museum", "Museum of mistakes", "Models with one mistake each, and the checks that find it.", ("museum",)),
    Page("coursework", "Exercises", "What minigen coursework writes and grades.", ("coursework",)),
    Page(
        "recipes",
        "Recipes",
        "The experiments of the chapter, and the command line.",
        ("recipes", "tutorials", "cli", "command"),
    ),
    Page(
        "inside",
        "Inside the package",
        "What the modules above are built of. It may change from one version to the next.",
        ("kernels", "checks", "storage", "elsewhere", "errors", "arguments", "arrays", "arithmetic", "configured")
        + ("console", "tables"),
    ),
)


@dataclass(frozen=True)
class Section:
    """Names that one file defines: the module with its docstring, and {public name: object}."""

    module: ModuleType
    names: dict[str, object]


def sections(page: Page) -> list[Section]:
    """What a page lists, file by file."""
    return [section for module in page.modules for section in _sections_of(f"minigen.{module}")]


def _sections_of(name: str) -> Iterator[Section]:
    if name.startswith("minigen.models.") and name != "minigen.models.latent":
        names = {n: thing for n, thing in _public(minigen.models).items() if _file_of(thing).startswith(f"{name}.")}
        yield from _by_file(names)
        return
    module = importlib.import_module(name)
    if not hasattr(module, "__path__"):
        yield Section(module, _public(module))
        return
    yield Section(module, {n: thing for n, thing in _public(module).items() if not _file_of(thing)})
    if hasattr(module, "__all__"):
        yield from _by_file({n: thing for n, thing in _public(module).items() if _file_of(thing)})
        rooms = [thing for thing in map(module.__dict__.get, module.__all__) if inspect.ismodule(thing)]
    else:
        rooms = [importlib.import_module(found.name) for found in pkgutil.iter_modules(module.__path__, f"{name}.")]
    for room in rooms:
        if room.__name__.startswith(f"{name}.") and not hasattr(room, "__path__"):
            yield Section(room, _public(room))


def _by_file(names: dict[str, object]) -> Iterator[Section]:
    """The same names, in one section for each file that defines some of them."""
    for file in dict.fromkeys(map(_file_of, names.values())):
        module = importlib.import_module(file)
        yield Section(module, {name: thing for name, thing in names.items() if _file_of(thing) == file})


def _public(module: ModuleType) -> dict[str, object]:
    """{full name: object} of the classes, functions and constants in __all__, or of those that the module defines."""
    listed = getattr(module, "__all__", None)
    found = {}
    for name in listed or [n for n in vars(module) if not n.startswith("_")]:
        thing = getattr(module, name)
        if inspect.ismodule(thing) or not (listed or _file_of(thing) == module.__name__):
            continue
        found[f"{module.__name__}.{name}"] = thing
    return found


def _file_of(thing: object) -> str:
    """The module that defines a class or function of the package; "" for other objects."""
    found = getattr(thing, "__module__", None) if inspect.isclass(thing) or inspect.isroutine(thing) else None
    return found if found and found.startswith("minigen.") else ""


@functools.cache
def documented() -> dict[str, object]:
    """{full public name: object} of all pages."""
    return {name: thing for page in PAGES for section in sections(page) for name, thing in section.names.items()}


def is_internal(name: str) -> bool:
    """Whether a module of the package has this name, which no page documents."""
    module, _, last = name.rpartition(".")
    try:
        return hasattr(importlib.import_module(module), last)
    except ImportError:
        return False


def make(folder: Path) -> None:
    """Write all pages."""
    for page in PAGES:
        write(folder / f"{page.file}.rst", "\n".join(_lines(page)) + "\n")
    write(folder / "names.rst", "\n".join(_lines_of_names()) + "\n")
    remove_others(folder, {f"{page.file}.rst" for page in PAGES} | {"names.rst"})


def _lines(page: Page) -> Iterator[str]:
    yield from (page.title, "=" * len(page.title), "", page.about, "")
    seen: set[str] = set()
    for section in sections(page):
        module = section.module.__name__
        if not section.names and module in seen:
            continue
        yield from (module, "-" * len(module), "")
        yield from (
            f".. automodule:: {module}",
            "   :no-index:" if module in seen or module in documented() else "",
            "",
        )
        seen.add(module)
        for name, thing in section.names.items():
            yield from _entry(name, thing)


def _entry(name: str, thing: object) -> Iterator[str]:
    """One name: its signature and docstring; of an op also the source, which is the formula and its derivative."""
    if inspect.isclass(thing):
        yield from (f".. autoclass:: {name}", "   :members:", "   :show-inheritance:", "")
        if issubclass(thing, minigen.Op) and thing is not minigen.Op:
            yield from (
                f".. literalinclude:: /../{_path(thing)}",
                "   :language: python",
                f"   :pyobject: {thing.__name__}",
                "",
            )
    elif inspect.isroutine(thing):
        yield from (f".. autofunction:: {name}", "")
    else:
        module, _, last = name.rpartition(".")
        yield from (f".. py:data:: {last}", f"   :module: {module}", *_value(thing), "")


def _value(thing: object) -> list[str]:
    """What is shown of a constant: a number, a text or a type, or the names that a dict or tuple has."""
    if isinstance(thing, int | float | str) or get_origin(thing):
        return [f"   :value: {thing!r}"]
    if isinstance(thing, dict | tuple | list) and thing and all(isinstance(name, str) for name in thing):
        return ["", "   " + ", ".join(f"``{name}``" for name in thing)]
    return []


def _path(thing: type) -> str:
    return thing.__module__.replace(".", "/") + ".py"


def _lines_of_names() -> Iterator[str]:
    """What `from minigen import *` gives, each name with a link to its entry."""
    title = "All names of minigen"
    yield from (title, "=" * len(title), "", "``from minigen import *`` gives these names.", "")
    yield from (".. rst-class:: names", "")
    by_object = {id(thing): name for name, thing in reversed(documented().items())}
    for name in sorted(minigen.__all__):
        thing = getattr(minigen, name)
        if inspect.ismodule(thing):
            yield f"* ``{name}``: :doc:`{_page_of(thing)}`"
        else:
            yield f"* :py:obj:`{name} <{by_object[id(thing)]}>`"


def _page_of(module: ModuleType) -> str:
    """The page that lists a module, or the first one that lists a part of it."""
    name = module.__name__.removeprefix("minigen.")
    return next(page.file for page in PAGES for listed in page.modules if f"{listed}.".startswith(f"{name}."))
