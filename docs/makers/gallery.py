"""The gallery: the tutorials run on the sample while the site is built, with the figures and pages that they write.

They run in a copy of their folder, build/docs/tutorials, so that nothing is written beside the scripts.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

OUT = ("--out", "out")
QUICK = ("--quick",)
LONGER = {  # in place of --quick, so that the figures show something; each takes less than a minute
    "9_0_to_9_2_2_autoencoder": ("--quick", "--epochs", "10"),
    "9_1_toy_gan": (),
    "9_1_gan": ("--epochs", "3"),
    "9_1_gan_traps": ("--epochs", "2"),
    "9_2_2_conv_autoencoder": ("--epochs", "5"),
    "9_2_2_denoising": ("--epochs", "3"),
    "9_2_3_latent_space": ("--quick", "--epochs", "10"),
    "9_2_4_vae": ("--quick", "--epochs", "20"),
    "9_2_4_vae_collapse": ("--quick", "--epochs", "10"),
    "9_2_4_vae_traps": ("--epochs", "4"),
    "9_2_5_multitask": ("--epochs", "2"),
    "9_2_5_vae_gan": ("--epochs", "4"),
    "beyond_diffusion": ("--epochs", "3"),
    "beyond_diffusion_traps": ("--quick", "--epochs", "20"),
}
HEADER = """Gallery
=======

The tutorials, as they ran when this site was built: on the sample of 5,000 + 1,000 digits or a part of it, with few
epochs, on a CPU. Each page ends with the time that it took and with the script and a notebook to download. Run by
itself, such as ``python tutorials/9_2_4_vae.py``, a script trains longer, and its figures are sharper; with ``--quick``
it shows in seconds that it runs.

"""
FRAME = """
.. raw:: html

    <p><iframe class="explorer" src="../../_static/{name}" title="Explorer"></iframe></p>
    <p><a href="../../_static/{name}">Open the page of the explorer in a window of its own</a></p>

"""


def scripts(root: Path) -> list[Path]:
    """The tutorials in the order of the gallery, which is that of the tables in docs/guide/chapter.md."""
    chapter = (root / "docs" / "guide" / "chapter.md").read_text(encoding="utf-8")
    return [root / name for name in re.findall(r"^\| `(tutorials/\w+\.py)` \|", chapter, re.M)]


def copy_scripts(root: Path) -> None:
    """Copy the tutorials to where they run. A file that has not changed keeps its time, and is not run again."""
    folder = root / "build" / "docs" / "tutorials"
    (folder / "out").mkdir(parents=True, exist_ok=True)
    (root / "docs" / "made" / "static").mkdir(parents=True, exist_ok=True)
    (folder / "GALLERY_HEADER.rst").write_text(HEADER, encoding="utf-8")
    for script in scripts(root):
        copy = folder / script.name
        if not copy.exists() or copy.read_bytes() != script.read_bytes():
            shutil.copy(script, copy)
    for copy in folder.glob("*.py"):
        if not (root / "tutorials" / copy.name).exists():
            copy.unlink()


class Order:
    """The key by which sphinx-gallery sorts the files of a folder."""

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def __call__(self, file: str) -> int:
        return self.names.index(Path(file).name)

    def __repr__(self) -> str:
        return "Order"


class Flags:
    """The command line of a tutorial."""

    def __call__(self, gallery_conf: dict, script_vars: dict) -> list[str]:
        return [*LONGER.get(Path(script_vars["src_file"]).stem, QUICK), *OUT]

    def __repr__(self) -> str:
        return "Flags"


class Written:
    """Shows the figures and the pages of an explorer that a cell of a tutorial has written."""

    def __init__(self, root: Path) -> None:
        self.out, self.pages = root / "build" / "docs" / "tutorials" / "out", root / "docs" / "made" / "static"
        self.shown: dict[Path, int] = {}  # file -> when it was written
        list(self.new())  # those of an earlier build

    def __repr__(self) -> str:
        return "Written"

    def __call__(self, block: tuple, block_vars: dict, gallery_conf: dict, **options: object) -> str:
        """The markup that shows the new files of a cell."""
        from sphinx_gallery.scrapers import figure_rst

        figures, titles, frames = [], [], ""
        for path in self.new():
            if path.suffix == ".html":
                shutil.copy(path, self.pages)
                frames += FRAME.format(name=path.name)
            else:
                titles.append(path.stem.removeprefix("tutorial-").replace("-", " "))
                figures.append(next(block_vars["image_path_iterator"]))
                shutil.copy(path, figures[-1])
        return figure_rst(figures, gallery_conf["src_dir"], ", ".join(titles)) + frames

    def new(self) -> Iterator[Path]:
        """The files that were written since the last call, in the order of writing."""
        files = [path for path in self.out.glob("*.*") if path.suffix in (".png", ".html")]
        for path in sorted(files, key=lambda path: path.stat().st_mtime_ns):
            time = path.stat().st_mtime_ns
            if self.shown.get(path) != time:
                self.shown[path] = time
                yield path


def settings(root: Path) -> dict:
    """The settings of sphinx-gallery."""
    return {
        "examples_dirs": str(root / "build" / "docs" / "tutorials"),
        "gallery_dirs": "made/gallery",
        "within_subsection_order": Order([path.name for path in scripts(root)]),
        "filename_pattern": r"\.py$",
        "image_scrapers": (Written(root),),
        "capture_repr": (),
        "reset_argv": Flags(),
        "reset_modules": (),
        "min_reported_time": 0,
        "write_computation_times": False,  # this page would load scripts from the internet; each page has its time
        "first_notebook_cell": "%pip install --quiet minigen",
        "download_all_examples": True,
        "plot_gallery": "True",
        "abort_on_example_error": False,
        "only_warn_on_example_error": False,
    }
