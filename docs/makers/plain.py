"""The docstrings of the package are plain text; here they become the markup that Sphinx reads.

What stands between backticks is code. An indented block stays as it is, and so do formulas with two or more spaces
between them. A list of names, each followed by two or more spaces and what it means, becomes a list of definitions. All
other characters mean themselves.
"""

import re
from collections.abc import Iterator

NAME_AND_MEANING = re.compile(r"^(\S(?:.*?\S)?)  +(\S.*)$")
FORMULA = re.compile(r" [=←→] ")
CODE = re.compile(r"``?([^`]+)``?")
SPECIAL = re.compile(r"([\\*_|`])")


def process(app: object, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Called by autodoc with the lines of each docstring, which it changes."""
    lines[:] = markup(lines)


def markup(lines: list[str]) -> list[str]:
    """The lines of a docstring as reStructuredText."""
    found: list[str] = []
    for block in _blocks(lines):
        if block[0].startswith(" ") or _is_formula(block[0]):
            found += [".. code-block:: text", "", *(f"    {line}" for line in block), ""]
        elif _is_definition(block[0]):
            found += [*_definitions(block), ""]
        else:
            found += [*escaped("\n".join(block)).split("\n"), ""]
    return found


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Runs of lines of one kind: indented ones, names with meanings, text."""
    block: list[str] = []
    for line in lines:
        if block and _begins_another(block, line):
            yield _without_blanks(block)
            block = []
        if line.strip() or block:
            block.append(line.rstrip())
    if block:
        yield _without_blanks(block)


def _begins_another(block: list[str], line: str) -> bool:
    is_indented, was_indented = line.startswith(" "), block[0].startswith(" ")
    if not line.strip():
        return not was_indented  # a blank line ends all blocks but an indented one
    if was_indented:
        return not is_indented
    if NAME_AND_MEANING.match(block[0]) or _is_item(block[-1]) or block[-1].startswith("  "):
        return not is_indented and _is_definition(block[0]) != _is_definition(line)
    return is_indented or _is_definition(line)


def _is_item(line: str) -> bool:
    return bool(re.match(r"(- |\d+\. )", line))


def _is_definition(line: str) -> bool:
    return bool(NAME_AND_MEANING.match(line))


def _is_formula(line: str) -> bool:
    """Such as y = tanh x,   dL/dx = g (1 - y²), in the place of a name and its meaning."""
    found = NAME_AND_MEANING.match(line)
    return bool(found and FORMULA.search(found[1]))


def _without_blanks(block: list[str]) -> list[str]:
    while block and not block[-1]:
        block.pop()
    return block


def _definitions(block: list[str]) -> Iterator[str]:
    for line in block:
        found = NAME_AND_MEANING.match(line)  # it matches no indented line
        if found:
            yield escaped(found[1])
            yield f"    {escaped(found[2])}"
        else:
            yield f"    {escaped(line.strip())}"


def escaped(text: str) -> str:
    """A text in which only backticks have a meaning."""
    parts, end = [], 0
    for code in CODE.finditer(text):
        parts += [SPECIAL.sub(r"\\\1", text[end : code.start()]), f"``{code[1]}``"]
        end = code.end()
    return "".join([*parts, SPECIAL.sub(r"\\\1", text[end:])])
