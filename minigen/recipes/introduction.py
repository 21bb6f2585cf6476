"""Section 9.0: discriminative models, in contrast to the generative models of the other sections."""

from __future__ import annotations

import numpy as np

from .. import metrics, models, plot
from ..datasets import toys
from .recipe import recipe
from .run import Run


@recipe("logistic-regression", "9.0", "P(Y | X): which digit is it?", epochs=(30, 30), batch_size=128)
def logistic_regression(run: Run) -> None:
    """A discriminative model estimates P(Y | X). The simplest one for ten digits is a single Dense layer with a
    softmax. It separates the digits but cannot draw one: its weights, shown as images, are templates of the
    differences between digits, not digits.
    """
    x_train, y_train, x_test, y_test = run.flat_images()
    model = models.logistic_regression(x_train.shape[1:], run.classes)
    model.compile(run.optimizer, "sparse_categorical_crossentropy")
    history = run.fit(model, x_train, y_train, validation_data=(x_test, y_test))
    run.number("test accuracy", metrics.accuracy(y_test, model.predict(x_test)))
    w = model.get_weights()[0].T  # (classes, pixels)
    grid = run.grid(0.5 + w / (2 * abs(w).max()), labels=list(range(min(10, run.classes))), background=1.0)
    caption = "The weights of the outputs, one for each class: grey is 0; white pixels raise the probability of the "
    run.figure("weights", grid, caption + "class, black ones lower it.")
    run.figure("loss", plot.curves(history.history), "Cross-entropy in nats.")


@recipe("digit-or-not", "9.0", "Example 9.1: is it a digit or not?", epochs=(10, 10), batch_size=128, data="digits")
def digit_or_not(run: Run) -> None:
    """Example 9.1 asks whether an image shows a face; here the question is whether it shows a digit. The detector is
    trained on digits (label 1) and three kinds of other images (label 0). Two of them are easy. The third, digits
    upside down, is hard: a 1 and an 8 look the same either way, and a 6 becomes a 9.
    """
    data = run.flat_images()
    x_train, x_test = data.x_train, data.x_test
    x, y = _with_negatives(x_train)
    model = models.detector()
    model.compile(run.optimizer, "binary_crossentropy", metrics=["accuracy"])
    run.fit(model, x, y)
    negatives = {k: v.reshape(len(v), -1) for k, v in toys.not_digits(x_test.reshape(-1, 28, 28), seed=1).items()}
    run.number("digits recognised", (model.predict(x_test) > 0.5).mean())
    for kind, images in negatives.items():
        run.number(f"{kind}: rejected", (model.predict(images) < 0.5).mean())
    shown = [x_test[:10], *(v[:10] for v in negatives.values())]
    run.figure("negatives", run.rows(*shown, labels=["digits", *negatives]), "Digits, and images of other kinds.")


def _with_negatives(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(images, labels): every digit with label 1, and for each of them one other image with label 0."""
    kinds = [v.reshape(len(v), -1) for v in toys.not_digits(x.reshape(-1, 28, 28)).values()]
    negatives = np.concatenate([kind[i :: len(kinds)] for i, kind in enumerate(kinds)])
    labels = np.concatenate([np.ones(len(x)), np.zeros(len(negatives))])
    return np.concatenate([x, negatives]), labels.reshape(-1, 1).astype("float32")
