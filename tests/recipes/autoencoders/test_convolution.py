"""The recipes of convolutional autoencoders and of the denoiser."""

import numpy as np
import pytest
from helpers.recipe_runs import digits, figures, history, values

from minigen.recipes import saved


@pytest.mark.parametrize(
    ("name", "parameters"), [("conv-autoencoder", 28_353), ("conv-autoencoder-128", 4_385)], ids=lambda v: str(v)
)
def test_the_network_has_the_size_of_the_chapters_and_learns(cook, name, parameters):
    run = cook(name)
    assert values(run, "parameters") == [parameters]
    (loss,) = [v for k in run.numbers if k[0].startswith("test loss") for v in [float(k[1])]]
    assert loss == pytest.approx(history(run)["val_loss"][-1], abs=1e-4) and loss < np.log(2)  # of grey everywhere
    assert figures(run) == ["reconstructions", "loss"] and (run.folder / "model.minigen").exists()


def test_the_denoiser_is_compared_with_a_median_and_with_the_best_linear_map(cook):
    run = cook("denoiser")
    psnr = {name: values(run, f"{name}: PSNR in dB")[-1] for name in ("noisy", "median", "linear", "network")}
    x = digits()[2]
    noise = np.clip(x + 0.5 * np.random.default_rng(0).standard_normal(x.shape), 0, 1) - x
    assert psnr["noisy"] == pytest.approx(-10 * np.log10(np.square(noise).mean()), abs=0.05)
    assert psnr["noisy"] + 3 < psnr["median"] < psnr["linear"] < 20
    assert figures(run) == ["denoised", "loss"]
    assert saved.read(run.folder).noise == 0.5
