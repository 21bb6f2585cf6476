"""The VAE-GAN: three losses, three parts, and which gradient reaches which."""

import warnings

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import Adam, Conv2D, Dense, Flatten, Input, LeakyReLU, Model, Reshape, Tensor, grad, losses, models
from minigen.autograd import GraphError
from minigen.datasets import mnist
from minigen.models import VAEGAN

(_images, _), _ = mnist.load_data("sample")
X = _images[:32].reshape(32, 784).astype("float32") / 255


NO_MONITOR = pytest.mark.filterwarnings("ignore::minigen.models.GANWarning")  # so few steps


def compile_with(model, encoder, decoder, discriminator, **options):
    model.compile(e_optimizer=encoder, g_optimizer=decoder, d_optimizer=discriminator, **options)


def small(seed=0, rate=1e-3, **options):
    """Compiled, with 4 latent variables and 16 hidden units."""
    minigen.seed(seed)
    model = models.vae_gan(4, hidden=16, **options)
    compile_with(model, Adam(rate), Adam(rate, beta_1=0.5), Adam(rate, beta_1=0.5))
    return model


def parts(model):
    return {"encoder": model.encoder, "decoder": model.decoder, "discriminator": model.discriminator}


def moved(model, before):
    """The parts whose weights are no longer, bit for bit, what they were."""
    return {
        name
        for name, part in parts(model).items()
        if not all(np.array_equal(a, b) for a, b in zip(before[name], part.get_weights(), strict=True))
    }


def weights_of(model):
    return {name: part.get_weights() for name, part in parts(model).items()}


# ---- the losses


def test_losses_are_those_of_the_paper():
    """Recomputed by hand with NumPy from the same draws."""
    model = small()
    state = minigen.backend.random_state()
    logs = model.test_step(Tensor(X))
    minigen.backend.set_random_state(state)

    mu, logvar = model.encoder(X)
    z = model.sample_z(mu, logvar).numpy()
    x_hat = model.decoder(z).numpy()
    x_new = model.decoder(model.gan.noise(len(X))).numpy()
    f, f_hat = (model.features_and_logits(x)[0].numpy() for x in (X, x_hat))
    real, hat, new = (model.discriminator(x).numpy() for x in (X, x_hat, x_new))
    mu, logvar = mu.numpy(), logvar.numpy()
    kl = (np.exp(logvar) + mu**2 - 1 - logvar).sum(axis=1).mean() / 2
    features = np.square(f_hat - f).sum(axis=1).mean() / 2

    def cross(a):  # -log σ(a)
        return np.log1p(np.exp(-a)).mean()

    assert logs["kl"].item() == pytest.approx(kl, rel=1e-5)
    assert logs["features"].item() == pytest.approx(features, rel=1e-5)
    assert logs["loss"].item() == pytest.approx(kl + features, rel=1e-5)
    assert logs["d_loss"].item() == pytest.approx(cross(real) + (cross(-hat) + cross(-new)) / 2, rel=1e-5)
    assert logs["g_loss"].item() == pytest.approx((cross(hat) + cross(new)) / 2, rel=1e-5)
    loss_e, loss_g, loss_d, logs = model._losses_and_logs(Tensor(X), training=False)
    assert loss_e.item() == pytest.approx(logs["loss"].item())
    assert loss_g.item() == pytest.approx(0.1 * logs["features"].item() + logs["g_loss"].item(), rel=1e-5)
    assert loss_d.item() == logs["d_loss"].item()


def test_reconstruction_is_that_of_a_vae_in_pixels():
    model = small()
    state = minigen.backend.random_state()
    logs = model.test_step(Tensor(X))
    minigen.backend.set_random_state(state)
    x_hat = model.decoder(model.sample_z(*model.encoder(X))).numpy()
    assert float(logs["reconstruction"]) == pytest.approx(np.square(x_hat - X).sum(axis=1).mean() / 2, rel=1e-5)


def test_features_of_the_pixels_and_no_game_is_a_vae():
    """f(x) = x and a decoder that does not listen to D: the steps of encoder and decoder are those of models.vae."""
    minigen.seed(0)
    vae = models.vae(4, hidden=16)
    vae.compile(Adam(1e-3))
    minigen.seed(0)
    twin = models.vae(4, hidden=16)
    x = Input(shape=(784,))
    blind = Model(x, Dense(1, kernel_initializer="zeros")(x))
    model = VAEGAN(twin.encoder, twin.decoder, blind, features=x, feature_weight=1.0)
    compile_with(model, Adam(1e-3), Adam(1e-3), Adam(0.0))
    for step in range(3):
        minigen.seed(step)
        vae.train_on_batch(X)
        minigen.seed(step)
        model.train_on_batch(X)
    for a, b in zip(vae.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("part", ["encoder", "decoder", "discriminator"])
def test_each_part_goes_down_its_own_loss(part):
    """What train_step leaves in .grad is the finite difference of that part's loss, in float64."""
    model = small().astype("float64")
    x = Tensor(X[:4].astype("float64"))
    rates = {name: Adam(0.0) for name in parts(model)}
    compile_with(model, *rates.values())
    loss_of = {"encoder": 0, "decoder": 1, "discriminator": 2}[part]

    def loss():
        minigen.seed(3)
        return model._losses_and_logs(x, training=True)[loss_of].item()

    minigen.seed(3)
    model.train_step(x)
    rng, eps, checked = np.random.default_rng(0), 1e-6, 0
    for w in parts(model)[part].parameters():
        direction = rng.standard_normal(w.shape)
        exact = float((w.applied_grad if w.grad is None else w.grad).ravel() @ direction.ravel())
        kept = w.data.copy()
        w.assign(kept + eps * direction)
        above = loss()
        w.assign(kept - eps * direction)
        below = loss()
        w.assign(kept)
        assert exact == pytest.approx((above - below) / (2 * eps), rel=1e-4, abs=1e-7)
        checked += 1
    assert checked >= 4


def test_no_gradient_of_the_game_reaches_the_encoder(xp):
    """Another game, another weight of the features for the decoder: the encoder's step is the same bit for bit."""
    after = []
    for loss, weight in (("non_saturating", 0.1), ("least_squares", 7.0)):
        minigen.seed(0)
        model = models.vae_gan(4, hidden=16)
        model.feature_weight = weight
        model.compile(loss=loss)
        before = weights_of(model)
        model.train_on_batch(X)
        after.append(weights_of(model))
        assert moved(model, before) == set(parts(model))
    for name, same in (("encoder", True), ("decoder", False), ("discriminator", False)):
        assert all(np.array_equal(a, b) for a, b in zip(after[0][name], after[1][name], strict=True)) == same


def test_the_discriminator_gets_no_gradient_of_the_features(xp):
    """Features that are a hundred times larger, seen through a layer after D's own: D's step is the same."""
    steps = []
    for scale in (1.0, 100.0):
        minigen.seed(0)
        base, x = models.vae(4, hidden=16), Input(shape=(784,))
        h = LeakyReLU(0.2)(Dense(16)(x))
        model = VAEGAN(base.encoder, base.decoder, Model(x, Dense(1)(h)), minigen.Rescaling(scale)(h))
        model.compile()
        model.train_on_batch(X)
        steps.append(model.discriminator.get_weights())
    assert all(np.array_equal(a, b) for a, b in zip(*steps, strict=True))


# ---- the balance rule


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        ((0.6, 0.7), {"encoder", "decoder", "discriminator"}),
        ((0.2, 0.7), {"encoder", "decoder"}),  # D is ahead: below 0.68 - 0.4
        ((0.6, 1.2), {"encoder", "discriminator"}),  # D is behind: above 0.68 + 0.4
    ],
)
def test_the_balance_rule_holds_back_who_is_ahead(costs, expected, monkeypatch):
    model = small(margin=0.4)
    monkeypatch.setattr(model.gan, "verdicts", lambda *_: {"d_real": costs[0], "d_fake": costs[1], "d_accuracy": 0.5})
    before = weights_of(model)
    model.train_on_batch(X)
    assert moved(model, before) == expected


# ---- use


@NO_MONITOR
def test_fit_logs_what_the_docstring_says():
    model = small()
    history = model.fit(X, batch_size=16, epochs=2, verbose=0, validation_data=X[:8]).history
    logged = ["loss", "features", "kl", "reconstruction", "kl_per_dimension", "d_loss", "g_loss", "d_real", "d_fake"]
    assert list(history)[:10] == [*logged, "d_accuracy"]
    assert {"active_units", "spread", "gradient_norm", "val_loss", "loss_end", "val_g_loss"} <= set(history)
    assert len(history["kl_per_dimension"][0]) == 4
    assert history["loss"][0] == pytest.approx(history["features"][0] + history["kl"][0], rel=1e-5)
    assert len(model.evaluate(X)) == 10


@NO_MONITOR
def test_it_learns():
    model = small(rate=3e-3)
    history = model.fit(X, batch_size=8, epochs=30, verbose=0).history
    assert history["features"][-1] < 0.5 * history["features"][0]
    assert history["reconstruction"][-1] < history["reconstruction"][0]


def test_vae_verbs_work():
    model = small()
    assert model.sample(3).shape == (3, 784) and model.decode(np.zeros((2, 4))).shape == (2, 784)
    assert model.encode(X)[0].shape == (32, 4) and model.predict(X).shape == X.shape
    assert model.draw_codes(X).shape == (32, 4) and model.gan.discriminate(X).shape == (32,)
    assert model.gan.pixel_gradient(X[:2]).shape == (2, 784)
    assert "discriminator/dense/kernel" in model.named_weights()
    assert model.count_params() == sum(part.count_params() for part in parts(model).values())


@NO_MONITOR
def test_resume_is_an_unbroken_run(tmp_path):
    whole = small()
    expected = whole.fit(X, batch_size=16, epochs=4, verbose=0).history
    half, path = small(), tmp_path / "run.npz"
    half.fit(X, batch_size=16, epochs=2, verbose=0, checkpoint=path)
    resumed = small(seed=7)
    history = resumed.fit(X, batch_size=16, epochs=4, verbose=0, checkpoint=path, resume=True).history
    assert history == expected
    assert all(np.array_equal(a, b) for a, b in zip(whole.get_weights(), resumed.get_weights(), strict=True))


@NO_MONITOR
def test_resume_refuses_another_game(tmp_path):
    path = tmp_path / "run.npz"
    small().fit(X, batch_size=16, verbose=0, checkpoint=path)
    other = small()
    compile_with(other, *(Adam(1e-3, beta_1=b) for b in (0.9, 0.5, 0.5)), loss="hinge")
    with pytest.raises(ValueError, match="another run(.|\n)*non_saturating(.|\n)*hinge"):
        other.fit(X, batch_size=16, epochs=2, verbose=0, checkpoint=path, resume=True)


def test_features_may_be_maps_of_a_convolution(xp):
    minigen.seed(0)
    base, x = models.vae(4, hidden=16), Input(shape=(784,))
    h = LeakyReLU(0.2)(Conv2D(2, 5, strides=4, padding="same")(Reshape((28, 28, 1))(x)))
    discriminator = Model(x, Dense(1)(Flatten()(h)))
    model = VAEGAN(base.encoder, base.decoder, discriminator, features=discriminator.layers[2].output)
    model.compile()
    assert model.features_and_logits.outputs[0].shape == (None, 7, 7, 2)
    assert np.isfinite(model.train_on_batch(X)[0])


def test_the_last_backward_of_a_step_frees_the_graph():
    logs = small().train_step(Tensor(X))
    with pytest.raises(GraphError, match="this graph was freed"):
        logs["d_loss"].backward()


def test_both_warnings_point_at_fit():
    """One of the VAE and one of the GAN, each at the line that called fit()."""
    model = small()
    compile_with(model, Adam(0.0), Adam(0.0), Adam(0.0))
    for part in (model.encoder, model.decoder):
        part.set_weights([0 * w for w in part.get_weights()])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, epochs=2, verbose=0)
    kinds = {w.category for w in caught}
    assert kinds == {models.CollapseWarning, models.GANWarning}
    assert {w.filename for w in caught} == {__file__}


# ---- bad input


def test_parts_that_do_not_fit_are_refused():
    base, x = models.vae(4, hidden=16), Input(shape=(784,))
    h = LeakyReLU(0.2)(Dense(16)(x))
    discriminator = Model(x, Dense(1)(h))
    other = Dense(16)(Input(shape=(784,)))
    with refused(ValueError, "among the inputs"):
        VAEGAN(base.encoder, base.decoder, discriminator, other)
    with refused(ValueError, "features"):
        VAEGAN(base.encoder, base.decoder, discriminator, "dense")
    with refused(ValueError, "features"):
        VAEGAN(base.encoder, base.decoder, discriminator, None)
    with refused(ValueError, "features"):
        VAEGAN(base.encoder, base.decoder, discriminator, discriminator.layers[0])
    with refused(ValueError, "VAEGAN: features"):
        VAEGAN(base.encoder, base.decoder, discriminator, discriminator.outputs)
    with refused(ValueError, "feature_weight"):
        VAEGAN(base.encoder, base.decoder, discriminator, h, feature_weight=-1)
    with refused(ValueError, "feature_weight"):
        VAEGAN(base.encoder, base.decoder, discriminator, h, feature_weight=float("nan"))
    with refused(ValueError, "margin"):
        VAEGAN(base.encoder, base.decoder, discriminator, h, margin=-1)
    sure = Model(x, Dense(1, activation="sigmoid")(h))
    with refused(ValueError, "probabilities"):
        VAEGAN(base.encoder, base.decoder, sure, h)
    code = Dense(16)(x)
    shared = Model(x, [Dense(4)(code), Dense(4)(code)])
    with refused(ValueError, "shared weights"):
        VAEGAN(shared, base.decoder, Model(x, Dense(1)(code)), code)
    y = Input(shape=(10,))
    told = minigen.Concatenate()([x, y])
    conditional = Model([x, y], [Dense(4)(told), Dense(4)(told)])
    with refused(ValueError, "inputs of the encoder"):
        VAEGAN(conditional, base.decoder, discriminator, h)
    narrow = Input(shape=(100,))
    with refused(ValueError, "what the generator draws"):
        VAEGAN(base.encoder, base.decoder, Model(narrow, Dense(1)(narrow)), narrow)
    with refused(ValueError, "a size"):
        models.vae_gan(0)
    with refused(ValueError, "a size"):
        models.vae_gan(4, hidden=1.5)


def test_bad_calls_are_refused():
    model = models.vae_gan(4, hidden=16)
    with refused(RuntimeError, "not compiled"):
        model.fit(X, verbose=0)
    one = Adam()
    with refused(ValueError, "optimizers"):
        compile_with(model, one, one, Adam())
    with refused(ValueError, "optimizers"):
        compile_with(model, one, Adam(), one)
    with refused(ValueError, "optimizers"):
        compile_with(model, Adam(), one, one)
    with refused(ValueError, "unknown"):
        model.compile(loss="no_such_game")
    with refused(ValueError, "wasserstein"):
        model.compile(loss="wasserstein")
    model.compile()
    with refused(ValueError, "outside the range"):
        model.fit(X * 255, verbose=0)
    with refused(TypeError, "arguments"):
        model.fit(X, np.arange(32), verbose=0)


def test_double_backward_through_the_features():
    """Loss f is order-2 safe: the derivative of ‖∇ Loss f‖² along a direction, against finite differences."""
    model = small().astype("float64")
    rng = np.random.default_rng(0)
    start, direction = rng.random((2, 784)), rng.standard_normal((2, 784))

    def slope(x_hat, create_graph):
        f, _ = model.features_and_logits(X[:2].astype("float64"))
        loss = losses.half_squared_error(f.detach(), model.features_and_logits(x_hat)[0])
        return (grad(loss, [x_hat], create_graph=create_graph)[0] ** 2).sum()

    x_hat = Tensor(start, requires_grad=True)
    exact = float((grad(slope(x_hat, True), [x_hat])[0].numpy() * direction).sum())
    above, below = (slope(Tensor(start + e * direction, requires_grad=True), False).item() for e in (1e-6, -1e-6))
    assert exact == pytest.approx((above - below) / 2e-6, rel=1e-5)
