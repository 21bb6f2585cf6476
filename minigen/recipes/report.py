"""The HTML page of a set of runs: text, numbers and figures in one file."""

from __future__ import annotations

import base64
import html
import inspect
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from .. import __version__, backend
from ..explorer import page_of
from ..tables import html_table
from . import saved
from .files import write_text
from .recipe import BEYOND
from .run import Run

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #222; }
table { border-collapse: collapse; margin: 1em 0; } td, th { padding: .2em 1em .2em 0; text-align: left; }
td { font-variant-numeric: tabular-nums; } tr { border-bottom: 1px solid #ddd; } .expected { color: #666; }
p.short { border: 2px solid #a40; padding: .5em 1em; }
figure { margin: 1.5em 0; } figcaption { color: #555; } img { max-width: 100%; } nav a { margin-right: 1em; }
summary { cursor: pointer; } iframe { width: 100%; height: 60em; border: 1px solid #ddd; }
"""

# On a page with both runs, the section of the second one has an explorer of the two models.
EXPLORED = {"latent2d": "Autoencoder (Figs 9.9 and 9.10)", "vae": "VAE (Figs 9.12 and 9.13)"}

SHORT = """<p class='short'>A short run, with fewer images or epochs than the full one. It shows that the programs work;
the texts and the expected numbers are those of the full run.</p>"""


def write(runs: Sequence[Run], path: Path, about: str) -> Path:
    """Write the page of `runs` to `path`, with a note if one of them was short."""
    banner = SHORT if any(run.short for run in runs) else ""
    explorer = explorer_of({run.recipe.name: run for run in runs})
    body = "\n".join(section(run, explorer if run.recipe.name == "vae" else "") for run in runs)
    links = " ".join(f'<a href="#{r.recipe.name}">{r.recipe.section} {html.escape(r.recipe.name)}</a>' for r in runs)
    head = "<meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
    page = (
        f"<!doctype html><html lang='en'><head>{head}<title>minigen: the chapter</title><style>{STYLE}</style></head>"
        f"<body><h1>Generative models, from scratch</h1>"
        f"<p>{html.escape(about)} minigen {__version__}, backend {backend.active()}.</p>{banner}"
        f"<nav>{links}</nav>\n{body}\n</body></html>\n"
    )
    write_text(path, page)
    return path


def explorer_of(runs: Mapping[str, Run]) -> str:
    """The HTML of a page to play with, folded in: the autoencoder and the VAE side by side. "" without both runs."""
    if not EXPLORED.keys() <= runs.keys():
        return ""
    shown = [saved.read(runs[name].folder)._replace(title=title) for name, title in EXPLORED.items()]
    page = html.escape(page_of(shown))
    summary = "Play with both models: drag over the plane of the codes, and see what the decoders draw."
    frame = f'<iframe title="The two models" sandbox="allow-scripts" loading="lazy" srcdoc="{page}"></iframe>'
    return f"<details><summary>{summary}</summary>{frame}</details>"


def section(run: Run, explorer: str = "") -> str:
    """The HTML of one run; on other images than digits without the recipe's text, which is about digits."""
    title, text = run.recipe.title, inspect.cleandoc(run.recipe.execute.__doc__ or "")
    if not run.are_digits:
        title = f"{run.recipe.name} on {run.settings.data}"
        text = f"{run.images_learnt:,} training images of shape {run.image_shape}. What the experiment shows, and the "
        text += "numbers to expect, are described for MNIST: minigen chapter."
    title, text = html.escape(title), html.escape(text)
    place = f"{run.recipe.heading}:" if run.recipe.section == BEYOND else run.recipe.section
    rows = "".join(_number(*number) for number in run.numbers)
    tables = "".join(html_table([t.header, *t.rows], "<" * len(t.header), t.caption) for t in run.tables)
    figures = "".join(_figure(path, caption) for path, caption in run.figures)
    alone = f"minigen train {run.recipe.name}"
    alone += "" if run.is_mnist else html.escape(f" --data {run.settings.data}")
    return (
        f"<section id='{run.recipe.name}'><h2>{place} {title}</h2><p>{text}</p>"
        f"<table><tr><th></th><th>measured</th><th>expected</th></tr>{rows}</table>{tables}{explorer}{figures}"
        f"<p class='expected'>{run.seconds:.1f} s; alone: <code>{alone}</code></p></section>"
    )


def _number(name: str, value: str, expected: str) -> str:
    """The HTML of one row of the table of numbers."""
    name, value, expected = (html.escape(text) for text in (name, value, expected))
    return f"<tr><td>{name}</td><td>{value}</td><td class='expected'>{expected}</td></tr>"


def _figure(path: Path, caption: str) -> str:
    """The HTML of one figure, with the image inside."""
    image, caption = base64.b64encode(as_webp(path)).decode(), html.escape(caption)
    image = f"<img alt='{caption}' src='data:image/webp;base64,{image}'>"
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


def as_webp(path: Path) -> bytes:
    """The same pixels as in a PNG file, without its opaque alpha, in half of the bytes."""
    from PIL import Image  # matplotlib needs it too

    with Image.open(path) as image, io.BytesIO() as data:
        image.convert("RGB").save(data, "WEBP", lossless=True)
        return data.getvalue()
