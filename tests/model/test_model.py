"""Model: the chapter's listings, graphs of every shape, names and weights, predict, evaluate, models of one's own."""

import numpy as np
import pytest
from helpers.runs import same

import minigen
from minigen import (
    Adam,
    BatchNormalization,
    Concatenate,
    Dense,
    Dropout,
    Flatten,
    Input,
    Layer,
    Model,
    ReLU,
    Reshape,
    Sequential,
    Tensor,
    gradcheck,
    losses,
    models,
    to_numpy,
)

# Section 9.2.2 of the chapter, unchanged.
LISTING = """
encoding_dim = 32
input_img = Input(shape=(784,))
encoded = Dense(encoding_dim, activation='relu')(input_img)
decoded = Dense(784, activation='sigmoid')(encoded)
autoencoder = Model(input_img, decoded)
"""

SECOND_LISTING = """
input_img = Input(shape=(28, 28, 1))

x = Conv2D(32, (3, 3), activation='relu', padding='same')(input_img)
x = MaxPooling2D((2, 2), padding='same')(x)
x = Conv2D(32, (3, 3), activation='relu', padding='same')(x)
encoded = MaxPooling2D((2, 2), padding='same')(x)

# at this point the representation is (7, 7, 32)

x = Conv2D(32, (3, 3), activation='relu', padding='same')(encoded)
x = UpSampling2D((2, 2))(x)
x = Conv2D(32, (3, 3), activation='relu', padding='same')(x)
x = UpSampling2D((2, 2))(x)
decoded = Conv2D(1, (3, 3), activation='sigmoid', padding='same')(x)

autoencoder = Model(input_img, decoded)
autoencoder.compile(optimizer='adadelta', loss='binary_crossentropy')
"""


def draw(*shape, dtype="float32", seed=0):
    return np.random.default_rng(seed).random(shape).astype(dtype)


def autoencoder(code="relu", seed=None):
    if seed is not None:
        minigen.seed(seed)
    x = Input(shape=(6,))
    return Model(x, Dense(6, "sigmoid")(Dense(3, code)(x)))


# ---- the chapter


def test_the_first_listing_runs_as_printed(xp, capsys):
    names = {}
    exec("from minigen import *\n" + LISTING, names)
    model = names["autoencoder"]
    model.summary()
    assert "50,992" in capsys.readouterr().out
    assert model.count_params() == 784 * 32 + 32 + 32 * 784 + 784 == 50_992
    assert names["encoded"].shape == (None, 32)

    model.compile(optimizer="adadelta", loss="binary_crossentropy")
    x = draw(64, 784)
    before = model.evaluate(x, x)
    model.fit(x, x, epochs=2, batch_size=16, shuffle=True, validation_data=(x, x), verbose=0)
    assert model.evaluate(x, x) < before
    assert model.predict(x).shape == (64, 784)


def test_the_second_listing_runs_as_printed(xp, capsys):
    names = {}
    exec("from minigen import *\n" + SECOND_LISTING, names)
    model = names["autoencoder"]
    model.summary()
    assert "28,353 parameters, 28,353 trainable" in capsys.readouterr().out
    assert model.count_params() == 320 + 3 * 9_248 + 289 == 28_353
    assert names["encoded"].shape == (None, 7, 7, 32)

    x = draw(32, 28, 28, 1)
    before = model.evaluate(x, x)
    model.fit(x, x, epochs=2, batch_size=16, verbose=0)
    assert model.evaluate(x, x) < before
    assert model.predict(x).shape == (32, 28, 28, 1)


def test_the_second_listing_layer_by_layer_is_the_same():
    """Two pairs of convolution and pooling and two of up-sampling and convolution are computed as one."""
    names = {}
    exec("from minigen import *\n" + SECOND_LISTING, names)
    model = names["autoencoder"].astype("float64")
    pairs = "conv2d + max_pooling2d, conv2d_1 + max_pooling2d_1, up_sampling2d + conv2d_3, up_sampling2d_1 + conv2d_4"
    assert f"computed as one: {pairs}\n" in model.describe()

    x, found = draw(3, 28, 28, 1, dtype="float64"), []
    for model.fuse in (True, False):
        y = model(x)
        loss = losses.binary_crossentropy(x, y)
        loss.backward()
        found.append([y.numpy(), loss.numpy(), *(p.grad for p in model.parameters())])
    for fused, layer_by_layer in zip(*found, strict=True):
        np.testing.assert_allclose(fused, layer_by_layer, rtol=1e-9, atol=1e-12)


def test_gradcheck_of_a_whole_autoencoder_with_its_loss():
    """Every weight of a small autoencoder, first and second derivatives, through the cross-entropy."""
    x = Input((6,))
    model = Model(x, Dense(6, "sigmoid")(Dense(3, "tanh")(Dense(4, "relu")(x)))).astype("float64")
    t = draw(5, 6, dtype="float64")
    gradcheck(lambda x: losses.binary_crossentropy(t, model(x)), [t], params=model.parameters(), order=2)


def test_gradcheck_of_a_model_with_every_kind_of_layer():
    x = Input((2, 3))
    h = BatchNormalization()(Dense(4, "tanh")(Flatten()(x)))
    y = Reshape((2, -1))(Concatenate()([Dropout(0.3)(h), h]))
    model = Model(x, y).astype("float64")
    data = [draw(6, 2, 3, dtype="float64")]
    gradcheck(lambda x: model(x, training=True), data, params=model.parameters(), order=2)


# ---- graphs


def test_several_inputs_and_outputs(xp):
    a, b = Input((3,)), Input((2,))
    both = Concatenate()([a, b])
    model = Model([a, b], [Dense(4)(both), Dense(1, "sigmoid")(both)])
    data = [draw(10, 3), draw(10, 2)]
    first, second = model(data)
    assert first.shape == (10, 4) and second.shape == (10, 1)
    kernel, bias = model.get_weights()[:2]
    np.testing.assert_allclose(first.numpy(), np.concatenate(data, axis=1) @ kernel + bias, rtol=1e-4, atol=1e-6)

    targets = [draw(10, 4, seed=1), draw(10, 1, seed=2)]
    model.compile("sgd", ["mse", "binary_crossentropy"])
    outputs = model.predict(data, batch_size=3)
    assert [type(o) for o in outputs] == [np.ndarray, np.ndarray]
    want = losses.mean_squared_error(targets[0], outputs[0]) + losses.binary_crossentropy(targets[1], outputs[1])
    assert model.evaluate(data, targets) == pytest.approx(want.item(), rel=1e-5)
    before = model.get_weights()
    model.fit(data, targets, batch_size=4, verbose=0)
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


def test_one_loss_serves_every_output_as_in_keras():
    def trained(loss):
        minigen.seed(0)
        x = Input((3,))
        model = Model(x, [Dense(3)(x), Dense(3)(x)])
        model.compile("sgd", loss)
        return model.fit(draw(8, 3), [draw(8, 3), draw(8, 3, seed=1)], verbose=0).history

    assert trained("mse") == trained(["mse", "mse"])


def test_a_shared_layer_has_one_weight_and_the_sum_of_the_gradients(xp):
    a, b = Input((3,)), Input((3,))
    shared = Dense(2, use_bias=False)
    model = Model([a, b], Concatenate()([shared(a), shared(b)]))
    assert list(model.named_weights()) == ["dense/kernel"] and model.count_params() == 6

    xa, xb, v = draw(4, 3), draw(4, 3, seed=1), draw(4, 4, seed=2)
    (model([xa, xb]) * Tensor(v)).sum().backward()
    np.testing.assert_allclose(to_numpy(shared.kernel.grad), xa.T @ v[:, :2] + xb.T @ v[:, 2:], rtol=1e-5)


def test_a_layer_that_feeds_itself(xp):
    x = Input((3,))
    twice = Dense(3)
    model = Model(x, twice(twice(x)))
    kernel, _ = model.get_weights()
    np.testing.assert_allclose(model.predict(draw(4, 3)), draw(4, 3) @ kernel @ kernel, rtol=1e-4, atol=1e-6)
    assert len(model.parameters()) == 2


def test_a_skip_connection(xp):
    x = Input((3,))
    h = Dense(3)(x)
    y = Concatenate()([h, x, h])
    out = Model(x, y).predict(draw(4, 3))
    np.testing.assert_array_equal(out[:, 3:6], draw(4, 3))
    np.testing.assert_array_equal(out[:, :3], out[:, 6:])


def test_a_model_is_a_layer(xp):
    def encoder():
        x = Input((6,))
        return Model(x, Dense(2)(Dense(4, "relu")(x)), name="encoder")

    z = Input((2,))
    decoder = Model(z, Dense(6, "sigmoid")(z), name="decoder")
    x, code = Input((6,)), encoder()
    model = Model(x, decoder(code(x)))
    assert list(model.named_weights()) == [
        "encoder/dense/kernel",
        "encoder/dense/bias",
        "encoder/dense_1/kernel",
        "encoder/dense_1/bias",
        "decoder/dense/kernel",
        "decoder/dense/bias",
    ]
    assert [w.name for w in model.weights()] == list(model.named_weights())  # as errors will call them
    assert model.count_params() == code.count_params() + decoder.count_params()
    np.testing.assert_allclose(
        model.predict(draw(5, 6)), decoder.predict(code.predict(draw(5, 6))), rtol=1e-5, atol=1e-6
    )
    assert model.get_layer("encoder") is code


def test_an_encoder_cut_out_of_an_autoencoder_shares_its_layers(xp):
    """As in Keras' tutorial: three models over the same two layers, trained through one of them."""
    x = Input((6,))
    encoded = Dense(2, "relu", name="code")(x)
    last = Dense(6, "sigmoid", name="picture")
    model, encoder = Model(x, last(encoded)), Model(x, encoded)
    z = Input((2,))
    decoder = Model(z, last(z))
    assert all(a is b for a, b in zip(encoder.weights() + decoder.weights(), model.weights(), strict=True))

    model.compile("adam", "binary_crossentropy")
    before = encoder.get_weights(), decoder.get_weights()
    model.fit(draw(16, 6), draw(16, 6), verbose=0)
    assert not same(before[0], encoder.get_weights()) and not same(before[1], decoder.get_weights())
    np.testing.assert_allclose(
        decoder.predict(encoder.predict(draw(4, 6))), model.predict(draw(4, 6)), rtol=1e-5, atol=1e-6
    )


def test_a_model_may_start_in_the_middle(xp):
    x = Input((6,))
    h = Dense(3)(x)
    y = Dense(6)(h)
    tail, whole = Model(h, y), Model(x, y)
    np.testing.assert_allclose(
        tail.predict(Model(x, h).predict(draw(4, 6))), whole.predict(draw(4, 6)), rtol=1e-5, atol=1e-6
    )
    assert tail.count_params() == 3 * 6 + 6


def test_an_output_that_needs_another_input_is_refused():
    a, b = Input((3,)), Input((3,))
    with pytest.raises(ValueError, match="not among the inputs"):
        Model(a, Concatenate()([a, b]))


def test_two_layers_of_one_name_are_refused():
    x = Input((3,))
    with pytest.raises(ValueError, match="two layers of one name"):
        Model(x, Dense(3, name="code")(Dense(3, name="code")(x)))


# ---- Sequential


def test_sequential_with_and_without_input(xp):
    layers = [Dense(4, "relu"), Dense(6, "sigmoid")]
    with_input = Sequential([Input((6,)), *layers])
    assert with_input.count_params() == 6 * 4 + 4 + 4 * 6 + 6

    without = Sequential([Dense(4, "relu"), Dense(6, "sigmoid")])
    assert without.weights() == []
    without(draw(2, 6))
    assert list(without.named_weights()) == list(with_input.named_weights())
    without.set_weights(with_input.get_weights())
    np.testing.assert_array_equal(without.predict(draw(3, 6)), with_input.predict(draw(3, 6)))


def test_sequential_add(xp):
    model = Sequential()
    for part in (Input((6,)), Dense(4), Dense(2)):
        model.add(part)
    assert model.predict(draw(3, 6)).shape == (3, 2) and model.count_params() == 6 * 4 + 4 + 4 * 2 + 2


def test_sequential_learns_its_shape_from_the_first_data(xp):
    model = Sequential([Dense(4), Dense(6)])
    model.compile("adam", "mse")
    model.fit(draw(8, 6), draw(8, 6), verbose=0)
    assert model.count_params() == 6 * 4 + 4 + 4 * 6 + 6


def test_paths_do_not_change_when_a_sequential_is_built():
    """Weights saved before the first call are found again after it."""
    x = Input((6,))
    encoder = Model(x, Dense(2)(x), name="encoder")
    z = Input((2,))
    decoder = Model(z, Dense(6)(z), name="decoder")
    model = Sequential([encoder, decoder])
    before = list(model.named_weights())
    model(draw(1, 6))
    assert list(model.named_weights()) == before


# ---- names and weights


def test_names_are_unique_and_in_order():
    x = Input((3,))
    y = Dense(3)(Dense(3, name="dense_1")(Dense(3)(Dense(3)(x))))
    model = Model(x, BatchNormalization()(y))
    layers = [path.split("/")[0] for path in model.named_weights() if path.endswith(("kernel", "gamma"))]
    assert layers == ["dense", "dense_2", "dense_1", "dense_3", "batch_normalization"]


def test_two_models_of_one_process_have_the_same_paths(xp, tmp_path):
    """Names are counted within a model: weights saved by the first load into the second, and nothing else happens."""
    first, second = autoencoder(), autoencoder()
    assert list(first.named_weights()) == list(second.named_weights())
    first.save_weights(tmp_path / "w.npz")
    second.load_weights(tmp_path / "w.npz")
    assert same(first.get_weights(), second.get_weights())
    np.testing.assert_array_equal(first.predict(draw(3, 6)), second.predict(draw(3, 6)))


def test_save_and_load_keep_every_bit_and_the_name(xp, tmp_path):
    model = Sequential([Input((6,)), Dense(3), BatchNormalization(), Dense(6)])
    model(draw(20, 6), training=True)
    saved = model.get_weights()
    model.save_weights(tmp_path / "my.weights")
    assert [p.name for p in tmp_path.iterdir()] == ["my.weights"]
    model.set_weights([w + 1 for w in saved])
    model.load_weights(str(tmp_path / "my.weights"))
    assert same(model.get_weights(), saved) and len(saved) == 8


def test_get_weights_are_copies(xp):
    model = autoencoder()
    weights = model.get_weights()
    for w in weights:
        w += 1
    assert not any((a == b).any() for a, b in zip(weights, model.get_weights(), strict=True))
    model.set_weights(weights)
    weights[0][:] = 7
    assert (model.get_weights()[0] != 7).all()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda w: w[:-1],
        lambda w: [*w, w[0]],
        lambda w: [w[0], w[1].reshape(-1, 1), *w[2:]],
        lambda w: [*w[:3], np.full(w[3].shape, "a")],
    ],
    ids=["too few", "too many", "a wrong shape", "text"],
)
def test_set_weights_changes_everything_or_nothing(spoil):
    model = autoencoder()
    before = model.get_weights()
    with pytest.raises((ValueError, TypeError)):
        model.set_weights(spoil([w + 1 for w in before]))
    assert same(model.get_weights(), before)


def test_parameters_are_the_trainable_weights_in_order():
    model = Sequential([Input((3,)), Dense(3), BatchNormalization(), Dense(2)])
    kinds = [p.name.split("/")[-1] for p in model.parameters()]
    assert kinds == ["kernel", "bias", "gamma", "beta", "kernel", "bias"]
    assert [w.name.split("/")[-1] for w in model.weights()][2:6] == ["gamma", "beta", "moving_mean", "moving_variance"]


def test_summary(capsys):
    x = Input((6,))
    model = Model(x, Dense(6, "sigmoid")(BatchNormalization()(Dense(3, name="code")(x))), name="small")
    model.summary()
    text = capsys.readouterr().out
    for part in (
        "small",
        "code (Dense)",
        "(batch, 3)",
        "(batch, 6)",
        "batch_normalization",
        "57 parameters",
        "51 train",
    ):
        assert part in text
    Sequential([Dense(3)]).summary()  # not built yet
    assert "0 parameters" in capsys.readouterr().out


# ---- calling, predict, evaluate


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_floats_of_any_precision_are_data(xp, dtype):
    """float64 is what NumPy gives by default; a model computes in float32 whatever comes in."""
    x = draw(10, 6, dtype=dtype)
    model = autoencoder(seed=0)
    model.compile("adam", "binary_crossentropy")
    assert str(model(x).dtype) == "float32"
    assert model.predict(x).dtype == np.float32
    assert model.evaluate(x, x) > 0 and model.train_on_batch(x, x) > 0
    model.fit(x, x, validation_data=(x, x), verbose=0)
    assert {str(w.dtype) for w in model.weights()} == {"float32"}


def test_float64_and_float32_data_train_alike(xp):
    def trained(dtype):
        model = autoencoder(seed=0)
        model.compile("adam", "binary_crossentropy")
        x = draw(10, 6).astype(dtype)
        return model.fit(x, x, batch_size=4, epochs=2, verbose=0).history

    assert trained("float64") == trained("float32")


def test_lists_of_numbers_are_data(xp):
    model = autoencoder()
    model.compile("adam", "mse")
    x = draw(4, 6)
    np.testing.assert_array_equal(model.predict(x.tolist()), model.predict(x))
    assert model.evaluate(x.tolist(), x.tolist()) == model.evaluate(x, x)


def test_arrays_and_tensors_give_the_same(xp):
    model = autoencoder()
    x = draw(4, 6)
    np.testing.assert_array_equal(model(x).numpy(), model(Tensor(x)).numpy())
    np.testing.assert_array_equal(model.predict(Tensor(x)), model.predict(x))


def test_a_float64_model():
    """astype("float64") holds for what comes in too."""
    model = autoencoder().astype("float64")
    model.compile("adam", "mse")
    assert model.predict(draw(4, 6)).dtype == np.float64
    model.fit(draw(4, 6), draw(4, 6), verbose=0)


@pytest.mark.parametrize("batch_size", [1, 3, 10, 1000])
def test_predict_in_batches_equals_one_pass(xp, batch_size):
    model = autoencoder()
    x = draw(10, 6)
    np.testing.assert_allclose(model.predict(x, batch_size=batch_size), model(x).numpy(), rtol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 3, 10, 1000])
def test_evaluate_in_batches_equals_one_pass(xp, batch_size):
    model = autoencoder()
    model.compile("adam", "mse", metrics=["mse"])
    x = draw(10, 6)
    want = losses.mean_squared_error(x, model(x)).item()
    assert model.evaluate(x, x, batch_size=batch_size) == pytest.approx([want, want], rel=1e-6)


def test_predict_and_evaluate_change_nothing(xp):
    model = Sequential([Input((6,)), BatchNormalization(), Dropout(0.5), Dense(6)])
    model.compile("adam", "mse")
    before, state = model.get_weights(), minigen.backend.random_state()
    first = model.predict(draw(10, 6))
    model.evaluate(draw(10, 6), draw(10, 6))
    np.testing.assert_array_equal(model.predict(draw(10, 6)), first)
    assert same(before, model.get_weights()) and minigen.backend.random_state() == state
    assert all(p.grad is None for p in model.parameters())


def test_evaluate_scores_as_training_does(xp):
    """Where it matters: a saturated sigmoid, wrong by a hundred nats. A clipped probability would say 16."""
    model = Sequential([Input((1,)), Dense(1, "sigmoid")])
    model.set_weights([[[100.0]], [0.0]])
    model.compile("sgd", "binary_crossentropy")
    one, zero = np.ones((1, 1), "float32"), np.zeros((1, 1), "float32")
    assert model.evaluate(one, zero) == pytest.approx(100)
    history = model.fit(one, zero, validation_data=(one, zero), verbose=0).history
    assert history["loss"] == [pytest.approx(100)] and history["val_loss"] == history["loss_end"]


def test_train_on_batch_returns_the_loss_and_the_metrics(xp):
    model = autoencoder()
    x = draw(8, 6)
    want = losses.binary_crossentropy(x, model(x)).item()
    model.compile("sgd", "binary_crossentropy")
    assert model.train_on_batch(x, x) == pytest.approx(want, rel=1e-6)
    assert model.evaluate(x, x) < want
    model.compile("sgd", "mse", metrics=["mse"])
    loss, mse = model.train_on_batch(x, x)
    assert loss == pytest.approx(mse, rel=1e-6)


def test_a_classifier_learns_from_integer_labels(xp):
    labels = np.arange(60) % 3
    x = np.eye(3, dtype="float32")[labels] + 0.1 * draw(60, 3)
    model = Sequential([Input((3,)), Dense(3, "softmax")])
    model.compile(Adam(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, labels, epochs=10, verbose=0).history
    assert history["accuracy"][-1] == 1 and history["loss"][-1] < 0.5 * history["loss"][0]
    assert model.evaluate(x, labels)[1] == 1


# ---- models of one's own


class GAN(Model):
    """Two networks and two optimizers in one train_step."""

    def __init__(self):
        super().__init__()
        self.generator = Sequential([Input((2,)), Dense(8, "relu"), Dense(3)])
        self.discriminator = Sequential([Input((3,)), Dense(8, "relu"), Dense(1)])
        self.g_optimizer, self.d_optimizer = Adam(0.01, beta_1=0.5), Adam(0.01, beta_1=0.5)
        self.steps = "dg"

    def train_step(self, x):
        logs = {}
        fake = self.generator(minigen.backend.normal((len(x), 2)))
        one, zero = np.ones((len(x), 1), "float32"), np.zeros((len(x), 1), "float32")
        if "d" in self.steps:
            d_loss = losses.binary_crossentropy(one, self.discriminator(x), from_logits=True)
            d_loss = d_loss + losses.binary_crossentropy(zero, self.discriminator(fake.detach()), from_logits=True)
            d_loss.backward(wrt=self.discriminator.parameters())
            self.d_optimizer.step(self.discriminator.parameters())
            logs["d_loss"] = d_loss
        if "g" in self.steps:
            g_loss = losses.binary_crossentropy(one, self.discriminator(fake), from_logits=True)
            g_loss.backward(wrt=self.generator.parameters())
            self.g_optimizer.step(self.generator.parameters())
            logs["g_loss"] = g_loss
        return logs


@pytest.mark.parametrize(
    "steps, moved, still", [("d", "discriminator", "generator"), ("g", "generator", "discriminator")]
)
def test_a_step_of_one_player_leaves_the_other_bit_for_bit(xp, steps, moved, still):
    gan = GAN()
    gan.steps = steps
    before = {name: getattr(gan, name).get_weights() for name in (moved, still)}
    gan.fit(draw(16, 3), batch_size=4, verbose=0)
    assert same(before[still], getattr(gan, still).get_weights())
    assert all((a != b).any() for a, b in zip(before[moved], getattr(gan, moved).get_weights(), strict=True))
    assert all(p.grad is None for p in getattr(gan, still).parameters())


def test_a_gan_trains_through_fit(xp):
    gan = GAN()
    history = gan.fit(draw(16, 3), epochs=3, batch_size=8, verbose=0).history
    assert set(history) == {"d_loss", "g_loss"} and len(history["g_loss"]) == 3
    assert list(gan.named_weights())[:2] == ["generator/dense/kernel", "generator/dense/bias"]
    assert gan.g_optimizer.iterations == gan.d_optimizer.iterations == 6


def test_the_generators_gradient_comes_through_the_discriminator(xp):
    """By hand: L = mean of D(G(z)) with linear D and G, so dL/dW_G = zᵀ 1 W_Dᵀ / n."""
    generator, critic = Dense(3, use_bias=False), Dense(1, use_bias=False)
    z = draw(4, 2)
    loss = critic(generator(z)).mean()
    loss.backward(wrt=generator.parameters())
    want = z.T @ np.ones((4, 1), "float32") @ critic.kernel.numpy().T / 4
    np.testing.assert_allclose(to_numpy(generator.kernel.grad), want, rtol=1e-5)
    assert critic.kernel.grad is None


def test_a_subclass_with_its_own_call(xp):
    class Residual(Model):
        def __init__(self):
            super().__init__()
            self.inner = Dense(6, "tanh")

        def call(self, x, training=False):
            return x + self.inner(x)

    model = Residual()
    model.compile("adam", "mse")
    history = model.fit(draw(16, 6), draw(16, 6, seed=1), epochs=5, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert model.predict(draw(4, 6)).shape == (4, 6)
    assert list(model.named_weights()) == ["inner/kernel", "inner/bias"]
    x = Input((6,))
    assert Model(x, model(x)).predict(draw(4, 6)).shape == (4, 6)


def test_no_layer_is_lost_when_an_attribute_shares_a_name_with_the_graph():
    """Two weights under one path: one of them would silently not be trained, nor saved."""

    class Extended(Model):
        def __init__(self):
            x = Input((3,))
            super().__init__(x, Dense(3)(x))
            self.dense = Dense(2)

    model = Extended()
    model.dense(draw(1, 3))
    with pytest.raises(ValueError, match="dense/kernel"):
        model.parameters()


def test_logs_may_be_tensors_arrays_or_numbers(xp):
    class Logging(Model):
        def __init__(self):
            super().__init__()
            self.inner = Dense(3)

        def train_step(self, x):
            loss = self.inner(x).mean()
            return {
                "tensor": loss,
                "array": loss.data,
                "host": loss.numpy(),
                "float": loss.item(),
                "numpy": np.float32(loss.item()),
            }

    model = Logging()
    history = model.fit(draw(4, 3), verbose=0).history
    assert len({float(v[0]) for v in history.values()}) == 1 and {type(v[0]) for v in history.values()} == {float}


def test_a_layer_may_be_any_callable_layer_object():
    class Twice(Layer):
        """y = 2 x."""

        def call(self, x):
            return x * 2

    x = Input((3,))
    np.testing.assert_array_equal(Model(x, Twice()(x)).predict(draw(2, 3)), 2 * draw(2, 3))


def test_a_shared_layer_counts_once_in_the_summary(capsys):
    x = Input((3,))
    shared = Dense(3)
    Model(x, shared(shared(x))).summary()
    lines = [line.split()[-1] for line in capsys.readouterr().out.splitlines() if line.startswith("dense")]
    assert lines == ["12", "shared"]


def test_a_model_inside_of_two_others_counts_once_in_the_summary(capsys):
    models.vae_gan(2, hidden=4).summary()
    lines = capsys.readouterr().out.splitlines()[3:-2]
    parts = {line.split()[0]: line.split()[-1] for line in lines if not line.startswith(" ")}
    assert [name for name, n in parts.items() if n == "shared"] == ["gan", "features_and_logits"] and len(parts) == 5


def test_the_summary_of_a_model_without_a_graph_shows_what_its_parts_are_made_of(capsys):
    models.PixelCNN((4, 4), filters=2, blocks=1).summary()
    lines = capsys.readouterr().out.splitlines()
    names = ["logits", "  first", "  place", "  blocks_0", "    look", "    mix", "  hidden", "  last"]
    assert [line.split(" (")[0] for line in lines[3:-2]] == names and "place (weight)" in lines[5]
    inside = [int(line.split()[-1]) for line in lines[4:-2] if line[2] != " "]
    assert sum(inside) == int(lines[3].split()[-1])


def test_the_summary_says_shared_in_every_part_and_zero_for_what_has_no_weights():
    shared, relu = Dense(4), ReLU()

    class Two(Model):
        def __init__(self):
            super().__init__()
            self.left, self.right = (Sequential([Input((4,)), shared, relu, Dense(n)]) for n in (1, 2))

        def call(self, x):
            return [self.left(x), self.right(x)]

    rows = [line.split() for line in Two().describe().splitlines()[3:-2]]
    weights = [(row[0], row[-1]) for row in rows]
    left = [("left", "25"), ("input", "0"), ("dense", "20"), ("re_lu", "0"), ("dense_1", "5")]
    right = [("right", "30"), ("input", "0"), ("dense", "shared"), ("re_lu", "0"), ("dense_1", "10")]
    assert weights == left + right
    assert rows[2][2:4] == ["(batch,", "4)"]


def test_a_layer_may_stand_twice_in_a_sequential():
    relu = ReLU()
    layers = [Dense(3), relu, Dense(3), relu, Dense(1)]
    model = Sequential([Input((4,)), *layers])
    x = draw(5, 4)
    want = x
    for layer in layers:
        want = layer(want)
    np.testing.assert_array_equal(model.predict(x), want.numpy())


def test_a_detached_weight_keeps_its_values():
    """The optimizer writes into the weight; a graph that holds the detached copy must not see that."""
    w, x = Tensor([2.0], requires_grad=True), Tensor([3.0], requires_grad=True)
    y = (x * w.detach()).sum()
    w.assign([5.0])
    y.backward()
    np.testing.assert_array_equal(x.grad, [2.0])


def test_weights_keep_the_names_of_the_whole():
    """A part that is used alone does not rename what the whole has named; a larger whole does."""
    inner = Sequential([Input((4,)), Dense(3)], name="encoder")
    assert [w.name for w in inner.parameters()] == ["dense/kernel", "dense/bias"]
    x = Input((4,))
    outer = Model(x, Dense(2)(inner(x)))
    assert [w.name for w in outer.weights()][:2] == ["encoder/dense/kernel", "encoder/dense/bias"]
    inner.predict(np.zeros((1, 4), "float32"))
    assert [w.name for w in inner.parameters()] == ["encoder/dense/kernel", "encoder/dense/bias"]


def test_weights_that_come_later_are_named_too():
    class Own(Model):
        def __init__(self):
            super().__init__()
            self.first, self.second = Dense(3), Dense(2)

        def call(self, x):
            return self.second(self.first(x))

    model = Own()
    assert model.weights() == []
    model(np.zeros((1, 4), "float32"))
    assert (
        [w.name for w in model.weights()]
        == list(model.named_weights())
        == [
            "first/kernel",
            "first/bias",
            "second/kernel",
            "second/bias",
        ]
    )


def test_the_first_forward_pass_has_the_names_already():
    model = Sequential([Input((3,)), Dense(4), Dense(2)])
    text = minigen.to_dot(model(np.ones((1, 3), "float32")).sum())
    assert "dense/kernel" in text and "dense_1/kernel" in text


def test_a_part_in_the_place_of_another_is_named():
    class Own(Model):
        def __init__(self):
            super().__init__()
            self.head = Dense(2)

        def call(self, x):
            return self.head(x)

    model = Own()
    model(np.zeros((1, 4), "float32"))
    model.parameters()
    model.head = Dense(5)
    model(np.zeros((1, 4), "float32"))
    assert [w.name for w in model.parameters()] == ["head/kernel", "head/bias"]


def test_a_metric_of_tensors(xp):
    """What it returns stays on the device."""
    model = Sequential([Input((4,)), Dense(2)])
    model.compile("sgd", "mse", metrics=[lambda y, p: abs(p - y).mean()])
    loss, metric = model.evaluate(np.ones((8, 4), "float32"), np.ones((8, 2), "float32"))
    assert loss >= 0 and metric >= 0
