"""What a training step on the stand-in for CuPy moves between host and device: nothing back, in every family."""

import pytest
from helpers.device_steps import FLAT, STEPS, compiled, prepared, step

import minigen
from minigen import models
from minigen.training.data import to_device

TO_DEVICE = {  # drawn noise, one-hot rows, labels, characters, rates of the schedule at the drawn times
    "VAE": 1, "conditional VAE": 3, "GAN": 1, "WGAN-GP": 2, "DCGAN": 1, "VAE-GAN": 2, "CharRNN": 2, "GPT": 2,
    "diffusion": 12,
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_a_step_reads_nothing_back_and_moves_what_is_new(name, stand_in):
    with minigen.using("cupy"):
        model, batch = prepared(name)
        step(model, batch)  # the first one makes the slots of the optimizer and the constant matrices
        parts = to_device(batch, model.dtype)
        with stand_in.counting() as moved:
            model.train_step(*parts)
    assert moved == {"to_device": TO_DEVICE.get(name, 0), "to_host": 0, "sync": 0}


def test_a_gan_with_a_margin_reads_the_two_costs_of_d(stand_in):
    """They decide on the host who is updated."""
    with minigen.using("cupy"):
        model, batch = compiled(models.gan(4, margin=0.3, image_shape=64), FLAT)
        step(model, batch)
        parts = to_device(batch)
        with stand_in.counting() as moved:
            model.train_step(*parts)
    assert moved == {"to_device": 1, "to_host": 0, "sync": 2}
