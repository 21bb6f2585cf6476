"""Every wrong VAE of the museum is caught by the check that is meant for it, and no right one is."""

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import backend, losses, models, museum, ops
from minigen.datasets import mnist
from minigen.models import VAE

CAUGHT_BY = {
    museum.vae.VarianceAsStandardDeviation: "check_spread",
    museum.vae.LogVarianceAsLogSigma: "check_kl",
    museum.vae.KLByMean: "check_kl",
    museum.vae.ReconstructionByMean: "check_reconstruction",
    museum.vae.TinyEpsilon: "check_spread",
    museum.vae.NoReparameterisation: "check_gradient",
}

RIGHT = {
    "vae": models.vae,
    "32 latent variables": lambda: models.vae(32, hidden=16),
    "linear": models.linear_vae,
    "conditional": models.conditional_vae,
    "convolutional": models.conv_vae,
}


def test_every_exhibit_has_its_check():
    assert set(CAUGHT_BY) == set(museum.vae.EXHIBITS)
    checks = {check.__name__ for check in museum.vae.CHECKS}
    assert set(CAUGHT_BY.values()) == checks - {"check_step"}  # the exhibits replace formulas, no step


@pytest.mark.parametrize("exhibit", museum.vae.EXHIBITS, ids=lambda e: e.__name__)
def test_an_exhibit_is_caught_by_its_check_and_by_no_other(exhibit):
    found = museum.vae.caught(museum.vae.build(exhibit, hidden=8))
    assert list(found) == [CAUGHT_BY[exhibit]], found


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("loss", ["half_squared_error", "binary_crossentropy_per_image"])
def test_no_right_vae_is_caught(name, loss):
    vae = RIGHT[name]()
    vae.compile("adam", loss)
    if (name, loss) == ("linear", "binary_crossentropy_per_image"):  # its outputs are no probabilities
        assert museum.vae.caught(vae) == {
            "check_step": "train_step fails: ValueError: binary_crossentropy_per_image: predictions"
        }
    else:
        assert museum.vae.caught(vae) == {}


OTHER_RIGHT_LOSSES = {
    "784 x the mean crossentropy": lambda x, p: losses.binary_crossentropy(x, p) * 784,
    "392 x the mean squared error": lambda x, p: losses.mean_squared_error(x, p) * 392,
    "images": lambda x, p: losses.half_squared_error(x.reshape(-1, 28, 28), p.reshape(-1, 28, 28)),
    "absolute differences": lambda x, p: abs(p - x).sum() / len(x),
    "sigma 5": lambda x, p: losses.half_squared_error(x, p) / 25,
}


@pytest.mark.parametrize("name", OTHER_RIGHT_LOSSES)
def test_other_right_losses_are_not_caught(name):
    vae = models.vae(2, hidden=8)
    vae.compile("adam", OTHER_RIGHT_LOSSES[name])
    assert museum.vae.caught(vae) == {}


def one_noise_for_all(self, mu, logvar):
    eps = minigen.backend.normal((len(mu), 1), mu.dtype)
    return mu + ops.exp(logvar / 2) * eps


OTHER_WRONG_ONES = {
    "Loss x̂ summed over the batch": (
        "check_reconstruction",
        {"loss_x": lambda self, x, x_hat: losses.half_squared_error(x, x_hat) * len(x)},
    ),
    "Loss z summed over the batch": (
        "check_kl",
        {"loss_z": lambda self, mu, logvar: losses.kl_standard_normal(mu, logvar) * len(mu)},
    ),
    "no gradient to Σ": (
        "check_gradient",
        {
            "sample_z": lambda self, mu, logvar: ops.reparameterise(
                mu, logvar.detach() if hasattr(logvar, "detach") else logvar
            )
        },
    ),
    "one ε for all latent variables": ("check_spread", {"sample_z": one_noise_for_all}),
    "a shifted mean": ("check_spread", {"sample_z": lambda self, mu, logvar: ops.reparameterise(mu + 0.1, logvar)}),
}


@pytest.mark.parametrize("what", OTHER_WRONG_ONES)
def test_other_mistakes_are_caught_too(what):
    check, formula = OTHER_WRONG_ONES[what]
    wrong = type("Wrong", (VAE,), formula)
    assert list(museum.vae.caught(museum.vae.build(wrong, hidden=8))) == [check]


def test_reading_log_sigma_as_log_variance_is_the_first_exhibit_in_other_words():
    """z = μ + e^h ε with D_KL(μ, h): is h log Σ, and the first wrong, or log σ, and the second? It is one program."""

    class LogSigmaReadAsLogVariance(VAE):
        def sample_z(self, mu, log_sigma):
            return ops.reparameterise(mu, 2 * log_sigma)  # right for log σ

        def loss_z(self, mu, log_sigma):
            return losses.kl_standard_normal(mu, log_sigma)  # wrong for log σ

    x = mnist.load_data("sample")[0][0][:200].reshape(-1, 784).astype("float32") / 255
    seen = []
    for case in (museum.vae.VarianceAsStandardDeviation, LogSigmaReadAsLogVariance):
        minigen.seed(0)
        seen.append(museum.vae.build(case, hidden=8).fit(x, epochs=2, verbose=0).history["loss"])
    assert seen[0] == pytest.approx(seen[1], rel=1e-6)


def test_a_riddle_has_one_right_answer_and_gives_nothing_away():
    for seed in (0, 1):
        cases = museum.vae.riddle(seed, hidden=8)
        assert list(cases) == list("ABCDEFG")
        kinds = [type(case) for case in cases.values()]
        assert {kind.__name__ for kind in kinds} == {"VAE"} and {kind.__mro__[1] for kind in kinds} == {models.VAE}
        assert {f"{vars(kind)[name]}".partition(" at ")[0] for kind in kinds for name in museum.vae.FORMULAS} == {
            f"<function VAE.{name}" for name in museum.vae.FORMULAS
        }
        assert not any(
            word.__name__ in f"{vars(type(case))} {case!r}" for case in cases.values() for word in museum.vae.EXHIBITS
        )
        assert sum(not museum.vae.caught(c) for c in cases.values()) == 1
    order = [[*map(museum.vae.caught, museum.vae.riddle(seed, hidden=8).values())] for seed in (0, 1, 0)]
    assert [*map(list, order[0])] == [*map(list, order[2])] != [*map(list, order[1])]


def test_a_vae_that_is_not_compiled_is_refused():
    with refused(RuntimeError, "museum.vae.caught: not compiled"):
        museum.vae.caught(models.vae(2, hidden=4))


def test_looking_at_a_vae_changes_nothing():
    vae = museum.vae.build(models.VAE, hidden=8)
    vae.train_on_batch(np.full((4, 784), 0.5, "float32"))
    before, draws, optimizer = vae.get_weights(), backend.random_state(), vae.optimizer
    assert museum.vae.caught(vae) == {}
    assert all(np.array_equal(a, b) for a, b in zip(before, vae.get_weights(), strict=True))
    assert backend.random_state() == draws and vae.optimizer is optimizer and optimizer.iterations == 1
    assert not {"sample_z", "loss_z", "loss_x"} & set(vars(vae))


def test_the_vae_gan_of_the_library_is_judged_as_it_is():
    vae = models.vae_gan(2, hidden=8)
    vae.compile()
    assert "check_step" not in museum.vae.caught(vae)
