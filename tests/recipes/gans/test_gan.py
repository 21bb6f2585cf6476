"""The recipe of the GAN with another game, another noise and another size."""

import numpy as np
import pytest
from helpers.recipe_runs import digits, figures, history, values

from minigen import cli, load_model
from minigen.recipes import saved


def test_the_game_the_noise_and_the_size_of_a_gan(bars, kitchen, capsys):
    flags = ["--quick", "--data", str(bars), "--epochs", "1", "--out", str(kitchen), "--batch-size", "80"]
    assert cli.main(["train", "gan", *flags, "--loss", "hinge", "--latent-dim", "3", "--preset", "gpu"]) == 0
    page = (kitchen / "gan" / "report.html").read_text(encoding="utf-8")
    assert "hinge" in page and "gpu" in page and "3 latent variables" in page
    model = load_model(kitchen / "gan" / "model.minigen")
    assert model.generator.named_weights()["dense/kernel"].shape == (3, 512)


def test_a_squared_error_draws_the_mean_image(cook):
    run, (x, _, x_test, _) = cook("gan"), digits()
    (variance,) = values(run, "MSE of the test digits to the mean image")
    assert variance == pytest.approx(np.square(x_test - x.mean(axis=0)).mean(), abs=1e-4)
    assert values(run, "Problem A with a squared error: MSE of its drawings to the mean image")[-1] < variance / 2
    game = ["game", "accuracy"]
    assert figures(run) == [*game, "samples", "problem-a", "pixel-gradient", "slopes"]
    for name in ("d_loss", "g_loss", "d_accuracy"):
        assert values(run, f"{name}, mean of the last epoch") == [pytest.approx(history(run)[name][-1], abs=1e-3)]
    film = saved.read(run.folder).film
    assert film.frames.shape == (run.epochs, 10, 28, 28, 1) and film.captions == ["epoch 1"]
    assert film.curves["g_loss"] == history(run)["g_loss"]


def test_a_convolutional_gan_is_scored_beside_training_digits(cook):
    run = cook("dcgan", n_samples=1000)
    distance, of_training = values(run, "scorer distance to the test digits")
    drawn, real = values(run, "test digits whose nearest sample has their label")
    assert of_training < 5 < distance and drawn < real and real > 0.8
    losses = [history(run)[name][-1] for name in ("d_real", "d_fake", "d_loss")]
    assert losses[0] + losses[1] == pytest.approx(losses[2], rel=1e-5)


def test_a_conditional_gan_is_asked_for_every_class(cook):
    run = cook("cgan")
    (agreement,) = values(run, "drawn digits that the scorer calls by their label")
    assert 0.05 < agreement <= 1 and "samples" in figures(run)


def test_the_critic_reports_its_distance_and_its_penalty(cook):
    run = cook("wgan-gp")
    found = history(run)
    ends = [found["distance"][0], found["distance"][-1]]
    assert values(run, "distance of the fakes from the data, first and last epoch") == pytest.approx(ends, abs=0.01)
    assert values(run, "mean (‖∇a‖ - 1)², last epoch")[-1] == pytest.approx(found["penalty"][-1], abs=1e-3)
    assert found["penalty"][-1] > 0 and figures(run) == ["samples", "distance"]
