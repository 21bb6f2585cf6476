"""The recipes of a diffusion model and of flow matching."""

import numpy as np
import pytest
from helpers.recipe_runs import digits, figures, floats, history, prepared, texts, values

from minigen import models
from minigen.recipes import saved
from minigen.recipes.beyond.diffusion import BOUND, _size_of_target, _table_of_scores

COMMON = ["loss", "samples", "film", "guidance", "classes", "inpainting", "bound"]


@pytest.mark.parametrize(("name", "zeros"), [("diffusion", 0.96), ("flow", 1.92)])
def test_digits_are_drawn_scored_guided_and_completed(cook, name, zeros):
    run = cook(name)
    assert sorted(figures(run)) == sorted([*COMMON, *(["steps"] if name == "flow" else [])])
    expected = {row[0]: floats(row[2]) for row in run.numbers}["loss, mean of the last epoch"]
    assert expected == [zeros] and history(run)["loss"][-1] < zeros
    total, *parts = values(run, BOUND)
    assert sum(parts) == pytest.approx(total, abs=0.2) and parts[0] < 1
    guided, *others = run.tables
    assert [row[0] for row in guided.rows] == ["0", "1", "3"]
    assert texts(run)["drawn digits that the scorer calls by their label"] == guided.rows[1][1]
    assert len(others) == (name == "flow") and all([row[0] for row in t.rows] == ["1", "2", "4"] for t in others)
    assert values(run, "seconds for 1,000 samples")[0] > 0
    assert values(run, "mean confidence of the scorer in 50 samples")
    found = saved.read(run.folder)
    assert isinstance(found.model, models.Diffusion) and found.film.frames.shape == (5, 10, 28, 28, 1)


@pytest.mark.parametrize("schedule", ["linear", "cosine", "straight"])
def test_the_loss_of_a_prediction_of_zeros(schedule):
    """Before its first step the U-Net predicts zeros: its loss is that of the recipe, up to the noise of the draws."""
    x = digits()[0][:200].reshape(-1, 28, 28, 1).astype("float32")
    model = models.Diffusion(models.unet(filters=(4, 4), blocks=1), schedule, "velocity")
    model.compile()
    assert model.evaluate(x) == pytest.approx(_size_of_target(model, x), rel=0.02)


class Scorer:
    """It calls each image by its first pixel, and measures how far apart two means are."""

    def agreement(self, images, labels):
        return (images[:, 0] == labels).mean()

    def confidence(self, images):
        return 0.5

    def distance(self, images, real):
        assert len(images) == len(real)
        return abs(images.mean() - real.mean())


def test_scores_stand_in_a_table_and_of_other_images_than_digits_only_names_do(tmp_path):
    run = prepared("flow", tmp_path)
    run.scorer = Scorer()
    real = run.images().x_test
    drawn = {"a": np.zeros((3, 1)), "b": np.ones((600, 1))}
    header, rows = _table_of_scores(run, "kind", {"a": drawn["a"]}, np.array([0, 0, 1]))
    assert header == ["kind", "called by their label", "confidence", "scorer distance"]
    assert rows == [["a", "0.667", "0.500", f"{real[:3].mean():.1f}"]]
    _, rows = _table_of_scores(run, "kind", {"b": drawn["b"]}, np.ones(600))
    assert rows == [["b", "1.000", "0.500", f"{1 - real.mean():.1f}"]]
    run.are_digits = False
    assert _table_of_scores(run, "kind", drawn, np.ones(3)) == (["kind"], [["a"], ["b"]])
