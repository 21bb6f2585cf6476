"""Variational autoencoders against closed forms, on every backend, and against bad input."""

import warnings

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.runs import resumes_bit_for_bit

import minigen
from minigen import Dense, Dropout, Input, Model, Sequential, Tensor, gradcheck, losses, metrics, models

RNG = np.random.default_rng(0)


def small_vae(**options):
    """6 → 5 → (2, 2) → 5 → 6."""
    x = Input((6,))
    encoder = Model(x, models.vae_heads(Dense(5, "tanh")(x), 2))
    decoder = Sequential([Input((2,)), Dense(5, "tanh"), Dense(6, "sigmoid")])
    return models.VAE(encoder, decoder, **options)


X = RNG.random((40, 784)).astype("float32")
LABELS = RNG.integers(0, 10, 40)


# ---- what it is


@pytest.mark.parametrize(
    ("model", "count"),
    [
        (models.vae, 807_700),
        (lambda: models.vae(32), 784 * 512 + 512 + 2 * (512 * 32 + 32) + 32 * 512 + 512 + 512 * 784 + 784),
        (models.linear_vae, 2 * (784 * 2 + 2) + 2 * 784 + 784),
        (models.conditional_vae, 807_700 + 2 * 10 * 512),
        (models.conv_vae, 69_076 + 65_089),
    ],
)
def test_number_of_parameters(model, count):
    assert model().count_params() == count


def test_weights_are_named_by_their_place():
    assert list(models.vae().named_weights())[:6] == [
        "encoder/dense/kernel",
        "encoder/dense/bias",
        "encoder/mu/kernel",
        "encoder/mu/bias",
        "encoder/logvar/kernel",
        "encoder/logvar/bias",
    ]


def test_the_loss_is_that_of_the_chapter_and_its_gradient_is_right():
    """Every weight, order 1 and 2, with the noise replayed at each call."""
    vae = small_vae().astype("float64")
    vae.compile()
    x = RNG.random((4, 6))
    gradcheck(lambda x: vae.test_step(x)["loss"], [x], params=vae.parameters(), order=2)
    minigen.seed(3)
    logs = vae.test_step(Tensor(x))
    mu, logvar = (h.numpy() for h in vae.encoder(x))
    minigen.seed(3)
    z = mu + np.exp(logvar / 2) * minigen.to_numpy(minigen.backend.normal(mu.shape, "float64"))
    half_squares = np.square(vae.decoder(z).numpy() - x).sum(axis=1) / 2
    kl = (np.exp(logvar) + mu**2 - 1 - logvar).sum(axis=1) / 2
    assert logs["reconstruction"].item() == pytest.approx(half_squares.mean())
    assert logs["kl"].item() == pytest.approx(kl.mean())
    assert logs["loss"].item() == pytest.approx((half_squares + kl).mean())
    np.testing.assert_allclose(logs["kl_per_dimension"].sum(), kl.mean())


def test_a_step_runs_on_every_backend(xp):
    minigen.seed(1)
    vae = small_vae()
    vae.compile()
    before = vae.get_weights()
    vae.train_on_batch(RNG.random((8, 6)).astype("float32"))
    assert all((a != b).any() for a, b in zip(before, vae.get_weights(), strict=True))
    assert vae.sample(3).shape == (3, 6)
    assert vae.draw_codes(X[:5, :6]).shape == (5, 2)
    assert vae.predict(X[:5, :6]).shape == (5, 6)


def test_prediction_takes_the_mean_and_training_draws():
    vae = models.vae()
    mu, _ = vae.encode(X)
    np.testing.assert_array_equal(vae.predict(X), vae.decode(mu))
    np.testing.assert_array_equal(vae(X).numpy(), vae(X).numpy())
    assert (vae(X, training=True).numpy() != vae(X, training=True).numpy()).any()


def test_codes_are_drawn_from_the_posterior():
    vae = models.vae()
    x = np.repeat(X[:1], 20_000, axis=0)
    mu, logvar = vae.encode(X[:1])
    z = vae.draw_codes(x)
    np.testing.assert_allclose(z.mean(axis=0), mu[0], atol=0.03)
    np.testing.assert_allclose(z.std(axis=0), np.exp(logvar[0] / 2), rtol=0.02)


def test_the_history_holds_both_losses_and_the_kl_of_each_latent_variable(digits):
    vae = models.vae(3, hidden=32)
    vae.compile()
    history = vae.fit(digits[:500], epochs=2, batch_size=100, validation_data=digits[500:600], verbose=0).history
    for prefix in ("", "val_"):
        for loss, recon, kl, kls in zip(
            *(history[prefix + k] for k in ("loss", "reconstruction", "kl", "kl_per_dimension")), strict=True
        ):
            assert loss == pytest.approx(recon + kl, rel=1e-5) and kl == pytest.approx(sum(kls), rel=1e-5)
            assert len(kls) == 3
    assert history["active_units"] == [sum(k > 0.01 for k in ks) for ks in history["kl_per_dimension"]]
    score = vae.evaluate(digits[:100])
    assert len(score) == 4 and len(score[3]) == 3


def test_resume_is_bit_identical(tmp_path, digits):
    assert resumes_bit_for_bit(tmp_path, lambda: (models.vae(2, hidden=16), digits[:300]), batch_size=64)


def test_verbose_prints_the_vector(capsys, digits, monkeypatch):
    monkeypatch.setenv("COLUMNS", "150")
    vae = models.vae(2, hidden=16)
    vae.compile()
    vae.fit(digits[:200], epochs=1, verbose=1)
    assert "kl_per_dimension [0." in capsys.readouterr().out
    vae = models.vae(8, hidden=16)
    vae.compile()
    vae.fit(digits[:200], epochs=1, verbose=1)
    assert "kl_per_dimension [8 numbers, " in capsys.readouterr().out


def test_validation_does_not_change_the_training(digits):
    weights = []
    for held_out in (None, digits[300:350]):
        minigen.seed(5)
        vae = models.vae(2, hidden=8)
        vae.compile()
        vae.fit(digits[:200], epochs=2, verbose=0, validation_data=held_out)
        weights.append(vae.get_weights())
    assert all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))


def test_resume_with_another_loss_is_refused(tmp_path, digits):
    vae = models.vae(2, hidden=8)
    vae.compile()
    vae.fit(digits[:100], epochs=1, verbose=0, checkpoint=tmp_path / "run.npz")
    vae.compile("adam", "binary_crossentropy_per_image")
    with refused(ValueError, where="another run", expected="half_squared_error", got="binary_crossentropy_per_image"):
        vae.fit(digits[:100], epochs=2, verbose=0, checkpoint=tmp_path / "run.npz", resume=True)


def test_new_images_come_from_the_prior(monkeypatch):
    seen = []
    vae = models.vae(2, hidden=8)
    monkeypatch.setattr(vae, "decode", lambda z, *given: seen.append(z))
    vae.sample(50_000)
    np.testing.assert_allclose(seen[0].mean(axis=0), 0, atol=0.02)
    np.testing.assert_allclose(seen[0].std(axis=0), 1, atol=0.02)


def test_evaluation_leaves_dropout_out():
    x = Input((6,))
    encoder = Model(x, models.vae_heads(Dropout(0.5)(x), 2))
    vae = models.VAE(encoder, Sequential([Input((2,)), Dense(6, "sigmoid")]))
    vae.compile()
    losses_seen = []
    for _ in range(2):
        minigen.seed(0)
        losses_seen.append(vae.evaluate(X[:, :6])[2])
    assert losses_seen[0] == losses_seen[1]
    assert losses_seen[0] == pytest.approx(float(losses.kl_standard_normal(*vae.encode(X[:, :6]))), rel=1e-5)


def test_a_subclass_may_log_what_it_likes():
    class Mine(models.VAE):
        def train_step(self, x):
            return {"loss": super().train_step(x)["loss"]}

    right = small_vae()
    vae = Mine(right.encoder, right.decoder)
    vae.compile()
    assert list(vae.fit(X[:, :6], epochs=1, verbose=0).history) == ["loss"]


def test_two_models_around_one_encoder_keep_their_ranges():
    first = small_vae(data_range=None)
    models.VAE(first.encoder, first.decoder)
    assert first.encode(9 * X[:, :6])[0].shape == (40, 2)


def test_host_arrays_go_into_the_loss_on_every_backend(xp):
    mu, logvar = models.linear_vae(6, 2).encode(X[:, :6])
    assert float(minigen.to_numpy(losses.kl_standard_normal(mu, logvar))) > 0
    assert minigen.reparameterise([[0.5, 0.5]], [[0.0, 0.0]]).shape == (1, 2)


# ---- the oracles


def linear_loss(vae, x):
    """The chapter's loss of a linear VAE without noise: the mean over ε of 1/2 ‖W z + b - x‖², in closed form."""
    mu, logvar = vae.encode(x)
    w = vae.decoder.get_weights()[0]
    error = np.square(vae.decode(mu).astype("float64") - x).sum(axis=1) / 2
    spread = (np.exp(logvar) @ np.square(w).sum(axis=1)) / 2
    return float((error + spread).mean()), float(losses.kl_standard_normal(mu, logvar))


def test_a_linear_vae_converges_to_its_closed_form_and_never_beats_it(digits):
    best = models.linear_vae_optimum(models.PCA(digits, 2).eigenvalues, 2)
    assert (best.loss, best.reconstruction, best.kl) == pytest.approx((24.4534, 22.9934, 1.4600), abs=1e-4)
    minigen.seed(0)
    vae = models.linear_vae()
    for rate, batch, epochs in ((1e-2, 100, 15), (1e-3, 500, 20), (1e-4, 1000, 20)):
        vae.compile(minigen.Adam(rate))
        vae.fit(digits, epochs=epochs, batch_size=batch, verbose=0)
    reconstruction, kl = linear_loss(vae, digits)
    assert -1e-3 < reconstruction + kl - best.loss < 0.02
    assert kl == pytest.approx(best.kl, abs=0.03)
    posterior = np.exp(vae.encode(digits)[1]).mean(axis=0)
    np.testing.assert_allclose(np.sort(posterior), best.variances, rtol=0.08)


# ---- collapse


def training_with(loss):
    """On noise in [0, 1], whose every direction varies by 1/12: too little for any code to pay."""
    minigen.seed(0)
    vae = models.vae(2, hidden=8)
    vae.compile(minigen.Adam(0.02), loss)
    return lambda epochs=30: vae.fit(X, epochs=epochs, batch_size=20, verbose=0)


def test_a_collapsed_code_is_said_once_with_its_cause():
    with pytest.warns(models.CollapseWarning) as caught:
        history = training_with("half_squared_error")().history
    assert len(caught) == 1 and history["kl"][-1] < 0.1
    assert caught[0].filename == __file__, "the warning must name the line that called fit"
    text = str(caught[0].message)
    assert "that of the noise (1 by the loss)" in text and "linear_vae_optimum" in text and "nats over 2" in text


def test_a_loss_by_mean_is_named_as_the_cause():
    with pytest.warns(models.CollapseWarning, match="noise of variance 392 on each"):
        training_with(lambda x, x_hat: losses.mean_squared_error(x, x_hat))()


def test_a_healthy_code_gives_no_warning(digits):
    vae = models.vae(2, hidden=32)
    vae.compile()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = vae.fit(digits[:1000], epochs=3, verbose=0).history
    assert history["kl"][-1] > 0.1


def test_a_loss_that_cannot_be_asked_for_its_noise_stops_no_training():
    weights = Tensor(np.ones((1, 784), "float32"))

    def loss(x, x_hat):
        if len(x) == 1:
            raise RuntimeError("batches only")
        return (weights * minigen.square(x_hat - x)).sum() / (2 * len(x))

    with pytest.warns(models.CollapseWarning, match="nan by the loss"):
        training_with(loss)()


def test_few_outputs_are_no_mean():
    """Of 6 numbers even the mean has a small σ²: the right loss must not be called one."""
    minigen.seed(0)
    vae = small_vae()
    vae.compile(minigen.Adam(0.02))
    with pytest.warns(models.CollapseWarning, match=r"1 by the loss"):
        vae.fit(X[:, :6], epochs=30, batch_size=20, verbose=0)


# ---- the conditional one


def test_a_conditional_vae_learns_what_the_label_tells(digits):
    """Ten images, one for each class: the label alone says all, and z has nothing left to say."""
    minigen.seed(0)
    x, y = np.tile(digits[:10], (20, 1)), np.tile(np.arange(10), 20)
    vae = models.conditional_vae(2, hidden=64)
    vae.compile(minigen.Adam(5e-3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", models.CollapseWarning)  # rightly
        history = vae.fit(x, y, epochs=60, batch_size=50, verbose=0, validation_data=(x, y)).history
    assert history["val_kl"][-1] < 0.2
    assert metrics.mean_squared_error(digits[:10], vae.sample(10, np.arange(10))) < 0.01
    assert metrics.mean_squared_error(digits[[7] * 5], vae.sample(5, 7)) < 0.01
    assert vae.predict([x[:5], y[:5]]).shape == (5, 784)
    assert vae.encode(x[:5], y[:5])[0].shape == (5, 2)


def test_a_conditional_vae_with_the_crossentropy():
    vae = models.conditional_vae(3, hidden=8)
    vae.compile("adam", "binary_crossentropy_per_image")
    assert vae.fit(X, LABELS, epochs=1, verbose=0).history["loss"][0] > 0
    with refused(ValueError, where="range of the model"):
        vae.fit(X * 255, LABELS % 2, verbose=0)


def test_convolutional_vae_trains():
    minigen.seed(0)
    vae = models.conv_vae()
    vae.compile("adam", "binary_crossentropy_per_image")
    images = X.reshape(-1, 28, 28, 1)
    first, *_ = vae.train_on_batch(images)
    for _ in range(5):
        last, *_ = vae.train_on_batch(images)
    assert last < first
    assert vae.sample(2).shape == (2, 28, 28, 1)


# ---- bad input


@pytest.mark.parametrize("size", [0, -2, 2.5, True, "2", None])
@pytest.mark.parametrize(
    "model", [models.vae, models.linear_vae, models.conditional_vae, models.conv_vae, models.latent_autoencoder]
)
def test_latent_size(model, size):
    with refused(ValueError, where=model.__name__, expected="a positive integer", got=repr(size), fix="2"):
        model(latent_dim=size)


def test_parts_that_do_not_fit():
    x = Input((6,))
    with refused(ValueError, where="VAE", expected="two outputs", got="(2,)"):
        models.VAE(Model(x, Dense(2)(x)), Sequential([Input((2,)), Dense(6)]))
    with refused(ValueError, where="VAE", got="[(2,), (3,)]"):
        models.VAE(Model(x, [Dense(2)(x), Dense(3)(x)]), Sequential([Input((2,)), Dense(6)]))
    with refused(ValueError, where="VAE", got="(3,)"):
        models.VAE(Model(x, [Dense(2)(x), Dense(2)(x)]), Sequential([Input((3,)), Dense(6)]))


BY_MEAN = ["mse", "binary_crossentropy", "categorical_crossentropy", losses.mean_absolute_error]
BY_MEAN += [losses.MeanSquaredError, losses.BinaryCrossentropy, losses.MeanSquaredError(reduction="sum")]


@pytest.mark.parametrize("loss", BY_MEAN)
def test_a_loss_by_mean_is_refused(loss):
    with refused(ValueError, where="mean over the pixels", expected="nats per image", fix="half_squared_error"):
        models.vae().compile("adam", loss)


def test_a_refused_compile_changes_nothing():
    vae = models.vae(2, hidden=8)
    for bad in ({"loss": "mse"}, {"loss": ["half_squared_error"]}, {"metrics": ["mse"]}):
        with refused((TypeError, ValueError)):
            vae.compile("sgd", **bad)
    assert vae.optimizer is None and vae.loss is None
    with refused(RuntimeError, where="not compiled"):
        vae.train_step(Tensor(X))


@pytest.mark.parametrize("bad", ["a name", (0,), (1, 0), 5, False])
def test_a_range_that_is_none(bad):
    with refused(ValueError, where="data_range", got=repr(bad), fix="(0.0, 1.0)"):
        small_vae(data_range=bad)


def test_images_in_and_out_of_different_size():
    with refused(ValueError, where="in and out", expected="(784,)", got="(6,)"):
        models.VAE(models.vae(2, 8).encoder, small_vae().decoder)


def test_parts_without_a_graph():
    with refused(TypeError, where="no graph", expected="a Model with an Input", got="Sequential"):
        models.VAE(models.vae(2, 8).encoder, Sequential([Dense(784)]))


def test_metrics_are_refused():
    with refused(ValueError, where="metrics", fix="compile('adam', 'half_squared_error')"):
        models.vae().compile("adam", metrics=["mse"])


@pytest.mark.parametrize("model", [models.vae, models.latent_autoencoder])
@pytest.mark.parametrize("bad, fix", [(X * 255, "x / 255"), (X * 2 - 1, "(x + 1) / 2")])
def test_data_outside_the_declared_range(model, bad, fix):
    model = model()
    model.compile("adam", "half_squared_error")
    targets = () if isinstance(model, models.VAE) else (bad,)
    calls = (
        lambda: model.fit(bad, *targets, verbose=0),
        lambda: model.evaluate(bad, *targets),
        lambda: model.predict(bad),
        lambda: model.train_on_batch(bad, *targets),
        lambda: model.encode(bad),
    )
    for call in calls:
        with refused(ValueError, where="range of the model", expected="[0, 1]", fix=fix):
            call()


def test_integer_images_are_refused():
    vae = models.vae()
    vae.compile()
    for model, given in ((vae, ()), (models.conditional_vae(), (LABELS,))):
        model.compile()
        with refused(TypeError, where="integer data", fix="/ 255"):
            model.fit((X * 255).astype("uint8"), *given, verbose=0)


@pytest.mark.parametrize("width", [1, 3])
def test_codes_of_the_wrong_width(width):
    with refused(ValueError, where="decoder", expected="(batch, 2)", got=f"(5, {width})"):
        models.vae().decode(np.zeros((5, width)))


@pytest.mark.parametrize("n", [0, -1, 2.5])
def test_how_many_samples(n):
    with refused(ValueError, where="sample", expected="a positive integer"):
        models.vae().sample(n)


def test_images_beside_images():
    vae = models.vae()
    vae.compile()
    for call in (lambda: vae.fit(X, X, verbose=0), lambda: vae.train_on_batch(X, X), lambda: vae.evaluate(X, X)):
        with refused(TypeError, where="VAE", expected="takes no labels", fix="vae.fit(x"):
            call()


def test_an_uncompiled_vae_says_what_to_write():
    with refused(RuntimeError, where="not compiled", fix="compile"):
        models.vae().fit(X, verbose=0)


@pytest.mark.parametrize("bias", [1e4, -1e4])
def test_a_head_gone_astray_gives_no_nan(bias):
    """logvar = ±10,000 for every image: the loss and all gradients stay finite."""
    vae = models.vae(2, hidden=8)
    vae.compile()
    vae.encoder.get_layer("logvar").bias.assign(np.full(2, bias, "float32"))
    loss, *_ = vae.train_on_batch(X)
    assert np.isfinite(loss)
    assert all(np.isfinite(w).all() for w in vae.get_weights())
