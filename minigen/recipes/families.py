"""Beyond the chapter: all families of models side by side on the same digits, from the numbers in measured.json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .beyond.diffusion import BOUND
from .measured import Measurement, measurements
from .recipe import BEYOND, UNTRAINED, recipe
from .run import Run
from .table import Table

NLL = "-log p(x) of test digits, pixels drawn with probability x"
NLL_SMALL = "ImageGPT: -log p(x) of test digits of 14 x 14, nats"
ELBO = "test loss = reconstruction + KL, nats per image, binary_crossentropy"
BINARY, SMALL, GREY = "black and white", "14 x 14, black and white", "256 grey levels"


class Family(NamedTuple):
    """One row of the table: a model, and the names of its numbers among those of its recipe."""

    name: str
    recipe: str
    nats: str = ""  # "": it has no likelihood
    pixels: str = ""  # what the nats are of: those of other pixels cannot be compared
    is_bound: bool = False  # -log p(x) is at most so large
    weights: str = "weights"
    row: str = ""  # of a table with the scorer distance, in place of a number


FAMILIES = (
    Family("GAN", "gan"),
    Family("DCGAN", "dcgan"),
    Family("WGAN-GP", "wgan-gp"),
    Family("VAE, 2 latent variables", "vae", ELBO, BINARY, is_bound=True, weights="parameters"),
    Family("VAE-GAN, 16 latent variables", "vae-gan", row="new digits of the VAE-GAN"),
    Family("MADE", "made", NLL, BINARY),
    Family("PixelCNN", "pixelcnn", NLL, BINARY),
    Family("image GPT", "image-gpt", NLL_SMALL, SMALL),
    Family("diffusion", "diffusion", BOUND, GREY, is_bound=True),
    Family("flow matching", "flow", BOUND, GREY, is_bound=True),
)
HEADER = ["", "parameters", "minutes", "scorer distance", "confidence", "rarest, commonest digit", "-log p(x), nats"]
HEADER += ["of pixels", "seconds for 1,000"]


@recipe("families", BEYOND, "All families side by side", **UNTRAINED | {"data": None})
def families(run: Run) -> None:
    """GANs play a game and have no likelihood. VAEs have a bound on it, and draw in one pass what is blurred.
    Autoregressive models have the exact likelihood, and draw pixel by pixel. Diffusion models and flow matching have a
    bound, and draw in tens of passes. The numbers of the table are not of this run: they were measured on all digits,
    one recipe after the other, and a cell is empty where nothing was measured or nothing can be.
    """
    table = side_by_side(measurements())
    run.tables.append(table)
    if run.settings.verbose:
        print(table)


def side_by_side(measured: Sequence[Measurement]) -> Table:
    """The table of all families."""
    caption = "All families on the full MNIST; minutes of training on one or two cores; "
    caption += "empty where nothing was measured"
    return Table(caption, HEADER, [_row(family, measured) for family in FAMILIES])


def _row(family: Family, measured: Sequence[Measurement]) -> list[str]:
    """The cells of one family, "" where nothing was measured."""
    runs = [run for run in measured if run.recipe == family.recipe]
    numbers = {number.number: number.value for run in reversed(runs) for number in run.numbers if number.value}
    distance = _first(numbers.get("scorer distance to the test digits", "")) or _cell(runs, family.row)
    nats = _first(numbers.get(family.nats, ""))
    return [
        family.name,
        numbers.get(family.weights, ""),
        next((_minutes(run) for run in runs if run.time), ""),
        distance,
        numbers.get("mean confidence of the scorer in {n} samples", ""),
        numbers.get("share of the rarest and of the commonest digit", "").partition(",")[0],
        f"at most {nats}" if nats and family.is_bound else nats,
        family.pixels if nats else "",
        numbers.get("seconds for 1,000 samples", ""),
    ]


def _first(text: str) -> str:
    """The first word: a number, without the parts or the comparison that follow it."""
    return text.partition(" ")[0]


def _cell(runs: Sequence[Measurement], name: str) -> str:
    """The scorer distance in the row of this name of a measured table."""
    for table in (table for run in runs for table in run.tables if "scorer distance" in table.header):
        for row in table.rows:
            if row[0] == name:
                return row[table.header.index("scorer distance")]
    return ""


def _minutes(run: Measurement) -> str:
    """The training time in minutes, of "6 minutes" or "14 s an epoch"."""
    time = run.time or ""
    if time.endswith("s an epoch"):
        return f"{float(_first(time)) * (run.epochs or 1) / 60:.2g}"
    return time.removesuffix(" minutes")
