"""What recipes report about codes: their distribution, and what a classifier makes of the decoded images."""

import numpy as np
from helpers.recipe_runs import prepared, texts

from minigen.recipes.evaluation.codes import describe, how_well_sorted, score_images


class Sure:
    """A scorer that is sure of white images and calls them 0 and 1 in turn."""

    def probabilities(self, images):
        return np.where(images[:, :1] == 1, [[0.95, 0.05]], [[0.6, 0.4]])

    def shares(self, images):
        assert (images == 1).all()
        return np.array([0.5, 0.5, 0.0])

    def count(self, images):
        return 2.0


def test_the_share_of_images_that_a_classifier_is_sure_of(tmp_path):
    run = prepared("vae", tmp_path)
    run.scorer = Sure()
    score_images(run, "cells", np.repeat([[1.0], [0.0]], [3, 9], axis=0))
    score_images(run, "grey", np.zeros((4, 1)))
    assert texts(run) == {
        "cells that a classifier is sure of": "0.25; 2 digits among them, e^entropy 2.0",
        "grey that a classifier is sure of": "0.00",
    }


def test_codes_are_described_by_their_moments(tmp_path):
    run = prepared("vae", tmp_path)
    corners = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    describe(run, corners * [1, 2] + [0, 1])
    assert [value for _, value, _ in run.numbers] == ["+0.00 +1.00", "1.00 2.00", f"{(4 + 1 - 1 - np.log(4)) / 2:.2f}"]


def test_codes_that_are_the_labels_sort_the_digits_and_constant_ones_do_not(tmp_path):
    run = prepared("vae", tmp_path)
    x, y, x_test, y_test = run.flat_images()
    of = {image.tobytes(): label for image, label in zip((*x, *x_test), (*y, *y_test), strict=True)}
    how_well_sorted(run, lambda images: np.array([[of[image.tobytes()]] for image in images], "float64"))
    assert run.numbers[-1][:2] == ("class by the 10 nearest training codes", "1.000")
    how_well_sorted(run, lambda images: np.zeros((len(images), 1)))
    assert float(run.numbers[-1][1]) < 0.2
