"""Make a notebook of a tutorial, run it without a display, and count its figures.

    python tools/run_notebook.py tutorials/user_pictures.py --out out/user_pictures.ipynb [--quick]

The docstring and the comments below each `# %%` become text, the rest becomes cells of code. The notebook is run by
nbclient: pip install -e ".[notebook]". With --only-convert it is written as it is, for Jupyter or Colab. Fails if a
cell fails.
"""

from __future__ import annotations

import argparse
import ast
import json
from pathlib import Path
from typing import Any

Cells = list[tuple[str, str]]  # ("markdown" or "code", text)


def cells_of(script: str) -> Cells:
    """The cells of a script: its docstring, and for each "# %%" the comment below it and the code."""
    tree = ast.parse(script)
    title, _, *about = (ast.get_docstring(tree) or "\n").splitlines()  # the second line is one of "=" signs
    cells = [("markdown", "\n".join([f"# {title}", *about]))]
    code = "\n".join(script.splitlines()[tree.body[0].end_lineno :])
    for block in code.split("# %%\n"):
        lines = block.strip("\n").splitlines()
        comments = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
        cells.append(("markdown", "\n".join(line[2:] for line in lines[:comments])))
        cells.append(("code", "\n".join(lines[comments:]).strip("\n")))
    return [(kind, text) for kind, text in cells if text]


def notebook_of(script: str) -> dict[str, Any]:
    """The notebook of these cells, as the format of Jupyter has it (nbformat 4.5)."""
    cells: list[dict[str, Any]] = []
    for i, (kind, text) in enumerate(cells_of(script)):
        results = {"outputs": [], "execution_count": None} if kind == "code" else {}
        cells.append({"cell_type": kind, "id": f"cell-{i}", "metadata": {}, "source": text, **results})
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def run(notebook: dict[str, Any], arguments: list[str], folder: Path) -> dict[str, Any]:
    """The same notebook with the outputs of its cells; `arguments` are those of the script's command line."""
    import nbformat
    from nbclient import NotebookClient

    flags = nbformat.v4.new_code_cell(f"import sys; sys.argv = {['tutorial', *arguments]}")
    nodes = nbformat.from_dict(notebook)
    nodes.cells.insert(0, flags)
    options: dict[str, Any] = {"kernel_name": "python3", "resources": {"metadata": {"path": str(folder)}}}
    NotebookClient(nodes, timeout=600, coalesce_streams=True, **options).execute()
    nodes.cells.pop(0)
    return dict(nodes)


def pictures_of(notebook: dict[str, Any]) -> list[int]:
    """How many pictures each cell of code shows."""
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [sum("image/png" in output.get("data", {}) for output in cell["outputs"]) for cell in cells]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("script", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="the notebook that is written")
    parser.add_argument("--quick", action="store_true", help="run the script with --quick")
    parser.add_argument("--only-convert", action="store_true", help="do not run it")
    args = parser.parse_args()
    notebook = notebook_of(args.script.read_text(encoding="utf-8"))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    if not args.only_convert:
        folder = args.out.parent
        notebook = run(notebook, ["--out", str(folder.resolve()), *["--quick"] * args.quick], folder)
        print(f"pictures in the cells: {pictures_of(notebook)}")
    args.out.write_text(json.dumps(notebook, indent=1), encoding="utf-8")
    print(args.out)


if __name__ == "__main__":
    main()
