"""Model: predict, evaluate, train_on_batch, and models of one's own with their call() and train_step()."""

import copy

import numpy as np
import pytest
from helpers.draws import uniform as draw
from helpers.refusals import refused
from helpers.runs import same
from helpers.small_model import ONES as SIX_ROWS
from helpers.small_model import X, autoencoder

import minigen
from minigen import Adam, BatchNormalization, Dense, Dropout, Input, Layer, Model, Sequential, losses, models, to_numpy

ONES = np.ones((4, 20), "float32")


# ---- predict, evaluate, train_on_batch


def test_predict_and_evaluate_know_their_arguments():
    model = models.fc_autoencoder()
    x = np.zeros((3, 784), "float32")
    assert model.predict(x, verbose=0).shape == (3, 784)
    for call in (lambda: model.predict(x, steps=2), lambda: model.evaluate(x, x, sample_weights=x)):
        with refused(TypeError, "unknown argument"):
            call()
    with refused(TypeError, "unknown argument"):
        models.gan().predict(x[:, :32], bach_size=2)


def test_a_model_whose_call_returns_a_tuple_predicts_a_list():
    class Two(Model):
        def call(self, x):
            return x * 2.0, x * 3.0

    a, b = Two().predict(ONES)
    assert np.array_equal(a, 2 * ONES) and np.array_equal(b, 3 * ONES)


@pytest.mark.parametrize("batch_size", [1, 3, 10, 1000])
def test_predict_in_batches_equals_one_pass(xp, batch_size):
    model = autoencoder()
    x = draw(10, 6)
    np.testing.assert_allclose(model.predict(x, batch_size=batch_size), model(x).numpy(), rtol=1e-6)


def test_batches_of_outputs_that_do_not_fit_together_are_refused():
    """Written into one array, the last row would fill all columns, and 0.5 would become 0."""

    class Similarity(minigen.Model):
        def call(self, x):
            return x @ x.transpose((1, 0))

    class Changing(minigen.Model):
        def call(self, x):
            return x.numpy().astype("int64" if len(x) == 2 else "float32")

    class Fewer(minigen.Model):
        def call(self, x):
            return [x, x] if len(x) == 2 else [x]

    for model in (Similarity(), Changing(), Fewer()):
        with refused(ValueError, where="predict: the batches do not fit together", fix="model(x)"):
            model.predict(draw(3, 6), batch_size=2)
    np.testing.assert_allclose(Similarity().predict(draw(3, 6)), draw(3, 6) @ draw(3, 6).T, rtol=1e-6)


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


def test_logs_come_as_a_dict_if_they_are_asked_for(xp):
    model = autoencoder()
    model.compile("sgd", "mse", metrics=["mse"])
    x = draw(8, 6)
    as_list = model.evaluate(x, x)
    as_dict = model.evaluate(x, x, return_dict=True)
    assert as_dict == dict(zip(["loss", "mse"], as_list, strict=True)) and type(as_dict["loss"]) is float
    assert model.train_on_batch(x, x, return_dict=True) == pytest.approx(as_dict, rel=1e-6)
    model.compile("sgd", "mse")
    assert list(model.evaluate(x, x, return_dict=np.True_)) == ["loss"]
    for method in (model.evaluate, model.train_on_batch):
        before = model.get_weights()
        with refused(TypeError, where="return_dict", expected="True or False"):
            method(x, x, return_dict="yes")
        assert same(before, model.get_weights())


def test_a_classifier_learns_from_integer_labels(xp):
    labels = np.arange(60) % 3
    x = np.eye(3, dtype="float32")[labels] + 0.1 * draw(60, 3)
    model = Sequential([Input((3,)), Dense(3, "softmax")])
    model.compile(Adam(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, labels, epochs=10, verbose=0).history
    assert history["accuracy"][-1] == 1 and history["loss"][-1] < 0.5 * history["loss"][0]
    assert model.evaluate(x, labels)[1] == 1


def test_a_model_that_changes_the_number_of_samples_cannot_predict():
    x = Input(shape=(4,))
    model = Model(x, minigen.Activation(lambda x: x[::2])(x))
    with refused(ValueError, "Model.predict"):
        model.predict(SIX_ROWS)
    assert model(SIX_ROWS).shape[0] == (len(SIX_ROWS) + 1) // 2


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


def test_a_layer_may_be_any_callable_layer_object():
    class Twice(Layer):
        """y = 2 x."""

        def call(self, x):
            return x * 2

    x = Input((3,))
    np.testing.assert_array_equal(Model(x, Twice()(x)).predict(draw(2, 3)), 2 * draw(2, 3))


def test_a_custom_model_without_test_step():
    """evaluate and validation_data of a model that brings its own train_step only."""

    class Mine(Model):
        def __init__(self):
            super().__init__()
            self.inner = Dense(4)

        def train_step(self, x):
            return {"loss": self.inner(x).mean()}

    with refused((RuntimeError, TypeError, NotImplementedError), where="test_step"):
        Mine().evaluate(X)
    with refused((RuntimeError, TypeError, NotImplementedError), where="test_step"):
        Mine().fit(X, validation_data=X, verbose=0)


def test_a_custom_model_without_call():
    """A GAN has a train_step and two networks; called itself, it has nothing to compute."""

    class Mine(Model):
        def train_step(self, x):
            return {"loss": x.mean()}

    for call in (lambda: Mine()(X), lambda: Mine().predict(X), lambda: Mine()(Input((4,)))):
        with refused((NotImplementedError, TypeError), where="Mine", fix="call("):
            call()


class Forgetful(Model):
    """Its __init__ does not call super().__init__()."""

    def __init__(self):
        self.inner = Dense(2)

    def call(self, x):
        return self.inner(x)


def test_a_model_that_forgets_super_init_trains():
    one = Forgetful()
    one.compile("sgd", "mse", metrics=["mean_squared_error"])
    history = one.fit(X, X[:, :2], epochs=2, verbose=0).history
    assert history["loss"][1] < history["loss"][0]
    assert Forgetful().metrics == () and Forgetful().names_in_graph == {}


def test_a_call_that_returns_a_dictionary_of_tensors():
    """It may for a train_step of one's own; a graph and predict() have no names for it."""

    class Named(Model):
        def call(self, x):
            return {"mu": x, "var": x * x}

    assert set(Named()(X)) == {"mu", "var"}
    with refused(TypeError, "Named: outputs in a graph"):
        Named()(Input(shape=(4,)))
    with refused(ValueError, "Named.predict"):
        Named().predict(X)


def test_a_model_that_returns_lists_of_lists_cannot_predict():
    class Nested(Model):
        def call(self, x):
            return [[x, x], [x]]

    with refused(ValueError, "Nested.predict"):
        Nested().predict(X)


class TakesData(Model):
    def call(self, x):
        return x

    def train_step(self, data):
        return {}


@pytest.mark.parametrize(
    ("problem", "call", "error"),
    [
        ("TakesData.train_step", lambda: TakesData().fit(SIX_ROWS, SIX_ROWS, verbose=0), TypeError),
        ("TakesData.train_step", lambda: TakesData().train_on_batch(SIX_ROWS, SIX_ROWS), TypeError),
    ],
)
def test_a_train_step_without_a_parameter_for_the_targets_is_refused(problem, call, error):
    with refused(error, problem):
        call()


# ---- copies and pickles


def test_a_copied_model_and_optimizer_go_on_as_the_originals():
    minigen.seed(0)
    model, x = Sequential([Input((2,)), Dense(1)]), np.ones((4, 2), "float32")
    model.compile(Adam(0.1), "mse")
    model.train_on_batch(x, x[:, :1])
    twin = copy.deepcopy(model)
    for one in (model, twin):
        one.train_on_batch(x, x[:, :1])
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), twin.get_weights(), strict=True))
