"""PCA, and the best linear autoencoder

The rows of x are n images, as vectors of d numbers. PCA finds the k directions in which they vary most. They are the
eigenvectors of the covariance matrix, 1/n Σᵢ (xᵢ - x̄)(xᵢ - x̄)ᵀ, with the largest eigenvalues, and the eigenvalues are
the variances of the images along them. `np.linalg.eigh` gives the eigenvalues of a symmetric matrix in rising order,
and its eigenvectors as columns.

A linear autoencoder with k hidden units computes x̂ = (x - x̄) E D + x̄, with an encoder E of shape (d, k) and a decoder D
of shape (k, d). No training can make its error, the mean over the images of ‖x̂ - x‖², smaller than the sum of the
eigenvalues that PCA leaves out, and the components reach it.
"""

# ---- exercise

import numpy as np


def pca(x, k):
    """x: (n, d) -> (mean: (d,), components: (k, d), variances: (k,)), the largest variance first."""
    # BEGIN SOLUTION
    mean = x.mean(axis=0)
    covariance = (x - mean).T @ (x - mean) / len(x)
    variances, vectors = np.linalg.eigh(covariance)
    return mean, vectors[:, ::-1][:, :k].T, variances[::-1][:k]
    # END SOLUTION


def linear_autoencoder(x, k):
    """x: (n, d) -> (E: (d, k), D: (k, d)) with the least error."""
    # BEGIN SOLUTION
    _, components, _ = pca(x, k)
    return components.T, components
    # END SOLUTION


def least_error(x, k):
    """x: (n, d) -> the least error of a linear autoencoder with k hidden units, a number."""
    # BEGIN SOLUTION
    _, _, variances = pca(x, x.shape[1])
    return variances[k:].sum()
    # END SOLUTION


# ---- tests

import minigen as mg

from ..pieces import Wrong, test


@test(marks=2, public=True, sizes={"images": 4})
def plane(student):
    """Mean, variances and first component of four points in the plane."""
    x = np.array([[1.0, 2.0], [3.0, 3.0], [5.0, 7.0], [7.0, 8.0]])
    mean, components, variances = student.pca(x, 2)
    return {"mean": mean, "variances": variances, "projection": np.outer(components[0], components[0])}


@test(marks=3, sizes={"images": 30})
def components(student):
    """The variances and the plane of the first components of random data."""
    x = np.random.default_rng(80).normal(size=(30, 6)) * [3, 1, 2, 5, 0.5, 1] + [1, 2, 3, 4, 5, 6]
    mean, components, variances = student.pca(x, 3)
    return {"variances": variances, "projection": components.T @ components, "products": components @ components.T}


@test(marks=2)
def autoencoder(student):
    """The linear autoencoder cannot get better: the gradients of its error are 0."""
    x = np.random.default_rng(81).normal(size=(20, 5)) * [3, 1, 2, 5, 4] + 7
    E, D = (mg.Tensor(w, requires_grad=True) for w in student.linear_autoencoder(x, 2))
    centred = x - x.mean(axis=0)
    error = ((centred @ E @ D - centred) ** 2).sum(axis=1).mean()
    error.backward()
    return {
        "error": error,
        "gradient of E": E.grad.round(6) + 0.0,
        "gradient of D": D.grad.round(6) + 0.0,
    }


@test(marks=1, public=True, sizes={"images": 4, "numbers of an image": 3})
def small_error(student):
    """The least error of four images of three numbers."""
    x = np.array([[1.0, 2.0, 0.0], [3.0, 3.0, 1.0], [5.0, 7.0, 0.0], [7.0, 8.0, 1.0]])
    return {"least error": student.least_error(x, 1)}


@test(marks=2, sizes={"images": 20, "numbers of an image": 6})
def error(student):
    """The least error of random data."""
    x = np.random.default_rng(82).normal(size=(20, 6)) * [3, 1, 2, 5, 4, 1] + 7
    return {
        "least error": student.least_error(x, 3),
        "least error, k = d": np.round(student.least_error(x, 6), 9) + 0.0,
    }


WRONG = (
    Wrong("forgotten term", "(x - mean).T @ (x - mean)", "x.T @ x", 0, "a covariance is one of centred data"),
    Wrong(
        "factor",
        "(x - mean).T @ (x - mean) / len(x)",
        "(x - mean).T @ (x - mean) / (len(x) - 1)",
        2,
        "by what is the sum over the images divided here?",
    ),
    Wrong(
        "sum for mean",
        "(x - mean).T @ (x - mean) / len(x)",
        "(x - mean).T @ (x - mean)",
        2,
        "a variance does not grow with the number of images",
    ),
    Wrong(
        "order",
        "vectors[:, ::-1][:, :k].T, variances[::-1][:k]",
        "vectors[:, :k].T, variances[:k]",
        0,
        "in which order does eigh give the eigenvalues?",
    ),
    Wrong(
        "variance for deviation",
        "variances[::-1][:k]",
        "variances[::-1][:k] ** 0.5",
        2,
        "an eigenvalue of the covariance is a variance itself",
    ),
    Wrong("axis", "vectors[:, ::-1][:, :k].T", "vectors[::-1][:k]", 5, "are the eigenvectors the rows or the columns?"),
    Wrong(
        "mean for sum",
        "variances[k:].sum()",
        "variances[k:].sum() / x.shape[1]",
        7,
        "‖x̂ - x‖² is a sum over the numbers of an image",
    ),
    Wrong("off by one", "variances[k:]", "variances[k - 1 :]", 7, "how many components does the autoencoder keep?"),
    Wrong(
        "axis",
        "return components.T, components",
        "return components.T, np.linalg.pinv(components).T * 0 + components[::-1]",
        8,
        "unit i of the code belongs to row i of the decoder",
    ),
)
