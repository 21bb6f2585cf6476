"""The pages of the API: what each of them lists, by the file that defines it."""

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
from .pages import PAGES, Page


@dataclass(frozen=True)
class Section:
    """Names that one file defines: the module with its docstring, and {public name: object}."""

    module: ModuleType
    names: dict[str, object]


def sections(page: Page) -> list[Section]:
    """What a page lists, file by file."""
    return [section for module in page.modules for section in _sections_of(f"minigen.{module}")]


def _sections_of(name: str) -> Iterator[Section]:
    """A file is one section. A folder has one for its constants, and one for each file with public names."""
    if name.startswith("minigen.models.") and name != "minigen.models.latent":
        names = {n: thing for n, thing in _public(minigen.models).items() if _file_of(thing).startswith(f"{name}.")}
        yield from _by_file(names)
        return
    module = importlib.import_module(name)
    names = _public(module)
    if not _is_folder(module):
        yield Section(module, names)
        return
    yield Section(module, {n: thing for n, thing in names.items() if not _file_of(thing)})
    if hasattr(module, "__all__"):
        yield from _by_file({n: thing for n, thing in names.items() if _file_of(thing)})
    for part in _parts(module):
        yield Section(part, _public(part))


def _is_folder(module: ModuleType) -> bool:
    return hasattr(module, "__path__")


def _parts(folder: ModuleType) -> list[ModuleType]:
    """The files of a folder whose names keep the file's: those in its __all__, or all where it has none."""
    if hasattr(folder, "__all__"):
        listed = [getattr(folder, name) for name in folder.__all__]
        found = [thing for thing in listed if inspect.ismodule(thing) and thing.__name__.startswith(folder.__name__)]
    else:
        files = pkgutil.iter_modules(folder.__path__, f"{folder.__name__}.")
        found = [importlib.import_module(file.name) for file in files]
    return [module for module in found if not _is_folder(module)]


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
