"""Beyond the chapter: digits out of noise, by a diffusion model and by flow matching."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np

from ... import backend, models, plot
from ...explorer import film_of_path, write_film
from ...models import Diffusion
from ..evaluation.samples import report_weights, score_samples, scorer_of_digits
from ..recipe import BEYOND, recipe
from ..run import Run
from ..saved import FILM

DEFAULTS: dict[str, Any] = {"batch_size": 128, "optimizer": None, "preset": "cpu", "uses_scorer": True}
RATE = 2e-3
GUIDANCE = (0.0, 1.0, 3.0)
SHOWN = 10  # images in a row
MOST = 20  # classes in a figure
LEVELS = 256  # of a grey pixel
BOUND = "bound on -log p(x) = prior + steps + reconstruction, nats per image"


class Amounts(NamedTuple):
    """How much a run draws, and with which network: on few images a smaller one learns more in the same time."""

    size: dict[str, Any]  # of the U-Net, in place of its preset's
    scored: int | None  # new images; None: as many as other recipes draw
    guided: int  # images of given classes, for each strength of the guidance
    steps: int  # of DDIM or Euler's method
    bounded: int  # test images whose bound is computed
    draws: int | None  # terms of the bound; None: all


MANY = Amounts({}, scored=None, guided=1_000, steps=50, bounded=100, draws=None)
FEW = Amounts({"filters": (16, 32), "blocks": 1}, scored=200, guided=50, steps=50, bounded=10, draws=None)
QUICK = Amounts({"filters": (8, 16), "blocks": 1}, scored=50, guided=20, steps=4, bounded=10, draws=5)


@recipe("diffusion", BEYOND, "A diffusion model: digits out of noise", epochs=(15, 6), **DEFAULTS)
def diffusion(run: Run) -> None:
    """Noise is added to a digit in a thousand small steps, until nothing else is left: x_t = a_t x + s_t ε. A U-Net is
    trained to tell from x_t and t which part of it is noise; its loss is a squared error, and there is no second
    player. A new digit begins as pure noise, which is removed step by step, and fifty of the thousand steps will do
    (DDIM). The network is also given the class, in nine of ten cases: so it can draw with a class and without. What the
    class adds to its prediction can be exaggerated, which is called guidance (Ho and Salimans 2022): the digits become
    more typical and less varied. Like a VAE, the model has a bound on -log p(x), in nats, with one term for each step
    (Ho, Jain and Abbeel 2020).
    """
    model = models.diffusion(run.classes, run.preset, run.image_shape, **_size(run))
    _train(run, model)
    _score(run, model)
    _guide(run, model)
    _complete(run, model)
    _report_bound(run, model)


@recipe("flow", BEYOND, "Flow matching: straight paths from noise to digits", epochs=(15, 6), **DEFAULTS)
def flow(run: Run) -> None:
    """The same network and the same loss as in the diffusion model, with straight lines in place of its curved paths:
    x_t = (1 - t) x + t ε moves with the velocity ε - x, which the network learns (Lipman et al. 2023). To draw is to
    solve a differential equation from t = 1, the noise, to t = 0. Euler's method takes steps along the velocity, and
    the straighter the paths are, the fewer steps it needs. The lines of single images are straight; the paths of the
    mean velocity, which is all that a network can learn where lines cross, are bent. The bound on -log p(x) is a poor
    one: most of it is due to the steps near t = 0, which are much finer than a grey level.
    """
    model = models.flow(run.classes, run.preset, run.image_shape, **_size(run))
    _train(run, model)
    _score(run, model)
    _guide(run, model)
    _complete(run, model)
    _report_bound(run, model)
    _compare_steps(run, model)


# ---- training


def _amounts(run: Run) -> Amounts:
    if run.settings.quick:
        return QUICK
    return FEW if run.few_images else MANY


def _size(run: Run) -> dict[str, Any]:
    """Arguments of the U-Net: on few images it is a smaller one than that of preset "cpu"."""
    return _amounts(run).size if run.preset == "cpu" else {}


def _train(run: Run, model: Diffusion) -> None:
    """Train the model; report its size and its loss."""
    data = run.images()
    n = len(data.x_train)
    batch_size = 32 if run.few_images and run.settings.batch_size is None else run.batch_size  # more steps
    report_weights(run, model.network)
    model.compile(run.warmed_up_adam(n, batch_size, RATE))
    history = run.fit(model, data.x_train, data.y_train, batch_size=batch_size).history
    expected = f"a prediction of zeros: {_size_of_target(model, data.x_train):.2f}"
    run.number("loss, mean of the last epoch", f"{history['loss'][-1]:.4f}", expected)
    some = slice(100 if run.settings.quick else 1_000)
    run.number("loss on test digits, averaged weights", float(model.evaluate(data.x_test[some], data.y_test[some])))
    run.curves("loss", history, ["loss"], "The squared error of the predicted velocity, a mean over pixels.")
    run.save(model)


def _size_of_target(model: Diffusion, x: np.ndarray) -> float:
    """The mean square of the velocity a' x + s' ε over all t: the loss of a network that predicts zeros."""
    slopes = model.schedule.signal_slope[1:], model.schedule.noise_slope[1:]  # (T,) each
    data, noise = (float(np.square(slope).mean()) for slope in slopes)
    return data * float(np.square(2 * x - 1).mean(dtype="float64")) + noise


# ---- figures and scores


def _score(run: Run, model: Diffusion) -> None:
    """New images, as many of each class: their scores, a figure of them, and the film of ten drawings."""
    amounts = _amounts(run)
    n, steps = min(amounts.scored or run.n_samples, run.n_samples), amounts.steps
    labels = np.arange(n) % run.classes
    drawn = score_samples(run, lambda n: model.sample(n, labels[:n], steps=steps), "see minigen train scorer", n)
    caption = f"New digits, as many of each class, in {steps} steps each, not selected."
    run.figure("samples", run.grid(drawn[:50]), caption)
    path = list(model.film(SHOWN, labels[:SHOWN], steps=steps))  # steps + 1
    write_film(run.folder / FILM, film_of_path(path, model))
    shown = [x for _, x in path[:: max(1, steps // 10)]]
    caption = f"Ten digits while they are drawn: a row after every {max(1, steps // 10)} of {steps} steps."
    run.figure("film", run.rows(*shown), caption)


def _guide(run: Run, model: Diffusion) -> None:
    """Images of given classes with guidance 0, 1 and 3: a table of their scores, and figures."""
    amounts, classes = _amounts(run), min(run.classes, MOST)
    labels = np.tile(np.arange(classes), -(-amounts.guided // classes))  # (n,): 0, 1, ..., 0, 1, ...
    drawn = {f"{w:g}": model.sample(len(labels), labels, w, amounts.steps) for w in GUIDANCE}
    header, rows = _table_of_scores(run, "guidance", drawn, labels)
    if rows[0][1:]:
        run.number("drawn digits that the scorer calls by their label", rows[1][1])
        run.table(f"{len(labels):,} digits with labels for each strength of guidance", header, rows)
    sheet = [drawn["1"][labels == label][:SHOWN] for label in range(classes)]
    shown = run.rows(*sheet, labels=[str(label) for label in range(classes)])
    run.figure("classes", shown, "One class in each row, drawn with guidance 1.")
    shown = run.rows(*(images[:SHOWN] for images in drawn.values()), labels=[f"guidance {w}" for w in drawn])
    run.figure("guidance", shown, "The first classes without guidance, with some, and with much of it.")


def _table_of_scores(
    run: Run, what: str, drawn: dict[str, np.ndarray], labels: np.ndarray
) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the scores of {name: images} with these labels; of others than digits, the names alone."""
    classifier, x_test = scorer_of_digits(run), run.images().x_test
    if classifier is None:
        return [what], [[name] for name in drawn]
    rows = []
    for name, images in drawn.items():
        agreement, confidence = classifier.agreement(images, labels), classifier.confidence(images)
        distance = classifier.distance(images[: len(x_test)], x_test[: len(images)])  # equal numbers of both
        rows.append([name, f"{agreement:.3f}", f"{confidence:.3f}", f"{distance:.1f}"])
    return [what, "called by their label", "confidence", "scorer distance"], rows


def _complete(run: Run, model: Diffusion) -> None:
    """The figure of test images whose lower half is drawn anew."""
    x_test = run.images().x_test[:SHOWN]
    half = np.zeros(run.image_shape, bool)
    half[: run.image_shape[0] // 2] = True
    drawings = [model.inpaint(x_test, half, steps=_amounts(run).steps) for _ in range(3)]
    shown = run.rows(x_test, np.where(half, x_test, 0.5), *drawings, labels=["x", "known", *["drawn"] * 3])
    run.figure("inpainting", shown, "The upper half of test digits, and three lower halves for each.")


def _report_bound(run: Run, model: Diffusion) -> None:
    """The variational bound of a few test images and its terms; of pixels on 256 levels only."""
    data, amounts = run.images(), _amounts(run)
    x, y = data.x_test[: amounts.bounded], data.y_test[: amounts.bounded]
    numbers = x * (LEVELS - 1)
    if abs(numbers - np.rint(numbers)).max() > 0.01:
        run.leave_out("the bound on -log p(x)", f"the pixels do not lie on {LEVELS} levels")
        return
    bound = model.bound(x, y, levels=LEVELS, draws=amounts.draws)
    parts = f"{bound.prior:.2f} + {bound.diffusion:.1f} + {bound.reconstruction:.1f}"
    alike = f"all {LEVELS} levels alike: {x[0].size * np.log(LEVELS):.0f}"
    run.number(BOUND, f"{bound.total:.1f} = {parts}", alike)
    run.number("test digits whose bound that is", f"{len(x)}")
    so_far = (bound.terms * bound.weights).cumsum()  # (m,)
    drawn = plot.functions(np.log10(bound.times), {"": {"steps 2 to t": so_far}}, ("log10 t", "nats"))
    run.figure("bound", drawn, "The terms of the bound, added up from the last step of a drawing to the first.")


def _compare_steps(run: Run, model: Diffusion) -> None:
    """Euler's method with few and with more steps, from the same noise: a table, and a figure."""
    n, choices = _amounts(run).guided, (1, 2, 4) if run.settings.quick else (10, 25, 50)
    labels = np.arange(n) % run.classes
    noise = backend.to_numpy(backend.normal((n, *run.image_shape)))
    drawn, seconds = {}, []
    for steps in choices:
        start = time.perf_counter()
        drawn[f"{steps}"] = model.decode(noise, labels, steps=steps)
        seconds.append(f"{1000 / n * (time.perf_counter() - start):.3g}")
    header, rows = _table_of_scores(run, "steps", drawn, labels)
    timed = [[*row, took] for row, took in zip(rows, seconds, strict=True)]
    run.table(f"Euler's method, {n:,} digits from the same noise", [*header, "seconds for 1,000"], timed)
    shown = run.rows(*(images[:SHOWN] for images in drawn.values()), labels=[f"{steps} steps" for steps in drawn])
    run.figure("steps", shown, "The same noise, and Euler's method with more and more steps.")
