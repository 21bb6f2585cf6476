"""Model(inputs, outputs): the chapter's listings, graphs of every shape, and what is refused."""

import numpy as np
import pytest
from helpers.draws import uniform as draw
from helpers.refusals import refused
from helpers.runs import same
from helpers.small_model import X as ROWS
from helpers.small_model import compiled
from helpers.steps import X, steps

import minigen
from minigen import (
    BatchNormalization,
    Concatenate,
    Dense,
    Dropout,
    Flatten,
    Input,
    Model,
    Reshape,
    Sequential,
    Tensor,
    gradcheck,
    losses,
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


def chain(n):
    x = y = Input((4,))
    for _ in range(n):
        y = Dense(4)(y)
    return Model(x, y)


def named(n):
    x = y = Input((4,))
    for i in range(n):
        y = Dense(4, name=f"layer{i}")(y)
    return Model(x, y)


def shared(n):
    x = y = Input((4,))
    layer = Dense(4)
    for _ in range(n):
        y = layer(y)
    return Model(x, y)


def skips(n):
    x = y = Input((4,))
    for _ in range(n):
        y = Dense(4)(Concatenate()([y, x, y]))
    return Model(x, y)


def heads(n):
    x = Input((4,))
    return Model(x, Concatenate()([Dense(4)(x) for _ in range(n)]))


# ---- the chapter's listings


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
    parts = [losses.mean_squared_error(targets[0], outputs[0]), losses.binary_crossentropy(targets[1], outputs[1])]
    want = [sum(parts).item(), *(part.item() for part in parts)]
    assert model.evaluate(data, targets) == pytest.approx(want, rel=1e-5)
    before = model.get_weights()
    model.fit(data, targets, batch_size=4, verbose=0)
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


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


# ---- names and inputs


def test_an_unknown_layer_name(model):
    with refused(ValueError, expected="code, picture", got="'cod'"):
        model.get_layer("cod")


def test_two_layers_of_one_name_are_refused():
    x = Input((4,))
    with refused(ValueError, where="two layers of one name", got="code", fix="name='code_2'"):
        Model(x, Dense(4, name="code")(Dense(4, name="code")(x)))


def test_an_output_that_needs_another_input_is_refused():
    a, b = Input((4,)), Input((2,))
    with refused(ValueError, where="not among the inputs", got="(batch, 2)", fix="Model([a, b], outputs)"):
        Model(a, Concatenate()([a, b]))


def test_arrays_and_functions_are_no_inputs_and_no_layers():
    x = Input((4,))
    with refused(TypeError, got="ndarray", fix="Input(shape=(784,))"):
        Model(ROWS, Dense(4)(x))
    with refused(TypeError, got="Tensor"):
        Model(x, Dense(4)(ROWS))
    with refused(TypeError, where="add", got="function"):
        Sequential([minigen.relu])


INPUT = Input(shape=(4,))


@pytest.mark.parametrize(
    ("problem", "call", "error"),
    [
        ("inputs and outputs", lambda: Model([INPUT, INPUT], Dense(2)(INPUT)), ValueError),
        ("inputs and outputs", lambda: Model(INPUT, []), ValueError),
    ],
)
def test_one_input_twice_and_no_output_are_refused(problem, call, error):
    with refused(error, problem):
        call()


@pytest.mark.parametrize(
    ("problem", "call", "error"),
    [
        ("unknown layer", lambda: compiled().get_layer(["dense"]), ValueError),
    ],
)
def test_a_list_is_no_layer_name(problem, call, error):
    with refused(error, problem):
        call()


# ---- time


@pytest.mark.parametrize(
    "make",
    [
        chain,
        named,
        shared,
        skips,
        heads,
    ],
)
def test_twice_the_layers_take_twice_the_work(make):
    few, many = (steps(lambda n=n: (m := make(n))(X) is m.named_weights()) for n in (20, 40))
    assert many < 2.2 * few
