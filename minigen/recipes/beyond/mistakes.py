"""Beyond the chapter: wrong diffusion models from the museum, beside the right one."""

from __future__ import annotations

import numpy as np

from ... import backend, museum, plot
from ...models import Diffusion
from ..recipe import BEYOND, TOY, recipe
from ..run import Run
from .points import FEW, MANY, POINTS, RATE, clusters_of

FEW_STEPS = 10
SHOWN = 400  # samples in a panel
FORMULAS_OF_TRAINING = ("diffuse", "scaled")


@recipe(
    "diffusion-traps", BEYOND, "Five diffusion models with one mistake each", epochs=(40, 20), batch_size=512, **TOY
)
def diffusion_traps(run: Run) -> None:
    """The data are three clusters of points in the unit square, as pixels are numbers between 0 and 1, so that samples
    can be measured. Every one of these models trains, and draws points. Three of them have the training and the weights
    of the right model, and are wrong in drawing alone: no loss can tell. One of them is so little wrong that its
    samples do not show it. Two have a bound below the entropy of the data, which no right model has. For each mistake
    there is a check that finds it before any training.
    """
    n = FEW if run.settings.quick else MANY
    x, _ = museum.diffusion.UNIT_SQUARE.draw(POINTS, np.random.default_rng(run.settings.seed))
    x = x[: POINTS // 5 if run.settings.quick else POINTS].clip(0, 1)  # a few in ten thousand
    right = museum.diffusion.build(Diffusion)
    rows, places = [], {}
    cases: tuple[type[Diffusion], ...] = (Diffusion, *museum.diffusion.EXHIBITS)
    for case in cases:
        name = "right" if case is Diffusion else case.__name__
        model = right if case is Diffusion else museum.diffusion.build(case)
        trains_alike = all(getattr(case, f) is getattr(Diffusion, f) for f in FORMULAS_OF_TRAINING)
        if case is Diffusion or not trains_alike:
            backend.seed(run.settings.seed)
            model.compile(run.decaying_adam(len(x), run.batch_size, RATE))
            loss = model.fit(x, epochs=run.epochs, batch_size=run.batch_size, verbose=0).history["loss"][-1]
            shown = f"{loss:.3f}"
        else:
            model.set_weights(right.get_weights())
            shown = "that of the right one"
        found = ", ".join(museum.diffusion.caught(model)) or "none"
        run.number(f"{name}: caught by", found, "none" if case is Diffusion else "one check")
        drawn, texts = _measured(run, model, x[: n // 5], n)
        rows.append([name, shown, *texts])
        places[name] = drawn[None, :SHOWN]  # ways of one step
    header = ["", "loss", "shares", "spread", f"spread, {FEW_STEPS} steps", "lowest, highest", "bound, nats"]
    run.number("entropy of the data, nats", f"{-museum.diffusion.UNIT_SQUARE.log_density(x).mean():.2f}")
    run.table("Samples of each model", header, rows)
    run.figure("samples", plot.paths(places, x[:2000]), "Samples of each model, among the points of the data.")


def _measured(run: Run, model: Diffusion, x: np.ndarray, n: int) -> tuple[np.ndarray, list[str]]:
    """n samples with all steps, and the columns of the table after the loss."""
    mixture, samples, spreads = museum.diffusion.UNIT_SQUARE, [], []
    for steps in (None, FEW_STEPS):
        backend.seed(run.settings.seed)
        samples.append(model.sample(n, steps=steps, eta=1.0))
        found = clusters_of(mixture, samples[-1])
        spreads.append(f"{np.sqrt(found.shares @ np.nan_to_num(found.spreads) ** 2):.2f}")
    drawn = samples[0]
    shares = ", ".join(f"{share:.2f}" for share in clusters_of(mixture, drawn).shares)
    backend.seed(run.settings.seed)
    bound = model.bound(x, levels=None).total
    return drawn, [shares, *spreads, f"{drawn.min():.2f}, {drawn.max():.2f}", f"{bound:.2f}"]
