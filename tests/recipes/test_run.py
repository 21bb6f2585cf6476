"""One execution of a recipe: its data, its settings, its trainings and what it reports."""

import json

import numpy as np
import pytest
from helpers.recipe_runs import prepared
from helpers.refusals import refused

from minigen import Dense, Input, Sequential, Tensor, cli, plot
from minigen.datasets import mnist
from minigen.recipes import Run, Settings, registry


def run_of(name, folder, default=30, **flags):
    return Run(registry.recipes[name], Settings(out=str(folder), data="sample", verbose=0, **flags), default)


def test_the_digits_are_flat_or_images_in_0_to_1(tmp_path):
    run = run_of("vae", tmp_path)
    (x_train, y_train), _ = mnist.load_data("sample")
    x, y, x_test, _ = run.flat_images()
    assert x.shape == (5000, 784) and x.dtype == np.float32 and (run.images_learnt, len(x_test)) == (5000, 1000)
    np.testing.assert_array_equal(x[7], x_train[7].ravel().astype("float32") / 255)
    np.testing.assert_array_equal(y, y_train)
    images = run.images()
    assert images[0].shape == (5000, 28, 28, 1) and (images[2].reshape(1000, 784) == x_test).all()
    assert [len(part) for part in prepared("vae", tmp_path).flat_images()] == [1000, 1000, 500, 500]


@pytest.mark.parametrize(
    ("flags", "epochs"), [({}, 30), ({"quick": True}, 3), ({"epochs": 7}, 7), ({"quick": True, "epochs": 7}, 7)]
)
def test_the_number_of_epochs(flags, epochs, tmp_path):
    run = run_of("vae", tmp_path, **flags)
    assert run.epochs == epochs and run.short == (epochs < 30)
    assert run_of("pca", tmp_path, None, **flags).epochs == 1  # it trains nothing


def test_a_flag_takes_the_place_of_a_default_that_there_is(tmp_path):
    run = run_of("vae", tmp_path, latent_dim=5, batch_size=32)
    assert (run.latent_dim, run.batch_size, run.optimizer, run.loss) == (5, 32, "adam", "half_squared_error")
    assert run_of("pca", tmp_path, latent_dim=5).latent_dim is None


def test_few_digits_have_smaller_batches_and_fewer_samples(tmp_path):
    run = run_of("vae", tmp_path, 3)
    run.flat_images()
    assert run.few_images and run.n_samples == 2_000 and run.batch_size_for(5000) == 64
    assert run.batch_size_for(20_001) == 128 and run.steps(1001, 100) == 33
    run.images_learnt = 20_001
    assert not run.few_images and run.n_samples == 10_000
    assert run_of("vae", tmp_path, batch_size=40).batch_size_for(5000) == 40


def test_the_rate_decays_to_zero_at_the_end_of_the_training(tmp_path):
    adam = run_of("vae", tmp_path, 3).decaying_adam(1000, 100, 0.5, beta_1=0.25)
    assert adam.beta_1 == 0.25 and adam.schedule(0) == 0.5 and adam.schedule(15) == 0.25 and adam.schedule(30) == 0


def test_the_rate_rises_before_it_decays(tmp_path):
    """60 steps: 3 of them to rise, 57 along half a cosine, at whose middle it is half."""
    adam = run_of("vae", tmp_path, 3).warmed_up_adam(2000, 100, 0.5)
    rates = [adam.schedule(t) for t in range(61)]
    assert rates[:4] == pytest.approx([0, 0.5 / 3, 1 / 3, 0.5]) and rates[60] == pytest.approx(0, abs=1e-9)
    assert (np.diff(rates[3:]) < 0).all() and (rates[31] + rates[32]) / 2 == pytest.approx(0.25, abs=1e-3)
    one = run_of("vae", tmp_path, 1).warmed_up_adam(100, 100, 0.5)
    assert one.schedule(0) == 0.5  # a training of one step does not wait
    assert run_of("vae", tmp_path, 1000).warmed_up_adam(60_000, 100, 0.5).schedule(500) == 0.5  # 500 at most


def test_a_training_leaves_its_history_and_moves_every_old_checkpoint_aside(tmp_path):
    x = np.ones((4, 2), "float32")
    for old in range(3):
        run = run_of("vae", tmp_path, 2)
        run.folder.mkdir(exist_ok=True)
        model = Sequential([Input((2,)), Dense(2)])
        model.compile("sgd", "mse")
        history = run.fit(model, x, x, name="first")
        assert json.loads((run.folder / "first-history.json").read_text()) == history.history
        names = {path.name for path in run.folder.glob("*checkpoint*")}
        olds = {"first-checkpoint.npz.old", "first-checkpoint.npz.old2"}
        assert len(names) == old + 1 and names <= {"first-checkpoint.npz", *olds}
    assert len(history.history["loss"]) == 2


@pytest.mark.parametrize("resume", [[], ["--resume"]])
def test_a_folder_in_the_place_of_the_checkpoint_is_refused(tmp_path, resume, capsys):
    (tmp_path / "fc-autoencoder" / "checkpoint.npz" / "x").mkdir(parents=True)
    flags = ["--data", "sample", "--quick", "--epochs", "1", "--out", str(tmp_path), *resume]
    assert cli.main(["train", "fc-autoencoder", *flags]) == 1
    error = capsys.readouterr().err
    assert "checkpoint.npz cannot be" in error and "got:      a folder" in error
    assert (tmp_path / "fc-autoencoder" / "checkpoint.npz" / "x").is_dir()


def test_the_epochs_of_a_run_are_those_of_its_checkpoint_if_these_are_more(tmp_path):
    x = np.ones((4, 2), "float32")
    for epochs, resume in ((3, False), (1, True)):
        run = run_of("vae", tmp_path, 3, epochs=epochs, resume=resume)
        run.folder.mkdir(exist_ok=True)
        model = Sequential([Input((2,)), Dense(2)])
        model.compile("sgd", "mse")
        run.fit(model, x, x)
        assert run.epochs == 3 and not run.short


def test_figures_are_listed_with_their_captions(tmp_path):
    run = run_of("vae", tmp_path)
    run.figure("ones", plot.grid(np.ones((2, 16))), "White.")
    assert run.figures == [(tmp_path / "vae" / "ones.png", "White.")] and run.figures[0][0].exists()


def test_figures_are_written_for_slides_too(tmp_path):
    args = cli.parser().parse_args(["chapter", "--figures", "pdf", "svg", "--out", str(tmp_path)])
    run = Run(registry.recipes["vae"], cli._settings(args), 30)
    run.figure("ones", plot.grid(np.ones((2, 16))), "White.")
    run.graph("sum", (Tensor(np.ones(2), requires_grad=True) * 2).sum(), {}, "A graph.")
    assert [path.name for path, _ in run.figures] == ["ones.png", "sum.png"]
    for name in ("ones", "sum"):
        assert (run.folder / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        assert b"<svg" in (run.folder / f"{name}.svg").read_bytes()


def test_an_output_folder_that_cannot_be_written_is_refused_before_anything_is_trained(tmp_path):
    (tmp_path / "vae").write_text("in the way")
    with refused(OSError, str(tmp_path / "vae")):
        run_of("vae", tmp_path).execute()


def test_resume_goes_on_where_the_run_stopped(tmp_path, capsys):
    common = ["train", "fc-autoencoder", "--quick", "--data", "sample"]
    cli.main([*common, "--epochs", "4", "--out", str(tmp_path / "whole")])
    cli.main([*common, "--epochs", "2", "--out", str(tmp_path / "parts")])
    cli.main([*common, "--epochs", "4", "--out", str(tmp_path / "parts"), "--resume"])
    assert "2 epochs and 0 steps done" in capsys.readouterr().out
    whole, parts = (tmp_path / k / "fc-autoencoder" / "history.json" for k in ("whole", "parts"))
    assert whole.read_text() == parts.read_text()
