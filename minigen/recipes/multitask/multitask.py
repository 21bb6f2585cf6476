"""Section 9.2.5: one encoder for many tasks, and a VAE whose loss is a discriminator."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from ... import backend, losses, metrics, models
from ...checks.values import as_list
from ...datasets import attributes
from ...inspection.trace import trace
from ...layers import Dense, Input
from ...model import Model
from ...models import VAE, VAEGAN, GANMonitor, Head, latent
from ...optimizers import Adam
from ...tensor import Tensor
from ...training.tasks import Task
from ...types import Logs
from ..evaluation.samples import report_weights, score_samples, scorer, scorer_of_digits
from ..recipe import recipe
from ..run import Run

DEFAULTS: dict[str, Any] = {"batch_size": 128, "optimizer": None, "latent_dim": 16, "uses_scorer": True}
TASK_RATE = 1e-3  # learning rate of each task
M = TypeVar("M", bound=Model)
THICKNESS = (-1.5, 1.5)  # steps along the direction from thin to thick


@recipe("vae-gan", "9.2.5", "A VAE whose loss is a discriminator", epochs=(20, 3), **DEFAULTS)
def vae_gan(run: Run) -> None:
    """A squared error over pixels favours blurred images: a stroke that is one pixel off costs twice, where it is
    missing and where it should not be, and a grey one costs less. The VAE-GAN measures the error in the features of a
    layer of a discriminator instead, and the discriminator also judges whether a drawing looks real: the decoder of the
    VAE is the generator of a GAN (Larsen et al. 2016). It is compared with a VAE of the same size on the same digits.
    Sharpness is measured by the gradient energy, the squared differences between neighbouring pixels.
    """
    data = run.flat_images()
    x, x_test, y_test = data.x_train, data.x_test, data.y_test
    shape = x.shape[1:]
    vae = _trained(run, models.vae(run.latent_dim, image_shape=shape), "vae", x)
    model = models.vae_gan(run.latent_dim, image_shape=shape)
    report_weights(run, model)
    _compile(run, model, len(x))
    classifier = scorer_of_digits(run)
    model.gan.monitor = GANMonitor(classifier)
    history = run.fit(model, x, batch_size=run.batch_size_for(len(x))).history
    balance = {"d_loss": "1.386 where D cannot tell", "g_loss": "0.693", "d_accuracy": "0.5"}
    for name in ("features", "kl", "d_loss", "g_loss", "d_accuracy"):
        run.number(f"{name}, mean of the last epoch", history[name][-1], balance.get(name, ""))
    drawn = score_samples(run, model.sample, "see the table")
    rows = [["test digits", *_quality(run, x_test, x_test), "", ""]]
    for name, one in (("VAE", vae), ("VAE-GAN", model)):
        x_hat = one.predict(x_test)
        right = f"{classifier.agreement(x_hat, y_test):.3f}" if classifier else ""
        error = f"{float(losses.half_squared_error(x_test, x_hat)):.2f}"
        rows.append([f"reconstructions of the {name}", *_quality(run, x_hat, x_test), right, error])
        rows.append([f"new digits of the {name}", *_quality(run, one.sample(len(drawn)), x_test), "", ""])
    header = ["", "gradient energy", "scorer distance", "called by their label", "1/2 ‖x̂ - x‖²"]
    columns = range(5) if classifier else (0, 1, 4)
    table = [[row[i] for i in columns] for row in (header, *rows)]
    run.table(f"{run.latent_dim} latent variables", table[0], table[1:])
    drawings = vae.predict(x_test[:10]), model.predict(x_test[:10])
    shown = run.rows(x_test, *drawings, labels=["x", "VAE", "VAE-GAN"])
    run.figure("reconstructions", shown, "Test digits and their reconstructions.")
    run.figure("samples", run.grid(drawn[:50]), "New digits of the VAE-GAN: z from N(0, Id), decoded.")
    run.figure("vae-samples", run.grid(vae.sample(50)), "New digits of the VAE.")
    caption = "The terms of the encoder's loss, and the error in pixels."
    run.curves("losses", history, ("kl", "features", "reconstruction"), caption, y="per image")
    run.curves("game", history, ("d_loss", "g_loss"), "The losses of decoder and discriminator.", y="nats")
    run.save(model)


@recipe("multitask", "9.2.5", "Fig 9.14: one encoder, many tasks", epochs=(20, 2), data="digits", **DEFAULTS)
def multitask(run: Run) -> None:
    """The chapter calls supervised learning "arguably a much more effective way of training encoders". The quality of
    an encoder is measured here by what a linear map can predict from it: from z, and from h, the hidden layer of 512
    units before it. Six encoders of one size are compared: with random weights; of an autoencoder; of a VAE; of a VAE
    that shares it with three tasks (which digit, is there a loop, how thick are the strokes: the mustache, glasses and
    smile of the chapter), with two mini-batches of each in turn; of a VAE-GAN with the same tasks, the whole of Fig
    9.14; and of a classifier. "What this kind of approach is trying to get is a very good semantic feature
    representation z, whose distribution, over the dataset is simply N(0, Id)": the table shows both. Parity and slant
    were not among the tasks; they show what else the code represents (slant as the share of its variance that a linear
    map explains).
    """
    data = run.flat_images()
    x, y, x_test = data.x_train, data.y_train, data.x_test
    autoencoder = _trained(run, models.latent_autoencoder(run.latent_dim), "autoencoder", x, x)
    vae = _trained(run, models.vae(run.latent_dim), "vae", x)
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
    tasks = ("digit/loss", "loop/loss", "thickness/loss")
    run.curves("tasks", history, tasks, "The losses of the three tasks fall together.")
    caption = "The losses of decoder and discriminator beside the tasks."
    run.curves("game", history, ("vae_gan/d_loss", "vae_gan/g_loss"), caption, y="nats")
    code = ("vae_gan/kl", "vae_gan/features", "vae_gan/reconstruction")
    run.curves("code", history, code, "Loss z, Loss f, and the squared error in pixels.", y="per image")
    _thicken(run, whole, x, y, x_test)
    run.figure("samples", run.grid(whole.sample(50)), "New digits of the VAE-GAN with tasks.")
    run.save(whole)


def _quality(run: Run, images: np.ndarray, x_test: np.ndarray) -> list[str]:
    """Gradient energy of the images, and the scorer distance of as many of them as there are test digits."""
    energy = metrics.gradient_energy(run.pictures(images))
    classifier = scorer_of_digits(run)
    return [f"{energy:.1f}", f"{classifier.distance(images[: len(x_test)], x_test):.1f}" if classifier else ""]


def _trained(run: Run, model: M, name: str, *data: np.ndarray, loss: str = "half_squared_error") -> M:
    """The model, after a training of this name on `data`."""
    n = len(data[0])
    model.compile(_adam(run, n, 1e-3), loss)
    run.fit(model, *data, name=name, batch_size=run.batch_size_for(n))
    return model


def _trained_classifier(run: Run, x: np.ndarray, y: np.ndarray) -> Head:
    """784 → 512 relu → z → 10: an encoder that is trained on the labels only."""
    pixels = Input(shape=(784,))
    code = Dense(run.latent_dim)(Dense(512, activation="relu")(pixels))
    head = Head(Model(pixels, code), Dense(10, activation="softmax"), name="digit")
    return _trained(run, head, "classifier", x, y, loss="sparse_categorical_crossentropy")


def _compile(run: Run, model: VAEGAN, n: int) -> None:
    """Compile a VAE-GAN; a fast decoder and a slow discriminator keep the game in balance."""
    decoder, discriminator = (_adam(run, n, rate, beta_1=0.5) for rate in (2e-3, 3e-4))
    model.compile(e_optimizer=_adam(run, n, 1e-3), g_optimizer=decoder, d_optimizer=discriminator)


def _adam(run: Run, n: int, rate: float, beta_1: float = 0.9) -> Adam:
    """Adam with a rate that decays to 0, without which the gradients of several tasks keep an encoder moving."""
    return run.decaying_adam(n, run.batch_size_for(n), rate, beta_1)


def _targets(run: Run) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The training and the test labels of each task; the thickness with mean 0 and variance 1."""
    x, y, x_test, y_test = run.flat_images()
    loop, loop_test = (attributes.has_loop(images).astype("float32")[:, None] for images in (x, x_test))
    width, width_test = (attributes.thickness(images).astype("float32")[:, None] for images in (x, x_test))
    mean, deviation = width.mean(), width.std()
    standard = (width - mean) / deviation, (width_test - mean) / deviation
    return {"digit": (y, y_test), "loop": (loop, loop_test), "thickness": standard}


def _alternate(run: Run, base: VAE, name: str, targets: dict[str, tuple[np.ndarray, np.ndarray]]) -> Logs:
    """Train a VAE or VAE-GAN and three tasks in turn, and report the test results of the tasks."""
    data = run.flat_images()
    x, x_test = data.x_train, data.x_test
    layers = {"digit": Dense(10, activation="softmax"), "loop": Dense(1, activation="sigmoid"), "thickness": Dense(1)}
    heads = {task: Head(base.encoder, layer, name=task) for task, layer in layers.items()}
    heads["digit"].compile(_adam(run, len(x), TASK_RATE), "sparse_categorical_crossentropy", metrics=["accuracy"])
    heads["loop"].compile(_adam(run, len(x), TASK_RATE), "binary_crossentropy", metrics=["accuracy"])
    heads["thickness"].compile(_adam(run, len(x), TASK_RATE), "mean_squared_error")
    tasks = [Task(name.removesuffix("-tasks").replace("-", "_"), base, x)]
    tasks += [Task(task, head, x, targets[task][0]) for task, head in heads.items()]
    if isinstance(base, VAEGAN):
        _draw(run, tasks)
    history = run.alternate([(task, 2) for task in tasks], name, batch_size=run.batch_size_for(len(x))).history
    for task, what in (("digit", "test accuracy"), ("loop", "test accuracy"), ("thickness", "test error, variance 1")):
        scores = np.atleast_1d(heads[task].evaluate(x_test, targets[task][1]))
        run.number(f"{name}, {task}: {what}", float(scores[-1]))
    return history


def _draw(run: Run, tasks: list[Task]) -> None:
    """Fig 9.14, from the trace of one training step of each task."""
    with trace() as t:
        for task in tasks:
            images, *labels = (part[:8] for part in task.data)
            named = [Tensor(a, name=f"{task.name}?") if a.dtype.kind == "f" else a for a in labels]
            task.model.train_step(Tensor(images, name="x"), *named)
    caption = "Fig 9.14, recorded in one training step of each task: the boxes are models and their losses."
    run.graph("fig-9-14", t, {}, caption)


def _scores(run: Run, encoder: Model, model: Any) -> list[str]:
    """One row of the table: linear probes of z and h, the distribution of z, reconstruction and samples."""
    x, y, x_test, y_test = run.flat_images()
    hidden = Model(encoder.inputs, encoder.layers[0].output)
    z, z_test = (as_list(encoder.predict(images))[0] for images in (x, x_test))
    codes = model.draw_codes(x_test) if isinstance(model, VAE) else z_test
    steps = 1000 if run.few_images else 2000
    row = [
        f"{models.linear_probe(z, y, z_test, y_test, steps):.3f}",
        f"{models.linear_probe(hidden.predict(x), y, hidden.predict(x_test), y_test, steps):.3f}",
        f"{models.linear_probe(z, y % 2, z_test, y_test % 2, steps):.3f}",
        f"{_explained(z, attributes.slant(x), z_test, attributes.slant(x_test)):.2f}",
        f"{abs(codes.mean(axis=0)).max():.2f}",
        f"{codes.std(axis=0).min():.2f} to {codes.std(axis=0).max():.2f}",
        f"{metrics.moment_kl(codes):.2f}",
    ]
    if model is None:
        return [*row, "", ""]
    drawn = model.decode(backend.to_numpy(backend.normal((run.n_samples, run.latent_dim))))
    error = float(losses.half_squared_error(x_test, model.predict(x_test)))
    return [*row, f"{error:.2f}", f"{scorer(run).distance(drawn[: len(x_test)], x_test):.1f}"]


def _explained(z: np.ndarray, y: np.ndarray, z_test: np.ndarray, y_test: np.ndarray) -> float:
    """R²: the share of the variance of y_test that the best linear map from z explains."""
    one, one_test = (np.column_stack([codes, np.ones(len(codes))]) for codes in (z, z_test))
    best = np.linalg.lstsq(one, y, rcond=None)[0]
    return float(1 - np.square(y_test - one_test @ best).mean() / y_test.var())


def _thicken(run: Run, model: VAE, x: np.ndarray, y: np.ndarray, x_test: np.ndarray) -> None:
    """Move test digits along a direction: the mean code of thick digits minus that of thin ones, within each class."""
    width, mu = attributes.thickness(x), model.encode(x)[0]
    median = np.array([np.median(width[y == digit]) for digit in range(10)])
    thick = latent.direction(mu, width > median[y])
    steps = np.linspace(*THICKNESS, 10, dtype="float32")[:, None]  # (10, 1)
    start = model.encode(x_test[:500])[0]
    thicker = np.array([model.decode(start + step * thick) for step in steps])  # (10, 500, 784)
    ink = thicker.sum(axis=2).mean(axis=1)  # (10,)
    rises = "" if run.settings.quick else "rises at each step"
    widths = [attributes.thickness(images).mean() for images in thicker]
    run.number("ink of 500 test digits, from thin to thick", " ".join(f"{v:.0f}" for v in ink), rises)
    run.number("thickness in pixels", " ".join(f"{v:.1f}" for v in widths), rises)
    shown = run.rows(*thicker[:, :4].transpose(1, 0, 2))
    run.figure("thickness", shown, "Test digits moved both ways along the direction from thin to thick.")
