"""Beyond the chapter: a diffusion model of points in the plane, compared with the one that is known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ... import backend, models, plot
from ...datasets import toys
from ...datasets.toys import GaussianMixture
from ...models import Diffusion
from ..recipe import BEYOND, TOY, recipe
from ..run import Run

POINTS = 20_000  # of the training
MANY, FEW = 10_000, 200  # samples to measure; few if quick
STEPS = 200  # T
FEW_STEPS = (50, 10)  # of DDIM
RATE = 1e-2


class Clusters(NamedTuple):
    """What samples look like, cluster by cluster; the cluster of a sample is the one that it is likeliest from."""

    shares: np.ndarray  # of the samples in each, (k,)
    means: np.ndarray  # (k, d)
    spreads: np.ndarray  # (k,): the deviation in each, divided by the right one


def clusters_of(mixture: GaussianMixture, x: np.ndarray) -> Clusters:
    """The clusters of samples x (n, d); NaN where there are less than two samples."""
    p = mixture.responsibilities(x)  # (n, k)
    of = np.eye(len(mixture.shares))[p.argmax(axis=1)].T  # (k, n)
    n = of.sum(axis=1)
    n = np.where(n > 1, n, np.nan)
    means = of @ x / n[:, None]
    variances = of @ (x**2).sum(axis=1) / n - (means**2).sum(axis=1)
    right = np.trace(mixture.covariances, axis1=1, axis2=2)
    return Clusters(p.mean(axis=0), means, np.sqrt(np.maximum(variances, 0) / right))


@recipe("diffusion-toy", BEYOND, "A diffusion whose answer is known", epochs=(60, 30), batch_size=512, **TOY)
def diffusion_toy(run: Run) -> None:
    """The points are drawn from three Gaussian clusters in the plane. Then x_t = a x + s ε is a mixture of three
    Gaussians too, and all that a network can learn is known: the score ∇ log p(x_t), which is -E[ε | x_t] / s, and the
    entropy, below which no bound on -log p(x) can lie. With the exact score in place of the network, what is left is
    the error of the steps. DDIM draws no noise after the first: it takes a sample back to its noise, and this noise to
    the sample.
    """
    mixture, n = toys.THREE_CLUSTERS, FEW if run.settings.quick else MANY
    rng = np.random.default_rng(run.settings.seed)
    x, _ = mixture.draw(POINTS // 5 if run.settings.quick else POINTS, rng)
    schedule = models.CosineSchedule(STEPS)
    exact = Diffusion(models.exact_network(mixture, schedule), schedule, "velocity", data_range=None)
    model = models.toy_diffusion(schedule=schedule)
    model.compile(run.decaying_adam(len(x), run.batch_size, RATE))
    history = model.fit(x, epochs=run.epochs, batch_size=run.batch_size, verbose=0).history
    backend.seed(run.settings.seed)
    losses = f"{history['loss'][-1]:.4f}, {_loss(exact, x):.4f}"
    run.number("loss at the end, loss of the exact network", losses, "equal")
    _compare_scores(run, model, mixture, rng)
    _draw(run, {"exact": exact, "learnt": model}, mixture, n)
    _go_back_and_forth(run, {"exact": exact, "learnt": model}, mixture.draw(n // 4, rng)[0])
    _bound(run, {"exact": exact, "learnt": model}, mixture, mixture.draw(n // 5, rng)[0])
    run.curves("loss", history, ["loss"], "The squared error of the velocity. It does not fall to 0: noise is random.")


def _loss(model: Diffusion, x: np.ndarray) -> float:
    """The squared error of the prediction, a mean over all t."""
    model.compile()
    return float(model.evaluate(x, batch_size=2000))


def _compare_scores(run: Run, model: Diffusion, mixture: GaussianMixture, rng: np.random.Generator) -> None:
    """The error of the learnt score at three times, and both scores as arrows at one of them."""
    data = mixture.draw(2000, rng)[0]
    for t in (STEPS // 10, STEPS // 2, 9 * STEPS // 10):
        x_t = model.diffuse(data, t, rng.standard_normal(data.shape).astype("float32"))
        learnt, exact = _scores(model, mixture, x_t, t)
        error = np.sqrt(np.square(learnt - exact).sum() / np.square(exact).sum())
        run.number(f"error of the score at t = {t}", f"{100 * error:.1f} %")
    t = 3 * STEPS // 10
    side = np.linspace(-2.2, 2.2, 15)
    places = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2).astype("float32")  # (225, 2)
    learnt, exact = _scores(model, mixture, places, t)
    x_t = model.diffuse(data, t, rng.standard_normal(data.shape).astype("float32"))
    figure = plot.arrows(places, {"exact": exact, "learnt": learnt}, x_t)
    run.figure("score", figure, f"The score at t = {t} of {STEPS}: it points to where there are more points x_t.")


def _scores(model: Diffusion, mixture: GaussianMixture, x_t: np.ndarray, t: int) -> tuple[np.ndarray, np.ndarray]:
    """(learnt, exact) ∇ log p(x_t), each (n, 2)."""
    a, s = float(model.schedule.signal[t]), float(model.schedule.noise[t])
    _, noise = model.estimates(backend.asarray(x_t), t)
    return -backend.to_numpy(noise) / s, mixture.score(x_t, a, s)


def _draw(run: Run, cases: dict[str, Diffusion], mixture: GaussianMixture, n: int) -> None:
    """A table of the clusters of samples, with all steps and with few; and the paths of some."""
    header = ["network, steps", "shares", "largest error of a mean", "deviations / right ones"]
    rows = [["the data", _listed(mixture.shares), "0", _listed(np.ones(len(mixture.shares)))]]
    for name, model in cases.items():
        for steps in (None, *FEW_STEPS):
            found = clusters_of(mixture, model.sample(n, steps=steps))
            how = f"all {STEPS}" if steps is None else f"{steps} of DDIM"
            error = np.nanmax(abs(found.means - mixture.means))
            rows.append([f"{name}, {how}", _listed(found.shares), f"{error:.3f}", _listed(found.spreads)])
    run.table(f"The clusters of {n:,} samples", header, rows)
    ways = {}
    for name, model in cases.items():
        backend.seed(run.settings.seed)  # both from the same noise
        ways[f"{name}, DDIM"] = np.stack([x for _, x in model.film(40, steps=FEW_STEPS[0])])
    ways[f"learnt, all {STEPS} steps"] = np.stack([x for _, x in cases["learnt"].film(3)])
    data = mixture.draw(1000, np.random.default_rng(run.settings.seed))[0]
    caption = "From the noise (rings) to samples (disks), among points of the data. DDIM's paths are smooth: the noise "
    caption += "at their beginning decides where they end. With all steps new noise is drawn in each of them."
    run.figure("paths", plot.paths(ways, data), caption)


def _go_back_and_forth(run: Run, cases: dict[str, Diffusion], x: np.ndarray) -> None:
    """Points to their noise and back, by DDIM."""
    steps = FEW_STEPS[0]
    for name, model in cases.items():
        z = model.encode(x, steps=steps)
        errors = np.sqrt(np.square(model.decode(z, steps=steps) - x).sum(axis=1))
        run.number(f"{name}: to the noise and back, median error", f"{np.median(errors):.1e}", "0")
        run.number(f"{name}: errors above 0.01 among {len(x):,}", str((errors > 0.01).sum()), "0")
        run.number(f"{name}: deviation of that noise", f"{z.std():.3f}", "1 in infinitely many steps")


def _bound(run: Run, cases: dict[str, Diffusion], mixture: GaussianMixture, x: np.ndarray) -> None:
    """The variational bound beside the entropy."""
    run.number("entropy of the data, nats", f"{-mixture.log_density(x).mean():.3f}")
    for name, model in cases.items():
        backend.seed(run.settings.seed)  # the same noise for both
        bound = model.bound(x, levels=None)
        expected = "above the entropy, by what so few steps cost" if name == "exact" else "near that, or above"
        run.number(f"{name}: bound, nats", f"{bound.total:.3f}", expected)


def _listed(numbers: np.ndarray) -> str:
    """Numbers with two digits behind the point."""
    return ", ".join(f"{v:.2f}" for v in numbers)
