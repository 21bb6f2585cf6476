"""Signatures, and the names in them: where a class of the package is documented, and which names have no link."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING

from minigen.optimizers import Optimizer

from . import api

if TYPE_CHECKING:
    from docutils.nodes import Element
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


@functools.cache
def public_names() -> dict[str, str]:
    """{where a class or function is defined: the name under which the API documents it}"""
    found = {}
    for name, thing in api.documented().items():
        if inspect.isclass(thing) or inspect.isroutine(thing):
            found.setdefault(f"{thing.__module__}.{thing.__qualname__}", name)
    return found


def name_bases(app: object, name: str, obj: object, options: object, bases: list) -> None:
    """Called by autodoc with the bases of a class, which it changes: to the names that are documented."""
    for i, base in enumerate(bases):
        if inspect.isclass(base):
            own = f"{base.__module__}.{base.__qualname__}"
            public = public_names().get(own)
            bases[i] = f":py:class:`~{public}`" if public else f"``{base.__qualname__}``"


def sign(
    app: object, what: str, name: str, obj: object, options: object, signature: str, returned: str
) -> tuple[str, None] | None:
    """Called by autodoc for each signature. For an optimizer it would show Optimizer.__new__(*args, **keywords)."""
    if not (inspect.isclass(obj) and issubclass(obj, Optimizer)):
        return None
    from sphinx.util.inspect import signature as signature_of
    from sphinx.util.inspect import stringify_signature

    arguments = signature_of(obj.__init__, bound_method=True)
    return stringify_signature(arguments, show_return_annotation=False, unqualified_typehints=True), None


def resolve(app: Sphinx, env: BuildEnvironment, node: Element, content: Element) -> Element | None:
    """A link to a class that is documented under a shorter name; the text alone for what others have written.

    What is left is a name of minigen that no page documents, of which Sphinx warns.
    """
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    public = public_names().get(target)
    if public:
        domain = env.get_domain("py")
        return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", public, node, content)
    return None if target.startswith("minigen") and not api.is_internal(target) else content
