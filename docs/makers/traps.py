"""The pages of the museum: for each model with a mistake its symptoms, its source, what a check says, and a picture.

A picture shows the correct model and the one with the mistake after the same training on the sample. The pictures are
made once, into build/docs/traps, and again when the museum or their program here changes.
"""

import hashlib
import inspect
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import minigen
from minigen import models, museum, plot
from minigen.datasets import mnist

from . import plain
from .files import remove_others, write

EPOCHS = {"vae": 6, "gan": 4, "diffusion": 40}
TITLES = {"vae": "Six VAEs", "gan": "Five GANs", "diffusion": "Five diffusion models"}
ONE = {"vae": "VAE", "gan": "GAN", "diffusion": "Diffusion model"}
RIGHT = {"vae": models.VAE, "gan": models.GAN, "diffusion": models.Diffusion}
CAPTIONS = {
    "vae": "Ten draws from the prior, decoded by both models after 6 epochs on 5,000 digits, 128 hidden units.",
    "gan": "Ten fakes of both models after 4 epochs on 5,000 digits.",
    "diffusion": "Samples of both models after 40 epochs, among the points of the data.",
}


def digits() -> np.ndarray:
    """The 5,000 digits of the sample, (5000, 784)."""
    (x, _), _ = mnist.load_data("sample")
    return x.reshape(-1, 784).astype("float32") / 255


def trained(family: str, case: type) -> np.ndarray:
    """What a model of that class draws after its training."""
    minigen.seed(0)
    if family == "diffusion":
        x, _ = museum.diffusion.UNIT_SQUARE.draw(20_000, np.random.default_rng(0))
        model = museum.diffusion.build(case)
        steps = EPOCHS[family] * 40  # of 512 points
        model.compile(minigen.optimizers.Adam(minigen.optimizers.CosineDecay(1e-2, steps)))
        model.fit(x.clip(0, 1), epochs=EPOCHS[family], batch_size=512, verbose=0)
        return model.sample(400, eta=1.0)
    room = getattr(museum, family)
    model = room.build(case, hidden=128) if family == "vae" else room.build(case)
    if family == "gan":
        model.monitor = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", models.CollapseWarning)  # of the two exhibits that collapse
        model.fit(digits(), epochs=EPOCHS[family], batch_size=32, verbose=0)
    return model.sample(10).clip(0, 1)


def figure(family: str, right: np.ndarray, wrong: np.ndarray, name: str) -> Any:
    """Both models in one figure."""
    if family == "diffusion":
        x, _ = museum.diffusion.UNIT_SQUARE.draw(2000, np.random.default_rng(1))
        return plot.paths({"right": right[None], name: wrong[None]}, x)
    return plot.rows(right, wrong, labels=["right", name])


def drawn(family: str, folder: Path) -> dict[str, str]:
    """{name of an exhibit: what the check says that detects it}. Their pictures are in the folder."""
    room, made = getattr(museum, family), folder / f"{family}.json"
    sources = [inspect.getsource(part) for part in (room, trained, figure)] + [str(EPOCHS)]
    key = hashlib.sha256("".join(sources).encode()).hexdigest()
    if made.exists() and (found := json.loads(made.read_text(encoding="utf-8")))["key"] == key:
        return found["caught"]
    folder.mkdir(parents=True, exist_ok=True)
    caught, right = {}, trained(family, RIGHT[family])
    for case in room.EXHIBITS:
        picture = figure(family, right, trained(family, case), case.__name__)
        plot.save(picture, str(folder / f"{family}-{case.__name__}.png"))
        found = room.caught(room.build(case))
        caught[case.__name__] = "; ".join(f"`{check}`: {text}" for check, text in found.items())
    made.write_text(json.dumps({"key": key, "caught": caught}), encoding="utf-8")
    return caught


def make(root: Path, pages: Path) -> None:
    """Write the pages of all exhibits, and one for each family."""
    pictures, kept = root / "build" / "docs" / "traps", set()
    for family in TITLES:
        caught = drawn(family, pictures)
        for case in getattr(museum, family).EXHIBITS:
            name = f"{family}-{case.__name__}"
            write(pages / f"{name}.rst", "\n".join(_exhibit(family, case, caught[case.__name__])) + "\n")
            _copy(pictures / f"{name}.png", pages / f"{name}.png")
            kept |= {f"{name}.rst", f"{name}.png"}
        write(pages / f"{family}.rst", "\n".join(_family(family)) + "\n")
        kept.add(f"{family}.rst")
    remove_others(pages, kept)


def _copy(source: Path, target: Path) -> None:
    if not target.exists() or target.read_bytes() != source.read_bytes():
        target.write_bytes(source.read_bytes())


def _family(family: str) -> list[str]:
    """The page of a family: its exhibits, each with the first paragraph of its docstring, which is the mistake."""
    room = getattr(museum, family)
    title = f"{TITLES[family]} with one mistake each"
    lines = [title, "=" * len(title), "", *plain.markup(room.__doc__.strip().splitlines())]
    for case in room.EXHIBITS:
        mistake = (inspect.getdoc(case) or "").partition("\n\n")[0]
        lines += [f":doc:`{family}-{case.__name__}`", *(f"    {line}" for line in plain.escaped(mistake).splitlines())]
    lines += ["", ".. toctree::", "   :hidden:", ""]
    return [*lines, *(f"   {family}-{case.__name__}" for case in room.EXHIBITS)]


def _exhibit(family: str, case: type, caught: str) -> list[str]:
    """The page of an exhibit."""
    title = f"{ONE[family]}: {case.__name__}"
    return [
        *(title, "=" * len(title), ""),
        *plain.markup((inspect.getdoc(case) or "").splitlines()),
        f".. figure:: {family}-{case.__name__}.png",
        f"   :alt: Samples of the correct model and of {case.__name__}",
        *("", f"   {CAPTIONS[family]}", ""),
        *("The source", "----------", ""),
        f".. literalinclude:: /../minigen/museum/{family}.py",
        *("   :language: python", f"   :pyobject: {case.__name__}", ""),
        *("What detects it", "---------------", ""),
        f"``museum.{family}.caught(model)`` returns, before any training:",
        *("", plain.escaped(caught), ""),
    ]
