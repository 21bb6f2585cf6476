"""Make notebooks of the tutorials, for Jupyter, Colab or another service.

    python tools/notebooks.py                                     all of them, into build/notebooks (make notebooks)
    python tools/notebooks.py tutorials/9_2_4_vae.py --run        this one, with what its cells show
    python tools/notebooks.py --install ./minigen-0.2.0-py3-none-any.whl

The cells are those of sphinx-gallery: the docstring and the comments below each `# %%` become text, the rest becomes
code. A first cell installs minigen; --install says from where, in the words of pip: a name, a wheel that is uploaded
beside the notebook, or its address. With --run nbclient runs the notebook without a display and without that cell, and
a cell that fails is an error. Both packages: pip install -e ".[notebook]".
"""

from __future__ import annotations

import argparse
import copy
import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TUTORIALS = sorted((ROOT / "tutorials").glob("*.py"))
INSTALL = "# Installs minigen where it is missing, such as on a hosted service.\n%pip install --quiet "

Notebook = dict[str, Any]  # as the format of Jupyter has it (nbformat 4.5)


def notebook_of(script: Path, install: str = "minigen") -> Notebook:
    """The notebook of a script, with a first cell that installs `install`."""
    from sphinx_gallery.gen_gallery import DEFAULT_GALLERY_CONF
    from sphinx_gallery.notebook import jupyter_notebook
    from sphinx_gallery.py_source_parser import split_code_and_text_blocks

    settings = {**copy.deepcopy(DEFAULT_GALLERY_CONF), "first_notebook_cell": INSTALL + install}
    _, blocks = split_code_and_text_blocks(script)
    notebook = jupyter_notebook(blocks, settings, script.parent)
    for i, cell in enumerate(notebook["cells"]):
        cell |= {"id": f"cell-{i}", "metadata": {}, "source": "".join(cell["source"]).strip("\n")}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return notebook | {"metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def run(notebook: Notebook, arguments: list[str], folder: Path) -> Notebook:
    """The same notebook with the outputs of its cells; `arguments` are those of the script's command line."""
    import nbformat
    from nbclient import NotebookClient

    nodes = nbformat.from_dict(copy.deepcopy(notebook))
    nodes.cells[0].source = f"import sys; sys.argv = {['tutorial', *arguments]}"  # in place of the installation
    options: dict[str, Any] = {"kernel_name": "python3", "resources": {"metadata": {"path": str(folder)}}}
    NotebookClient(nodes, timeout=600, coalesce_streams=True, **options).execute()
    nodes.cells[0] = nbformat.from_dict(notebook["cells"][0])
    return dict(nodes)


def pictures_of(notebook: Notebook) -> list[int]:
    """How many pictures each cell of code shows."""
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [sum("image/png" in output.get("data", {}) for output in cell["outputs"]) for cell in cells]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scripts", type=Path, nargs="*", help="default: all tutorials")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "notebooks", help="the folder of the notebooks")
    parser.add_argument("--install", default="minigen", metavar="WHAT", help="what the first cell installs")
    parser.add_argument("--run", action="store_true", help="run them, too")
    parser.add_argument("--quick", action="store_true", help="run them with --quick")
    args = parser.parse_args()
    folder = args.out.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for script in args.scripts or TUTORIALS:
        notebook = notebook_of(script, args.install)
        if args.run or args.quick:
            notebook = run(notebook, ["--out", str(folder), *["--quick"] * args.quick], folder)
            print(f"{script.stem}: pictures in the cells: {pictures_of(notebook)}")
        path = folder / f"{script.stem}.ipynb"
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(args.scripts or TUTORIALS)} in {folder}")


if __name__ == "__main__":
    main()
