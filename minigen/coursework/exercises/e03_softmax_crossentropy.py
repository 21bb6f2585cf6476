"""Softmax and cross-entropy

A classifier gives `logits`, one row of numbers for each image and one column for each class. The softmax makes
probabilities of a row, p_j = exp(a_j) / Σ_k exp(a_k), and the loss of an image with the label c is -log p_c.

Return the loss, the mean over all images, and its gradient with respect to the logits, an array of their shape. Use
NumPy. Logits may be as large as 1000 or -1000: neither the loss nor the gradient may overflow, so think about which
number can be taken from a row without changing its softmax. The array `logits` must not change.
"""

# ---- exercise

import numpy as np


def softmax_cross_entropy(logits, labels):
    """logits: (images, classes), labels: (images,) integers from 0 -> (loss: a number, gradient: (images, classes))."""
    # BEGIN SOLUTION
    images = np.arange(len(logits))
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_p[images, labels].mean()
    gradient = np.exp(log_p)
    gradient[images, labels] -= 1
    return loss, gradient / len(logits)
    # END SOLUTION


# ---- tests

from ..pieces import Wrong, test

REFUSED = (
    "minigen.Tensor",
    "minigen.softmax",
    "minigen.log_softmax",
    "minigen.logsumexp",
    "minigen.ops.Softmax",
    "minigen.ops.LogSoftmax",
    "minigen.ops.LogSumExp",
    "minigen.ops.SoftmaxCrossentropy",
    "minigen.ops.SparseSoftmaxCrossentropy",
)


@test(marks=2, public=True, sizes={"images": 3})
def loss(student):
    """The loss of three images."""
    logits = np.array([[1.0, 2.0, 0.0, 3.0], [0.5, -1.0, 2.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    return {"loss": student.softmax_cross_entropy(logits, np.array([3, 1, 0]))[0]}


@test(marks=2, public=True, sizes={"images": 3})
def gradient(student):
    """The gradient of three images."""
    logits = np.array([[1.0, 2.0, 0.0, 3.0], [0.5, -1.0, 2.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    return {"gradient": student.softmax_cross_entropy(logits, np.array([3, 1, 0]))[1]}


@test(marks=3, sizes={"images": 7})
def random_logits(student):
    """Loss and gradient of seven images with random logits."""
    rng = np.random.default_rng(30)
    found = student.softmax_cross_entropy(rng.normal(0, 2, (7, 5)), rng.integers(0, 5, 7))
    return {"loss": found[0], "gradient": found[1]}


@test(marks=2, sizes={"images": 3})
def large_logits(student):
    """Logits of 1000 and -1000."""
    logits = np.array([[1000.0, 0.0, 999.0], [-1000.0, -1001.0, -1002.0], [0.0, 1000.0, -1000.0]])
    found = student.softmax_cross_entropy(logits, np.array([2, 0, 0]))
    return {"loss": found[0], "gradient": found[1]}


@test(marks=1)
def untouched(student):
    """The logits are unchanged, and the result is the same in a second call."""
    logits, labels = np.random.default_rng(31).normal(size=(4, 3)), np.array([0, 1, 2, 1])
    before = logits.copy()
    student.softmax_cross_entropy(logits, labels)
    return {
        "change of the logits": logits - before,
        "loss": student.softmax_cross_entropy(logits, labels)[0],
    }


WRONG = (
    Wrong(
        "overflow",
        "logits - logits.max(axis=1, keepdims=True)",
        "logits - 0",
        8,
        "exp(1000) is infinite. What may be subtracted from a row?",
    ),
    Wrong("sum for mean", "labels].mean()", "labels].sum()", 2, "the loss is that of one image on average"),
    Wrong("sum for mean", "gradient / len(logits)", "gradient", 3, "is the gradient that of the mean over the images?"),
    Wrong(
        "axis",
        "np.exp(shifted).sum(axis=1",
        "np.exp(shifted).sum(axis=0",
        0,
        "the probabilities of which axis have the sum 1?",
    ),
    Wrong("sign", "-log_p[images", "log_p[images", 2, "a loss of probabilities is never below 0"),
    Wrong(
        "sign",
        "gradient / len(logits)",
        "-gradient / len(logits)",
        3,
        "does the loss fall if the logit of the right class grows?",
    ),
    Wrong(
        "aliasing",
        "shifted = logits - logits.max(axis=1, keepdims=True)",
        "shifted = logits\n    shifted -= logits.max(axis=1, keepdims=True)",
        9,
        "the caller's logits are changed by -=",
    ),
    Wrong("off by one", "-log_p[images, labels]", "-log_p[images, labels - 1]", 2, "the labels count from 0"),
    Wrong(
        "forgotten term",
        "    gradient[images, labels] -= 1\n",
        "",
        3,
        "the gradient of the label's own logit has one more term",
    ),
)
