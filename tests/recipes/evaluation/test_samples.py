"""The scorer of a recipe."""

import numpy as np
import pytest
from helpers.recipe_runs import prepared, texts
from helpers.refusals import refused

from minigen import models
from minigen.recipes import Run, Settings, registry
from minigen.recipes.evaluation import samples
from minigen.recipes.evaluation.samples import report_seconds, report_weights, score_samples, scorer


def test_a_recipe_that_asks_the_scorer_has_to_say_so(tmp_path):
    run = Run(registry.recipes["pca"], Settings(out=str(tmp_path), data="sample", quick=True), epochs=1)
    with refused(RuntimeError, "asks the scorer"):
        scorer(run)


class Scorer:
    """It sees zeros alone, and its distance is how many images of both kinds it was given."""

    def confidence(self, images):
        return 0.25

    def shares(self, images):
        return np.array([0.75, 0.25])

    def count(self, images):
        return 1.75

    def labels(self, images):
        return np.zeros(len(images), "int64")

    def distance(self, images, real):
        assert len(images) == len(real)
        return len(images)


@pytest.mark.parametrize(("n", "drawn", "compared"), [(None, 2000, 500), (7, 7, 7)])
def test_as_many_real_digits_as_new_ones_are_compared(n, drawn, compared, tmp_path):
    run = prepared("dcgan", tmp_path)
    run.scorer = Scorer()
    images = score_samples(run, lambda n: np.zeros((n, 28, 28, 1)), "a scale", n)
    assert len(images) == drawn
    found = texts(run)
    assert found["scorer distance to the test digits"] == f"{compared:.2f} (training digits {compared:.2f})"
    assert found[f"mean confidence of the scorer in {drawn:,} samples"] == "0.250"
    assert found["share of the rarest and of the commonest digit"] == "25.0% to 75.0%, e^entropy 1.75"


def test_the_time_of_a_thousand_and_the_weights_that_are_trained(tmp_path, monkeypatch):
    run = prepared("dcgan", tmp_path)
    monkeypatch.setattr(samples.time, "perf_counter", lambda: 12.5)
    report_seconds(run, 50, start=12.0)
    report_weights(run, models.fc_autoencoder(32))
    assert texts(run) == {"seconds for 1,000 samples": "10", "weights": f"{2 * 784 * 32 + 32 + 784:,}"}
