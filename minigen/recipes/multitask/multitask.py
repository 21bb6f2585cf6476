"""Section 9.2.5: one encoder for many tasks, and a VAE whose loss is a discriminator."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import backend, losses, metrics, models, plot
from ...datasets import attributes
from ...inspection.trace import trace
from ...layers import Dense, Input
from ...model import Model, as_list
from ...models import VAE, VAEGAN, GANMonitor, Head, latent
from ...optimizers import Adam
from ...tensor import Tensor
from ...training.loop import Task
from ..base import Run, recipe
from ..evaluation.samples import SAMPLES, score_samples, scorer

TASK_RATE = 1e-3  # of each task's Adam


@recipe(
    "vae-gan",
    "9.2.5",
    "A VAE whose loss is a discriminator",
    epochs=20,
    chapter_epochs=3,
    batch_size=128,
    optimizer=None,
    latent_dim=16,
    uses_scorer=True,
)
def vae_gan(run: Run) -> None:
    """A squared error over pixels asks for blur: a stroke that is one pixel off is punished twice, where it is missing
    and where it is too much, and grey only once. So measure the error in what a layer of a discriminator sees, and let
    the discriminator say besides whether a drawing looks real: the decoder of the VAE is the generator of a GAN. Beside
    it stands the VAE of the same size, from the same digits. How sharp an image is says its gradient energy, the
    squared differences between neighbouring pixels.
    """
    x, _, x_test, y_test = run.digits()
    vae = _trained_vae(run, x)
    model = models.vae_gan(run.latent_dim)
    _compile(run, model, len(x))
    model.gan.monitor = GANMonitor(scorer(run))
    history = run.fit(model, x, batch_size=run.batch_size_for(len(x))).history
    balance = {"d_loss": "1.386 where D cannot tell", "g_loss": "0.693", "d_accuracy": "0.5"}
    for name in ("features", "kl", "d_loss", "g_loss", "d_accuracy"):
        run.number(f"{name}, mean of the last epoch", history[name][-1], balance.get(name, ""))
    drawn = score_samples(run, model.sample, ("", "5 % to 15 %", "see the table"))
    rows = [["test digits", *_quality(run, x_test, x_test), "", ""]]
    for name, one in (("VAE", vae), ("VAE-GAN", model)):
        x_hat = one.predict(x_test)
        right = f"{scorer(run).agreement(x_hat, y_test):.3f}"
        error = f"{float(losses.half_squared_error(x_test, x_hat)):.2f}"
        rows.append([f"reconstructions of the {name}", *_quality(run, x_hat, x_test), right, error])
        rows.append([f"new digits of the {name}", *_quality(run, one.sample(len(drawn)), x_test), "", ""])
    header = ["", "gradient energy", "scorer distance", "called by their label", "1/2 ‖x̂ - x‖²"]
    run.table(f"{run.latent_dim} latent variables", header, rows)
    labels = ["x", "VAE", "VAE-GAN"]
    shown = plot.rows(x_test, vae.predict(x_test[:10]), model.predict(x_test[:10]), labels=labels)
    run.figure("reconstructions", shown, "Test digits and their reconstructions.")
    run.figure("samples", plot.grid(drawn[:50]), "New digits of the VAE-GAN: z from N(0, Id), decoded.")
    run.figure("vae-samples", plot.grid(vae.sample(50)), "New digits of the VAE.")
    kept = {name: history[name] for name in ("kl", "features", "reconstruction")}
    run.figure("losses", plot.curves(kept, y="per image"), "What the encoder minimises, and the error in pixels.")
    game = plot.curves({name: history[name] for name in ("d_loss", "g_loss")}, y="nats")
    run.figure("game", game, "The game of decoder and discriminator.")
    model.save_weights(run.folder / "weights.npz")


@recipe(
    "multitask",
    "9.2.5",
    "Fig 9.14: one encoder, many tasks",
    epochs=20,
    chapter_epochs=2,
    batch_size=128,
    optimizer=None,
    latent_dim=16,
    uses_scorer=True,
)
def multitask(run: Run) -> None:
    """The chapter calls supervised learning "arguably a much more effective way of training encoders". How good is an
    encoder? As good as what a linear map can read from it: from z, and from h, the hidden layer of 512 before it. Six
    encoders of one size: with random weights; of an autoencoder; of a VAE; of a VAE that shares it with three tasks,
    which take turns of two mini-batches each: which digit, has it a loop, how thick is its stroke (mustache, glasses
    and smile); of a VAE-GAN with the same tasks, which is Fig 9.14 whole; and of a classifier, which has no other aim.
    "What this kind of approach is trying to get is a very good semantic feature representation z, whose distribution,
    over the dataset is simply N(0, Id)": the table has both. Parity and slant were no tasks, so they tell what the code
    knows besides (slant as the share of its variance that a linear map explains).
    """
    x, y, x_test, y_test = run.digits()
    autoencoder = models.latent_autoencoder(run.latent_dim)
    autoencoder.compile(_adam(run, len(x), 1e-3), "half_squared_error")
    run.fit(autoencoder, x, x, name="autoencoder", batch_size=run.batch_size_for(len(x)))
    vae = _trained_vae(run, x)
    with_tasks = models.vae(run.latent_dim)
    with_tasks.compile(_adam(run, len(x), 1e-3))
    targets = _targets(run)
    _alternate(run, with_tasks, "vae-tasks", targets)
    whole = models.vae_gan(run.latent_dim)
    _compile(run, whole, len(x))
    history = _alternate(run, whole, "vae-gan-tasks", targets)
    classifier = _trained_classifier(run, x, y)
    encoders: dict[str, tuple[Model, Any]] = {
        "random": (models.vae(run.latent_dim).encoder, None),
        "autoencoder": (autoencoder.encoder, autoencoder),
        "VAE": (vae.encoder, vae),
        "VAE + tasks": (with_tasks.encoder, with_tasks),
        "VAE-GAN + tasks": (whole.encoder, whole),
        "classifier": (classifier.encoder, None),
    }
    rows = [[name, *_scores(run, encoder, model)] for name, (encoder, model) in encoders.items()]
    header = ["encoder", "digit from z", "digit from h", "parity from z", "slant from z"]
    header += ["mean of z, up to", "deviations of z", "KL to N(0, Id)", "1/2 ‖x̂ - x‖²", "scorer distance"]
    caption = f"{run.latent_dim} latent variables, {run.epochs} epochs, seed {run.settings.seed}; test digits"
    run.table(caption, header, rows)
    tasks = {name: history[name] for name in ("digit/loss", "loop/loss", "thickness/loss")}
    run.figure("tasks", plot.curves(tasks), "The three tasks fall together.")
    game = {f"vae_gan/{name}": history[f"vae_gan/{name}"] for name in ("d_loss", "g_loss")}
    run.figure("game", plot.curves(game, y="nats"), "The game, while the encoder serves the tasks.")
    code = {f"vae_gan/{name}": history[f"vae_gan/{name}"] for name in ("kl", "features", "reconstruction")}
    run.figure("code", plot.curves(code, y="per image"), "Loss z, Loss f, and the error in pixels.")
    _thicken(run, whole, x, y, x_test)
    run.figure("samples", plot.grid(whole.sample(50)), "New digits of the VAE-GAN with tasks.")
    whole.save_weights(run.folder / "weights.npz")


def _quality(run: Run, images: np.ndarray, x_test: np.ndarray) -> list[str]:
    """Gradient energy, and scorer distance of as many images as there are test digits."""
    energy = metrics.gradient_energy(images.reshape(-1, 28, 28))
    return [f"{energy:.1f}", f"{scorer(run).distance(images[: len(x_test)], x_test):.1f}"]


def _trained_vae(run: Run, x: np.ndarray) -> VAE:
    vae = models.vae(run.latent_dim)
    vae.compile(_adam(run, len(x), 1e-3))
    run.fit(vae, x, name="vae", batch_size=run.batch_size_for(len(x)))
    return vae


def _trained_classifier(run: Run, x: np.ndarray, y: np.ndarray) -> Head:
    """784 → 512 relu → z → 10: the encoder that is trained for the digits and for nothing else."""
    pixels = Input(shape=(784,))
    code = Dense(run.latent_dim)(Dense(512, activation="relu")(pixels))
    classifier = Head(Model(pixels, code), Dense(10, activation="softmax"), name="digit")
    classifier.compile(_adam(run, len(x), 1e-3), "sparse_categorical_crossentropy")
    run.fit(classifier, x, y, name="classifier", batch_size=run.batch_size_for(len(x)))
    return classifier


def _compile(run: Run, model: VAEGAN, n: int) -> None:
    """A decoder that learns fast and a discriminator that learns slowly play the longest."""
    model.compile(
        e_optimizer=_adam(run, n, 1e-3),
        g_optimizer=_adam(run, n, 2e-3, beta_1=0.5),
        d_optimizer=_adam(run, n, 3e-4, beta_1=0.5),
    )


def _adam(run: Run, n: int, rate: float, beta_1: float = 0.9) -> Adam:
    """Its rate falls to 0 with the last batch: only so does an encoder come to rest at which several tasks pull."""
    return run.decaying_adam(n, run.batch_size_for(n), rate, beta_1)


def _targets(run: Run) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The labels of each task, of the training and of the test digits; the thickness with mean 0 and variance 1."""
    x, y, x_test, y_test = run.digits()
    loop, loop_test = (attributes.has_loop(images).astype("float32")[:, None] for images in (x, x_test))
    width, width_test = (attributes.thickness(images).astype("float32")[:, None] for images in (x, x_test))
    mean, deviation = width.mean(), width.std()
    standard = (width - mean) / deviation, (width_test - mean) / deviation
    return {"digit": (y, y_test), "loop": (loop, loop_test), "thickness": standard}


def _alternate(
    run: Run, base: VAE, name: str, targets: dict[str, tuple[np.ndarray, np.ndarray]]
) -> dict[str, list[Any]]:
    """Train a VAE or VAE-GAN and three tasks in turn; report how good they are at the tasks."""
    x, _, x_test, _ = run.digits()
    heads = {
        "digit": Head(base.encoder, Dense(10, activation="softmax"), name="digit"),
        "loop": Head(base.encoder, Dense(1, activation="sigmoid"), name="loop"),
        "thickness": Head(base.encoder, Dense(1), name="thickness"),
    }
    heads["digit"].compile(_adam(run, len(x), TASK_RATE), "sparse_categorical_crossentropy", metrics=["accuracy"])
    heads["loop"].compile(_adam(run, len(x), TASK_RATE), "binary_crossentropy", metrics=["accuracy"])
    heads["thickness"].compile(_adam(run, len(x), TASK_RATE), "mean_squared_error")
    tasks = [Task(name.removesuffix("-tasks").replace("-", "_"), base, x)]
    tasks += [Task(task, head, x, targets[task][0]) for task, head in heads.items()]
    if isinstance(base, VAEGAN):
        _draw(run, tasks)
    schedule = [(task, 2) for task in tasks]
    history = run.alternate(schedule, name, batch_size=run.batch_size_for(len(x))).history
    for task, what in (("digit", "test accuracy"), ("loop", "test accuracy"), ("thickness", "test error, variance 1")):
        scores = np.atleast_1d(heads[task].evaluate(x_test, targets[task][1]))
        run.number(f"{name}, {task}: {what}", float(scores[-1]))
    return history


def _draw(run: Run, tasks: list[Task]) -> None:
    """Fig 9.14, from the tape of one training step of each task."""
    with trace() as t:
        for task in tasks:
            images, *labels = (part[:8] for part in task.data)
            named = [Tensor(a, name=f"{task.name}?") if a.dtype.kind == "f" else a for a in labels]
            task.model.train_step(Tensor(images, name="x"), *named)
    caption = "Fig 9.14 as the tape recorded it in one training step of each task: boxes are models, and their losses."
    run.graph("fig-9-14", t, {}, caption)


def _scores(run: Run, encoder: Model, model: Any) -> list[str]:
    """A line of the table."""
    x, y, x_test, y_test = run.digits()
    hidden = Model(encoder.inputs, encoder.layers[0].output)
    z, z_test = (as_list(encoder.predict(images))[0] for images in (x, x_test))
    codes = model.draw_codes(x_test) if isinstance(model, VAE) else z_test
    steps = 2000 if len(x) > 20_000 else 1000
    line = [
        f"{models.linear_probe(z, y, z_test, y_test, steps):.3f}",
        f"{models.linear_probe(hidden.predict(x), y, hidden.predict(x_test), y_test, steps):.3f}",
        f"{models.linear_probe(z, y % 2, z_test, y_test % 2, steps):.3f}",
        f"{_explained(z, attributes.slant(x), z_test, attributes.slant(x_test)):.2f}",
        f"{abs(codes.mean(axis=0)).max():.2f}",
        f"{codes.std(axis=0).min():.2f} to {codes.std(axis=0).max():.2f}",
        f"{metrics.moment_kl(codes):.2f}",
    ]
    if model is None:
        return [*line, "", ""]
    n = SAMPLES if len(x) > 20_000 else 2000
    drawn = model.decode(backend.to_numpy(backend.normal((n, run.latent_dim))))
    error = float(losses.half_squared_error(x_test, model.predict(x_test)))
    return [*line, f"{error:.2f}", f"{scorer(run).distance(drawn[: len(x_test)], x_test):.1f}"]


def _explained(z: np.ndarray, y: np.ndarray, z_test: np.ndarray, y_test: np.ndarray) -> float:
    """R²: the share of the variance of y_test that the best linear map from z explains."""
    one, one_test = (np.column_stack([codes, np.ones(len(codes))]) for codes in (z, z_test))
    best = np.linalg.lstsq(one, y, rcond=None)[0]
    return float(1 - np.square(y_test - one_test @ best).mean() / y_test.var())


def _thicken(run: Run, model: VAE, x: np.ndarray, y: np.ndarray, x_test: np.ndarray) -> None:
    """Attribute arithmetic: mean code of the thick digits minus that of the thin ones, each among its own class."""
    width, mu = attributes.thickness(x), model.encode(x)[0]
    of_class = np.array([np.median(width[y == digit]) for digit in range(10)])
    towards = latent.direction(mu, width > of_class[y])
    steps = np.linspace(-1.5, 1.5, 10, dtype="float32")[:, None]
    start = model.encode(x_test[:500])[0]
    thicker = np.array([model.decode(start + step * towards) for step in steps])
    ink = thicker.sum(axis=2).mean(axis=1)
    rises = "" if run.settings.quick else "rises at each step"
    widths = [attributes.thickness(images).mean() for images in thicker]
    run.number("ink of 500 test digits, from thin to thick", " ".join(f"{v:.0f}" for v in ink), rises)
    run.number("thickness in pixels", " ".join(f"{v:.1f}" for v in widths), rises)
    shown = plot.rows(*thicker[:, :4].transpose(1, 0, 2))
    run.figure("thickness", shown, "Test digits (in the middle) minus and plus the vector from thin to thick.")
