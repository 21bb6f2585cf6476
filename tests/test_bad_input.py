"""Whatever is wrong, the error says where, what was expected, what came and what to write; and nothing was changed."""

import os
import pickle
import signal

import numpy as np
import pytest
from helpers.refusals import LAYOUT, refused

import minigen
from minigen import (
    Adam,
    AveragePooling2D,
    BackendError,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling2D,
    GraphError,
    Input,
    MaxPooling2D,
    Model,
    Reshape,
    Sequential,
    Tensor,
    UpSampling2D,
    initializers,
    losses,
    metrics,
    optimizers,
)
from minigen.storage import npz

RNG = np.random.default_rng(0)
X = RNG.random((8, 4)).astype("float32")
IMAGES = RNG.random((8, 28, 28, 1)).astype("float32")


def snapshot(model):
    optimizer = model.optimizer
    slots = [[minigen.to_numpy(a).copy() for a in s] for s in optimizer.get_state(model.weights())]
    return model.get_weights(), slots, optimizer.iterations


@pytest.fixture
def model():
    """A small autoencoder in training; after the test it must be bit for bit what it was."""
    model = Sequential([Input((4,)), Dense(2, "relu", name="code"), Dense(4, "sigmoid", name="picture")])
    model.compile("adam", "mse")
    model.train_on_batch(X, X)
    before = snapshot(model)
    yield model
    after = snapshot(model)
    assert all(np.array_equal(a, b) for a, b in zip(before[0], after[0], strict=True)), "the weights were changed"
    for one, two in zip(before[1], after[1], strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True)), "the optimizer's state was changed"
    assert before[2] == after[2], "the optimizer counted a step"


@pytest.fixture
def images():
    model = Sequential([Input((28, 28, 1)), Flatten(), Dense(1, "sigmoid")])
    model.compile("adam", "mse")
    return model


@pytest.fixture
def classifier():
    model = Sequential([Input((4,)), Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


# ---- shapes


BAD_SHAPES = {  # what: (data, the shape shown, what to write)
    "one sample": (X[0], "(4,)", "x[None]"),
    "too many axes": (X[None], "(1, 8, 4)", "(4,)"),
    "too few features": (X[:, :3], "(8, 3)", "(4,)"),
    "images": (X.reshape(8, 2, 2), "(8, 2, 2)", "x.reshape(-1, 4)"),
    "a number": (np.float32(3), "()", "(4,)"),
}


@pytest.mark.parametrize("what", BAD_SHAPES)
@pytest.mark.parametrize("verb", ["call", "predict", "evaluate", "fit", "train_on_batch"])
def test_wrong_shape(model, what, verb):
    x, shown, fix = BAD_SHAPES[what]
    if np.ndim(x) == 0 and verb != "call":  # a number is no data at all
        shown, fix = "()", ""
    call = {
        "call": lambda: model(x),
        "predict": lambda: model.predict(x),
        "evaluate": lambda: model.evaluate(x, x),
        "fit": lambda: model.fit(x, x, verbose=0),
        "train_on_batch": lambda: model.train_on_batch(x, x),
    }
    with refused(ValueError, where="Sequential", got=shown, fix=fix):
        call[verb]()


def test_channels_first_images(images):
    with refused(
        ValueError,
        expected="(batch, 28, 28, 1)",
        got="(8, 1, 28, 28)",
        fix="x.transpose(0, 2, 3, 1): channels come last",
    ):
        images.predict(IMAGES.transpose(0, 3, 1, 2))


def test_images_without_channels(images):
    with refused(ValueError, got="(8, 28, 28)", fix="x.reshape(-1, 28, 28, 1)"):
        images.predict(IMAGES[..., 0])


def test_wrong_number_of_features_for_a_layer():
    layer = Dense(2, name="code")
    layer(X)
    with refused(ValueError, where="Dense 'code'", expected="(batch, 4)", got="(8, 3)"):
        layer(X[:, :3])
    with refused(ValueError, where="Dense 'code'", expected="(batch, 4)", got="(4,)"):
        layer(X[0])
    with refused(ValueError, where="rank", got="(4,)", fix="reshape(1, -1)"):
        Dense(2)(X[0])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("training", [False, True])
def test_wrong_number_of_channels_for_batch_normalization(channels, training):
    """One channel would broadcast to four without a word."""
    layer = BatchNormalization()
    layer(X)
    with refused(ValueError, where="BatchNormalization", expected="4", got=f"(8, {channels})"):
        layer(X[:, :channels], training=training)


def test_several_inputs():
    a, b = Input((4,)), Input((2,))
    model = Model([a, b], Dense(1)(Concatenate()([a, b])))
    with refused(ValueError, where="number of inputs", expected="2", got="1", fix="model([a, b])"):
        model.predict(X)
    with refused(ValueError, expected="(batch, 2)", got="(8, 3)"):
        model.predict([X, X[:, :3]])


def test_shape_layers():
    with refused(ValueError, where="Reshape", expected="6", got="4", fix="4"):
        Reshape((3, 2))(X)
    with refused(ValueError, where="Reshape", expected="3", got="4"):
        Reshape((-1, 3))(X)
    with refused(ValueError, where="Reshape"):
        Reshape((-1, -1))(X)
    with refused(ValueError, where="Concatenate", got="(8, 4), (7, 4)"):
        Concatenate()([X, X[:7]])
    with refused(ValueError, where="Concatenate", fix="Concatenate()([a, b])"):
        Concatenate()(X)
    with refused(ValueError, where="Input", fix="Input(shape=(784,))"):
        Input((784, 0))
    with refused(ValueError, where="Input"):
        Input((None, 3))


LOSSES = ["binary_crossentropy", "categorical_crossentropy", "half_squared_error", "mean_absolute_error", "mse"]


@pytest.mark.parametrize("name", LOSSES)
def test_losses_never_broadcast(name):
    """(8,) against (8, 1) would become (8, 8): a plausible number and a wrong gradient."""
    column, row = Tensor(X[:, :1]), X[:, 0]
    with refused(ValueError, expected="(8, 1)", got="(8,)", fix="y_true.reshape((8, 1))"):
        losses.get(name)(row, column)
    with refused(ValueError, expected="(8, 4)", got="(8, 3)"):
        losses.get(name)(X[:, :3], Tensor(X))


def test_fit_refuses_targets_of_another_shape(model):
    with refused(ValueError, where="mean_squared_error", expected="(8, 4)", got="(8, 3)"):
        model.fit(X, X[:, :3], verbose=0)


def test_metrics_never_broadcast():
    with refused(ValueError, where="accuracy", expected="(8, 1)", got="(8,)", fix="reshape("):
        metrics.accuracy(X[:, 0], X[:, :1])
    with refused(ValueError, where="mean_squared_error", expected="(8, 1)", got="(8,)"):
        metrics.mean_squared_error(X[:, 0], X[:, :1])


# ---- labels


def test_float_labels(classifier):
    with refused(TypeError, expected="integers 0..2", got="float32", fix='y.astype("int64")'):
        classifier.fit(X, np.zeros(8, "float32"), verbose=0)


def test_one_hot_labels_where_numbers_are_expected(classifier):
    with refused(ValueError, expected="(8,)", got="(8, 3)"):
        classifier.fit(X, np.eye(3, dtype=int)[[0, 1, 2, 0, 1, 2, 0, 1]], verbose=0)
    with refused(ValueError, expected="(8,)", got="(8, 1)", fix="y.reshape(-1)"):
        classifier.fit(X, np.zeros((8, 1), int), verbose=0)


def test_labels_out_of_range(classifier):
    with refused(ValueError, expected="0..2", got="0..3", fix="Dense(4)"):
        classifier.fit(X, np.array([0, 1, 2, 3, 0, 0, 0, 0]), verbose=0)
    with refused(ValueError, expected="0..2", got="-1..2"):
        classifier.fit(X, np.array([0, 1, 2, -1, 0, 0, 0, 0]), verbose=0)


def test_a_negative_label_is_not_cured_by_a_wider_layer():
    with pytest.raises(ValueError) as caught:
        losses.sparse_categorical_crossentropy(np.array([-1, 0]), Tensor(X[:2]))
    assert "Dense(" not in str(caught.value)


@pytest.mark.parametrize("verb", ["fit", "evaluate", "train_on_batch"])
@pytest.mark.parametrize(
    "y, shown", [(255 * X, "25"), (2 * X - 1, "-0.9")], ids=["pixels up to 255", "data in [-1, 1]"]
)
def test_targets_that_are_no_probabilities(verb, y, shown):
    """The binary cross-entropy of such targets has no lower bound: training would follow it down."""
    model = Sequential([Input((4,)), Dense(4, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    before = model.get_weights()
    with refused(ValueError, where="binary_crossentropy", expected="y in [0, 1]", got=shown, fix="x / 255"):
        getattr(model, verb)(X, y)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


# ---- the data


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("verb", ["fit", "evaluate", "predict", "train_on_batch"])
def test_nan_and_infinity_are_named_with_their_place(model, bad, verb):
    x = X.copy()
    x[5, 2] = x[6, 0] = bad
    with refused(ValueError, where="NaN or infinity", got="2 bad, the first at (5, 2)"):
        getattr(model, verb)(*([x] if verb == "predict" else [x, X]))
    if verb != "predict":
        with refused(ValueError, where="NaN or infinity", got="(5, 2)"):
            getattr(model, verb)(X, x)


def test_nan_in_the_validation_data(model):
    with refused(ValueError, where="validation_data", got="(0, 0)"):
        model.fit(X, X, validation_data=(X * np.nan, X), verbose=0)


@pytest.mark.parametrize("verb", ["fit", "evaluate", "predict", "train_on_batch"])
def test_no_samples(model, verb):
    with refused(ValueError, expected="at least one sample", got="(0, 4)"):
        getattr(model, verb)(*([X[:0]] if verb == "predict" else [X[:0], X[:0]]))


@pytest.mark.parametrize("name", [*LOSSES, "sparse_categorical_crossentropy"])
def test_a_loss_of_no_samples(name):
    y_true = np.zeros(0, int) if name.startswith("sparse") else X[:0]
    with refused(ValueError, where="empty batch", expected="at least one sample", got="(0, 4)"):
        losses.get(name)(y_true, Tensor(X[:0]))


@pytest.mark.parametrize("metric", metrics.METRICS)
def test_a_metric_of_no_samples(metric):
    with refused(ValueError, expected="at least one sample", got="(0,"):
        metrics.get(metric)(X[:0], X[:0])


@pytest.mark.parametrize("verb", ["fit", "evaluate"])
def test_x_and_y_of_different_length(model, verb):
    with refused(ValueError, where="x and y differ in length", got="[(8, 4), (7, 4)]", fix="y[:n]"):
        getattr(model, verb)(X, X[:7])


def test_inputs_of_different_length():
    a, b = Input((4,)), Input((4,))
    model = Model([a, b], Concatenate()([a, b]))
    with refused(ValueError, got="[(8, 4), (7, 4)]"):
        model.predict([X, X[:7]])


NO_ARRAYS = {
    "nothing": lambda: None,
    "a generator": lambda: (row for row in X),
    "a dictionary": lambda: {"x": X},
    "rows of different length": lambda: [[1.0, 2.0], [3.0]],
}


@pytest.mark.parametrize("what", NO_ARRAYS)
@pytest.mark.parametrize("verb", ["predict", "evaluate", "fit", "train_on_batch"])
def test_data_that_is_no_array(model, verb, what):
    """Not "no data": there is some, but minigen cannot cut it into batches."""
    x = NO_ARRAYS[what]()
    with refused((TypeError, ValueError), expected="array"):
        getattr(model, verb)(*([x] if verb == "predict" else [x, X]))


BAD_VALIDATION = {  # what: (x, y, the shape shown)
    "samples": (X[:, :3], X, "(8, 3)"),
    "targets": (X, X[:, :3], "(8, 3)"),
}


@pytest.mark.parametrize("what", BAD_VALIDATION)
def test_validation_data_of_another_shape(model, what):
    """Noticed before training, not after an epoch of it."""
    x, y, shown = BAD_VALIDATION[what]
    with refused(ValueError, expected="(8, 4)" if what == "targets" else "(batch, 4)", got=shown):
        model.fit(X, X, validation_data=(x, y), verbose=0)


def test_validation_data_of_three_parts(model):
    with refused((TypeError, ValueError), where="validation_data", expected="(x, y)"):
        model.fit(X, X, validation_data=(X, X, X), verbose=0)


@pytest.mark.parametrize("verb", ["fit", "evaluate", "train_on_batch"])
def test_no_targets(model, verb):
    """The natural slip with an autoencoder: fit(x) instead of fit(x, x)."""
    with refused((TypeError, ValueError), fix="(x, "):
        getattr(model, verb)(X)


def test_validation_data_without_targets(model):
    with refused((TypeError, ValueError), where="validation_data", fix="(x, "):
        model.fit(X, X, validation_data=X, verbose=0)


@pytest.mark.parametrize("verb", ["call", "predict", "evaluate", "fit", "train_on_batch"])
def test_uint8_images(model, verb):
    x = (X * 255).astype("uint8")
    call = {"call": lambda: model(x), "predict": lambda: model.predict(x)}
    with refused(TypeError, where="integer", expected="float32", got="uint8", fix='x.astype("float32") / 255'):
        call.get(verb, lambda: getattr(model, verb)(x, X))()


@pytest.mark.parametrize("x", [np.array([["a"] * 4] * 8), np.array([[None] * 4] * 8)], ids=["text", "objects"])
@pytest.mark.parametrize("verb", ["call", "predict", "evaluate", "fit", "train_on_batch"])
def test_data_that_is_no_numbers(model, verb, x):
    call = {"call": lambda: model(x), "predict": lambda: model.predict(x)}
    with refused(TypeError, expected="numbers"):
        call.get(verb, lambda: getattr(model, verb)(x, X))()


def test_text_is_no_tensor():
    with refused(TypeError, expected="numbers", got="abc"):
        Tensor("abc")


# ---- names


@pytest.mark.parametrize(
    "kind, call, nearest",
    [
        ("optimizer", lambda: Model().compile("adamm"), "adam"),
        ("optimizer", lambda: optimizers.get("ada_delta"), "adadelta"),
        ("loss", lambda: Model().compile("adam", "binary_cross_entropy"), "binary_crossentropy"),
        ("loss", lambda: Model().compile("adam", ["mse", "mean_square_error"]), "mean_squared_error"),
        ("metric", lambda: Model().compile("adam", "mse", metrics=["accurracy"]), "accuracy"),
        ("activation", lambda: Dense(3, "rellu"), "relu"),
        ("activation", lambda: minigen.Activation("Sigmoidd"), "sigmoid"),
        ("initializer", lambda: initializers.get("glorot_unifrom"), "glorot_uniform"),
        ("initializer", lambda: Dense(3, kernel_initializer="he_normall")(X), "he_normal"),
        ("backend", lambda: minigen.use("cuppy"), "cupy"),
        ("backend", lambda: minigen.use("nmupy"), "numpy"),
    ],
)
def test_an_unknown_name_suggests_the_nearest(kind, call, nearest):
    with refused(ValueError, where=f"unknown {kind}", expected=nearest, fix=f"'{nearest}'"):
        call()
    assert minigen.backend.active() == "numpy"


def test_a_failed_compile_keeps_the_old_one(model):
    optimizer, loss = model.optimizer, model.loss
    for arguments in (["adamm", "mse"], ["adam", "msee"], ["adam", "mse", ["accurracy"]]):
        with refused(ValueError, where="unknown"):
            model.compile(*arguments)
        assert model.optimizer is optimizer and model.loss is loss


def test_one_metric_by_name(model):
    with refused((TypeError, ValueError), where="metrics", fix="['accuracy']"):
        model.compile("adam", "mse", metrics="accuracy")


def test_two_metrics_of_one_name(model):
    """A history has one place for each name: one of the two would be lost without a word."""
    with refused(ValueError, where="metrics", expected="every name once", got="mse"):
        model.compile("adam", "mse", metrics=["mse", "mse"])


@pytest.mark.parametrize("optimizer", [Adam, 0.1], ids=["the class", "a number"])
def test_an_optimizer_that_is_none(model, optimizer):
    with refused(TypeError, where="optimizer", fix="'adam'"):
        model.compile(optimizer, "mse")


def test_an_unknown_layer_name(model):
    with refused(ValueError, expected="code, picture", got="'cod'"):
        model.get_layer("cod")


def test_cupy_without_a_gpu_gives_the_reason():
    reason = minigen.backend.why_not_cupy()
    if not reason:
        pytest.skip("there is a GPU here")
    with refused(BackendError, where="cupy", got=reason, fix='minigen.use("numpy")'):
        minigen.use("cupy")
    assert minigen.backend.active() == "numpy"


# ---- arguments


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, "32", None])
@pytest.mark.parametrize("verb", ["fit", "evaluate", "predict"])
def test_batch_size(model, verb, batch_size):
    with refused(ValueError, where="batch_size", expected="positive integer", got=repr(batch_size)):
        getattr(model, verb)(*([X] if verb == "predict" else [X, X]), batch_size=batch_size)


@pytest.mark.parametrize("epochs", [0, -1, 2.5, "3"])
def test_epochs(model, epochs):
    with refused(ValueError, where="epochs", expected="positive integer", got=repr(epochs)):
        model.fit(X, X, epochs=epochs, verbose=0)


@pytest.mark.parametrize("units", [0, -1, 2.5, "32", None])
def test_units(units):
    with refused(ValueError, where="units", expected="positive integer", got=repr(units), fix="Dense(32)"):
        Dense(units)


def test_numpy_integers_are_integers():
    """Sizes often come out of NumPy: len(np.unique(labels)), x.max() + 1."""
    model = Sequential([Input((np.int64(4),)), Dense(np.int64(4))])
    model.compile("adam", "mse")
    model.fit(X, X, batch_size=np.int64(4), epochs=np.int64(1), verbose=0)


@pytest.mark.parametrize("rate", [1, -0.1, 2, "half", float("nan")])
@pytest.mark.parametrize("name", [None, "noise"])
def test_dropout_rate(rate, name):
    with refused((ValueError, TypeError), where="Dropout", expected="0 <= rate < 1", got=str(rate), fix="Dropout(0.5)"):
        Dropout(rate, name=name)


def test_stddev():
    with refused(ValueError, where="GaussianNoise", expected=">= 0", got="-1"):
        GaussianNoise(-1)


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
@pytest.mark.parametrize("rate", [-1, float("nan"), "fast"])
def test_learning_rate(name, rate):
    with refused((ValueError, TypeError), where="learning_rate", expected=">= 0", got=str(rate)):
        optimizers.OPTIMIZERS[name](rate)


def test_integers_have_no_gradient():
    for data in ([1, 2], np.arange(3), np.array([True])):
        with refused(TypeError, expected="float", got=str(np.asarray(data).dtype), fix='x.astype("float32")'):
            Tensor(data, requires_grad=True)


def test_two_layers_of_one_name():
    x = Input((4,))
    with refused(ValueError, where="two layers of one name", got="code", fix="name='code_2'"):
        Model(x, Dense(4, name="code")(Dense(4, name="code")(x)))


def test_an_input_left_out():
    a, b = Input((4,)), Input((2,))
    with refused(ValueError, where="not among the inputs", got="(batch, 2)", fix="Model([a, b], outputs)"):
        Model(a, Concatenate()([a, b]))


def test_inputs_that_are_no_inputs():
    x = Input((4,))
    with refused(TypeError, got="ndarray", fix="Input(shape=(784,))"):
        Model(X, Dense(4)(x))
    with refused(TypeError, got="Tensor"):
        Model(x, Dense(4)(X))
    with refused(TypeError, where="add", got="function"):
        Sequential([minigen.relu])


# ---- images

KERNEL, TURNED = np.ones((3, 3, 1, 2), "float32"), np.ones((3, 3, 2, 1), "float32")

SIZES = {  # where: (a call with this size, what stands in `write`)
    "conv2d: strides": (lambda n: minigen.conv2d(IMAGES, KERNEL, strides=n), "strides=2"),
    "conv2d: dilation_rate": (lambda n: minigen.conv2d(IMAGES, KERNEL, dilation_rate=n), "dilation_rate=1"),
    "conv2d_transpose: strides": (lambda n: minigen.conv2d_transpose(IMAGES, TURNED, strides=n), "strides=2"),
    "max_pool2d: pool_size": (lambda n: minigen.max_pool2d(IMAGES, n), "pool_size=2"),
    "max_pool2d: strides": (lambda n: minigen.max_pool2d(IMAGES, 2, n), "strides=2"),
    "average_pool2d: pool_size": (lambda n: minigen.average_pool2d(IMAGES, n), "pool_size=2"),
    "up_sampling2d: size": (lambda n: minigen.up_sampling2d(IMAGES, n), "size=2"),
    "zero_insertion2d: size": (lambda n: minigen.zero_insertion2d(IMAGES, n), "size=2"),
    "conv_max_pool2d: pool_size": (lambda n: minigen.ops.conv_max_pool2d(IMAGES, KERNEL, pool_size=n), "pool_size=2"),
    "up_sampling_conv2d: size": (lambda n: minigen.ops.up_sampling_conv2d(IMAGES, KERNEL, size=n), "size=2"),
    "Conv2D: kernel_size": (lambda n: Conv2D(32, n), "Conv2D(32, (3, 3)"),
    "Conv2D: strides": (lambda n: Conv2D(32, 3, n), "strides=2"),
    "Conv2D: dilation_rate": (lambda n: Conv2D(32, 3, dilation_rate=n), "dilation_rate=1"),
    "Conv2DTranspose: kernel_size": (lambda n: Conv2DTranspose(32, n), "Conv2DTranspose(32, (3, 3)"),
    "MaxPooling2D: pool_size": (lambda n: MaxPooling2D(n), "pool_size=2"),
    "MaxPooling2D: strides": (lambda n: MaxPooling2D(2, n), "strides=2"),
    "AveragePooling2D: pool_size": (lambda n: AveragePooling2D(n), "pool_size=2"),
    "UpSampling2D: size": (lambda n: UpSampling2D(n), "size=2"),
}


@pytest.mark.parametrize("size", [0, -1, 2.5, True, "3", (2, 2, 2), (2,), (2, 0), (2, 2.0), (True, 2)])
@pytest.mark.parametrize("where", SIZES)
def test_sizes_of_windows(where, size):
    call, fix = SIZES[where]
    with refused(ValueError, where=where, expected="positive integer", got=repr(size), fix=fix):
        call(size)


@pytest.mark.parametrize("filters", [0, -1, 2.5, True, "32", (3, 3), None])
@pytest.mark.parametrize("layer", [Conv2D, Conv2DTranspose])
def test_filters(layer, filters):
    with refused(ValueError, where=f"{layer.__name__}: filters", got=repr(filters), fix="(32, (3, 3)"):
        layer(filters, 3)


def test_a_named_layer_is_named():
    with refused(ValueError, where="Conv2D 'see': strides"):
        Conv2D(32, 3, 0, name="see")


SMALL = IMAGES[:, :2, :4]  # rows 2, columns 4

LARGER = {  # where: (a call with this padding, what stands in `got`)
    "conv2d": (lambda p: minigen.conv2d(SMALL, KERNEL, padding=p), "3 x 3"),
    "conv_max_pool2d": (lambda p: minigen.ops.conv_max_pool2d(SMALL, KERNEL, padding=p, pool_padding="same"), "3 x 3"),
    "up_sampling_conv2d": (lambda p: minigen.ops.up_sampling_conv2d(SMALL[:, :1], KERNEL, padding=p), "3 x 3"),
    "max_pool2d": (lambda p: minigen.max_pool2d(SMALL, 3, 1, p), "3 x 3"),
    "average_pool2d": (lambda p: minigen.average_pool2d(SMALL, (1, 5), 1, p), "1 x 5"),
    "Conv2D 'see'": (lambda p: Conv2D(2, 2, padding=p, dilation_rate=2, name="see")(SMALL), "2 x 2, spread by"),
    "MaxPooling2D": (lambda p: MaxPooling2D(3, padding=p)(Input((2, 4, 1))), "3 x 3"),
    "AveragePooling2D": (lambda p: AveragePooling2D(3, padding=p)(SMALL), "3 x 3"),
}


@pytest.mark.parametrize("where", LARGER)
def test_a_window_larger_than_the_image(where):
    """The error is cured by what it says: padding='same'."""
    call, shown = LARGER[where]
    with refused(ValueError, where=f"{where}: the window is larger", got=shown, fix="padding='same'"):
        call("valid")
    call("same")


@pytest.mark.parametrize("padding", ["full", "causal", 1, None])
@pytest.mark.parametrize(
    "call",
    [
        lambda p: minigen.conv2d(IMAGES, KERNEL, padding=p),
        lambda p: minigen.conv2d_transpose(IMAGES, TURNED, padding=p),
        lambda p: minigen.max_pool2d(IMAGES, padding=p),
        lambda p: minigen.average_pool2d(IMAGES, padding=p),
        lambda p: Conv2D(2, 3, padding=p),
        lambda p: Conv2DTranspose(2, 3, padding=p),
        lambda p: MaxPooling2D(padding=p),
        lambda p: AveragePooling2D(padding=p),
    ],
)
def test_unknown_padding(call, padding):
    with refused(ValueError, where="padding", expected="'valid' or 'same'", got=repr(padding), fix="'same'"):
        call(padding)


def test_unknown_interpolation():
    for call in (lambda: UpSampling2D(2, "cubic"), lambda: minigen.up_sampling2d(IMAGES, 2, "cubic")):
        with refused(ValueError, where="interpolation", expected="'nearest' or 'bilinear'", got="'cubic'"):
            call()


def built(layer):
    layer(IMAGES)
    return layer


TAKE_IMAGES = {  # where: something that has seen, or expects, images of one channel
    "conv2d": lambda x: minigen.conv2d(x, KERNEL),
    "conv2d_transpose": lambda x: minigen.conv2d_transpose(x, TURNED),
    "conv_max_pool2d": lambda x: minigen.ops.conv_max_pool2d(x, KERNEL),
    "up_sampling_conv2d": lambda x: minigen.ops.up_sampling_conv2d(x, KERNEL),
    "Conv2D": lambda x: built(Conv2D(2, 3))(x),
    "Conv2DTranspose": lambda x: built(Conv2DTranspose(2, 3))(x),
}
FRESH = {  # where: something that has seen nothing
    "Conv2D": lambda x: Conv2D(2, 3)(x),
    "Conv2DTranspose": lambda x: Conv2DTranspose(2, 3)(x),
    "MaxPooling2D": lambda x: MaxPooling2D()(x),
    "AveragePooling2D": lambda x: AveragePooling2D()(x),
    "GlobalAveragePooling2D": lambda x: GlobalAveragePooling2D()(x),
    "UpSampling2D": lambda x: UpSampling2D()(x),
    "max_pool2d": minigen.max_pool2d,
    "average_pool2d": minigen.average_pool2d,
    "up_sampling2d": minigen.up_sampling2d,
    "zero_insertion2d": minigen.zero_insertion2d,
}


@pytest.mark.parametrize("where", TAKE_IMAGES)
def test_another_number_of_channels(where):
    x = np.ones((8, 28, 28, 3), "float32")
    with refused(ValueError, where=where, expected="(images, rows, columns, 1)", got="(8, 28, 28, 3)", fix="channel"):
        TAKE_IMAGES[where](x)


@pytest.mark.parametrize("where", TAKE_IMAGES)
def test_channels_first_images_where_the_channels_are_known(where):
    x = IMAGES.transpose(0, 3, 1, 2)
    with refused(ValueError, where=where, got="(8, 1, 28, 28)", fix="x.transpose(0, 2, 3, 1)"):
        TAKE_IMAGES[where](x)


BAD_IMAGES = {  # what: (data, the shape shown, what to write)
    "no channels": (IMAGES[..., 0], "(8, 28, 28)", "x[..., None]"),
    "one image": (IMAGES[0], "(28, 28, 1)", "x[None]"),
    "rows of pixels": (IMAGES.reshape(8, 784), "(8, 784)", "x.reshape(-1, 28, 28, 1)"),
    "a number": (np.float32(3), "()", "channel"),
    "too many axes": (IMAGES[None], "(1, 8, 28, 28, 1)", "channel"),
}


@pytest.mark.parametrize("what", BAD_IMAGES)
@pytest.mark.parametrize("where, call", [*TAKE_IMAGES.items(), *FRESH.items()])
def test_images_of_another_rank(what, where, call):
    x, shown, fix = BAD_IMAGES[what]
    with refused(ValueError, where=f"{where}: wrong shape", expected="(images, rows, columns, ", got=shown, fix=fix):
        call(x)


@pytest.mark.parametrize("shape, fix", [((28, 28), "x[..., None]"), ((784,), "x.reshape(-1, 28, 28, 1)")])
@pytest.mark.parametrize("layer", [lambda: Conv2D(2, 3), lambda: MaxPooling2D(), lambda: UpSampling2D()])
def test_an_input_of_another_rank(layer, shape, fix):
    with refused(ValueError, where="2D: wrong shape", fix=fix):
        layer()(Input(shape=shape))


@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool"])
@pytest.mark.parametrize("where, call", [*TAKE_IMAGES.items(), *FRESH.items()])
def test_images_of_integers(where, call, dtype):
    x = (IMAGES * 255).astype(dtype)
    with refused(TypeError, where=where, expected="float32", got=dtype, fix='x.astype("float32") / 255'):
        call(x)


REFUSED_FIRST_CALLS = {  # layer: (data that it refuses, data that it takes)
    "kernel too large": (lambda: Conv2D(2, 9), np.ones((1, 5, 5, 3), "float32"), IMAGES),
    "integers": (lambda: Conv2D(2, 3), np.ones((1, 5, 5, 3), "uint8"), IMAGES),
    "Dense": (lambda: Dense(2), np.ones((3, 7), "int64"), X),
}


@pytest.mark.parametrize("what", REFUSED_FIRST_CALLS)
def test_a_refused_first_call_does_not_fix_the_weights(what):
    make, bad, good = REFUSED_FIRST_CALLS[what]
    layer = make()
    before = set(vars(layer))
    with pytest.raises((ValueError, TypeError)):
        layer(bad)
    assert not layer.built and set(vars(layer)) == before
    assert len(layer(good)) == len(good)


@pytest.mark.parametrize("length", [1, 3])
@pytest.mark.parametrize(
    "function, kernel",
    [
        (minigen.conv2d, KERNEL),
        (minigen.conv2d_transpose, TURNED),
        (minigen.ops.conv_max_pool2d, KERNEL),
        (minigen.ops.up_sampling_conv2d, KERNEL),
    ],
)
def test_a_bias_of_another_length(function, kernel, length):
    """One number would broadcast, and its gradient would have the wrong shape."""
    where = f"{function.__name__}: bias"
    with refused(ValueError, where=where, expected="(2,)", got=f"({length},)", fix="one for each output"):
        function(IMAGES, kernel, np.ones(length, "float32"))


@pytest.mark.parametrize("kernel", [KERNEL[0], KERNEL[None], KERNEL[:0]])
def test_a_kernel_of_another_rank_or_empty(kernel):
    for function in (minigen.conv2d, minigen.conv2d_transpose):
        with refused(ValueError, where="kernel", expected="(kh, kw, ", got=str(kernel.shape)):
            function(IMAGES, kernel)


@pytest.mark.parametrize(
    "x",
    [
        IMAGES.transpose(0, 3, 1, 2),
        IMAGES[..., 0],
        IMAGES[0],
        IMAGES.reshape(8, 784),
        (IMAGES * 255).astype("uint8"),
        IMAGES[:, :2, :2],
        Input(shape=(1, 28, 28)),
    ],
    ids=["channels first", "no channels", "one image", "rows of pixels", "uint8", "too small", "a wrong Input"],
)
def test_a_layer_that_refused_its_first_images_takes_the_right_ones(x):
    layer = Conv2D(2, 3)
    with pytest.raises((TypeError, ValueError)):
        layer(x)
    assert layer(IMAGES).shape == (8, 26, 26, 2)
    assert layer.count_params() == 20


# ---- weights and files


@pytest.fixture
def saved(model, tmp_path):
    path = tmp_path / "w.npz"
    model.save_weights(path)
    return path


def test_every_weight_that_does_not_fit_is_listed_at_once(model, saved):
    arrays, meta = npz.read(saved)
    del arrays["code/bias"], arrays["picture/bias"]
    arrays["code/kernel"] = np.zeros((4, 3))
    arrays["other/kernel"] = np.zeros((1, 2))
    npz.write(saved, arrays, meta)
    with pytest.raises(ValueError) as caught:
        model.load_weights(saved)
    parts = LAYOUT.fullmatch(str(caught.value))
    assert str(saved) in parts["where"] and "nothing was changed" in parts["where"]
    for problem in (
        "missing: code/bias (2,)",
        "missing: picture/bias (4,)",
        "unexpected: other/kernel (1, 2)",
        "wrong shape: code/kernel is (4, 2), got (4, 3)",
    ):
        assert problem in parts["got"]


def test_weights_for_a_model_that_is_not_built_yet(saved):
    with refused(ValueError, fix="Input"):
        Sequential([Dense(2, name="code"), Dense(4, name="picture")]).load_weights(saved)


@pytest.mark.parametrize(
    "spoil, got",
    [
        (lambda w: w[:-1], "missing: picture/bias"),
        (lambda w: [*w, w[0]], "unexpected: array 4"),
        (lambda w: [w[0], w[1][:, None], *w[2:]], "wrong shape: code/bias is (2,), got (2, 1)"),
        (lambda w: [*w[:3], np.full(4, "a")], "picture/bias"),
    ],
    ids=["too few", "too many", "a wrong shape", "text"],
)
def test_set_weights(model, spoil, got):
    with refused((ValueError, TypeError), got=got):
        model.set_weights(spoil([w + 1 for w in model.get_weights()]))


def test_a_truncated_file(model, saved):
    whole = saved.read_bytes()
    for length in range(0, len(whole), 13):
        saved.write_bytes(whole[:length])
        with refused(ValueError, where=f"{saved} cannot be read", expected=".npz", fix="train again"):
            model.load_weights(saved)


@pytest.mark.parametrize("mask", [0x01, 0x20, 0xFF])
def test_a_tampered_file(model, saved, mask):
    """Every byte of the file, flipped: an error, or (a date, a comment) the very same weights."""
    whole, refusals = saved.read_bytes(), 0
    for place in range(len(whole)):
        saved.write_bytes(whole[:place] + bytes([whole[place] ^ mask]) + whole[place + 1 :])
        try:
            model.load_weights(saved)
        except ValueError as error:
            assert LAYOUT.fullmatch(str(error)), f"byte {place}: {error}"
            refusals += 1
        except Exception as error:
            pytest.fail(f"byte {place} gives {type(error).__name__}: {error}")
    assert refusals > len(whole) / 2  # (the fixture compares the weights)


def test_a_pickle_in_a_file_is_never_run(model, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "executed"),))

    arrays = {f"arrays/{k}": w.numpy() for k, w in model.named_weights().items()}
    arrays["arrays/code/bias"] = np.array([Bomb(), Bomb()], dtype=object)
    np.savez(tmp_path / "w.npz", meta=np.array('{"kind": "weights"}'), **arrays)
    with refused(ValueError, where="cannot be read"):
        model.load_weights(tmp_path / "w.npz")
    (tmp_path / "w.npz").write_bytes(pickle.dumps(Bomb()))
    with refused(ValueError, where="cannot be read"):
        model.load_weights(tmp_path / "w.npz")
    assert not (tmp_path / "executed").exists()


def npy(path):
    with open(path, "wb") as f:
        np.save(f, X)


@pytest.mark.parametrize(
    "make",
    [
        lambda p: p.write_bytes(b""),
        lambda p: p.write_text("hello"),
        lambda p: p.write_text("<!DOCTYPE html><html>404</html>"),
        npy,
        lambda p: np.savez(p, kernel=X),
        lambda p: np.savez(p, meta=np.array("no json")),
        lambda p: np.savez(p, meta=np.array("[1, 2]")),
        lambda p: p.mkdir(),
    ],
    ids=["empty", "text", "html", "npy", "another npz", "no json", "a list", "a folder"],
)
def test_a_file_that_is_not_minigens(model, tmp_path, make):
    make(tmp_path / "w.npz")
    with refused(ValueError, where="w.npz cannot be read", expected="written by minigen"):
        model.load_weights(tmp_path / "w.npz")


def test_a_text_file_is_not_called_a_pickle(model, tmp_path):
    (tmp_path / "w.npz").write_text("hello")
    with pytest.raises(ValueError) as caught:
        model.load_weights(tmp_path / "w.npz")
    assert "allow_pickle" not in str(caught.value)  # NumPy's own hint would run whatever the file holds


def test_a_file_that_is_not_there(model, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"w\.npz"):
        model.load_weights(tmp_path / "w.npz")


# ---- checkpoints


def test_resume_from_weights_only(model, saved):
    arrays, meta = npz.read(saved)
    npz.write(saved, {k: a + 1 for k, a in arrays.items()}, meta)
    with refused(ValueError, where="not a checkpoint", expected="fit(checkpoint=...)", fix="load_weights"):
        model.fit(X, X, checkpoint=saved, resume=True, verbose=0)


def test_resume_without_a_checkpoint(model):
    with refused(ValueError, where="resume", fix='checkpoint="run.npz"'):
        model.fit(X, X, resume=True, verbose=0)


def test_a_checkpoint_that_is_a_folder(model, tmp_path):
    with refused(OSError, where=str(tmp_path), expected="file", got="folder"):
        model.fit(X, X, checkpoint=tmp_path, verbose=0)


def test_resume_into_another_model(model, tmp_path):
    other = Sequential([Input((4,)), Dense(3, name="code"), Dense(4, name="picture")])
    other.compile("adam", "mse")
    other.fit(X, X, checkpoint=tmp_path / "run.npz", verbose=0)
    with refused(ValueError, got="wrong shape: code/kernel is (4, 2), got (4, 3)"):
        model.fit(X, X, checkpoint=tmp_path / "run.npz", resume=True, verbose=0)


@pytest.mark.parametrize("other", ["sgd", "adadelta", "rmsprop"])
def test_resume_with_another_optimizer(model, tmp_path, other):
    """Adam's averages are not Adadelta's: with them √ meets a negative number."""
    source = Sequential([Input((4,)), Dense(2, "relu", name="code"), Dense(4, "sigmoid", name="picture")])
    source.compile(other, "mse")
    source.fit(X, X, checkpoint=tmp_path / "run.npz", verbose=0)
    with refused(ValueError, where="run.npz"):
        model.fit(X, X, epochs=2, checkpoint=tmp_path / "run.npz", resume=True, verbose=0)


@pytest.mark.parametrize("changed", ["batch_size", "samples"])
def test_resume_within_an_epoch_with_other_batches(tmp_path, changed):
    """Half an epoch in batches of 2 is not half an epoch in batches of 4: samples would be missed or seen twice."""

    class Interrupted(Sequential):
        def train_step(self, x, y):
            logs = super().train_step(x, y)
            if self.optimizer.iterations == 2:
                signal.raise_signal(signal.SIGINT)
            return logs

    def build(kind):
        model = kind([Input((4,)), Dense(4)])
        model.compile("adam", "mse")
        return model

    path = tmp_path / "run.npz"
    with pytest.raises(KeyboardInterrupt):
        build(Interrupted).fit(X, X, batch_size=2, checkpoint=path, verbose=0)
    x, size = (X, 4) if changed == "batch_size" else (X[:6], 2)
    with refused(ValueError, where="run.npz"):
        build(Sequential).fit(x, x, batch_size=size, checkpoint=path, resume=True, verbose=0)


# ---- training in the wrong order


@pytest.mark.parametrize("verb", ["fit", "evaluate", "train_on_batch"])
def test_not_compiled(verb):
    model = Sequential([Input((4,)), Dense(4)])
    with refused(RuntimeError, where="not compiled", fix="model.compile(optimizer='adam'"):
        getattr(model, verb)(X, X)


def test_a_step_without_a_gradient(model):
    code = model.get_layer("code")
    layer = Dense(3, name="fresh")
    layer(X)
    with refused(ValueError, where="Adam.step", got="no gradient: fresh/kernel, fresh/bias", fix="loss.backward"):
        model.optimizer.step([*code.parameters(), *layer.parameters()])


def test_two_steps_on_one_gradient(model):
    """The fixture's own step has used the gradients."""
    with refused(ValueError, where="Adam.step", got="already used: code/kernel"):
        model.optimizer.step(model.parameters())


def test_a_step_on_nothing(model):
    with refused(ValueError, where="Adam.step", got="an empty list"):
        model.optimizer.step([])


def test_a_parameter_the_loss_does_not_reach(model):
    lost = Dense(2, name="lost")
    lost(X)
    loss = losses.mean_squared_error(X, model(X))
    loss.backward(wrt=[*model.parameters(), *lost.parameters()])
    with refused(ValueError, got="no gradient: lost/kernel, lost/bias"):
        model.optimizer.step([*model.parameters(), *lost.parameters()])


@pytest.mark.parametrize("change", ["step", "set_weights", "load_weights", "assign"])
def test_weights_changed_between_forward_and_backward(tmp_path, change):
    model = Sequential([Input((4,)), Dense(2, name="code"), Dense(4, name="picture")])
    model.save_weights(tmp_path / "w.npz")
    loss = losses.mean_squared_error(X, model(X))
    if change == "step":
        losses.mean_squared_error(X, model(X)).backward()
        Adam().step(model.parameters())
    elif change == "set_weights":
        model.set_weights(model.get_weights())
    elif change == "load_weights":
        model.load_weights(tmp_path / "w.npz")
    else:
        model.get_layer("picture").kernel.assign(np.zeros((2, 4)))
    with refused(GraphError, where="picture/kernel", fix="forward, backward, step"):
        loss.backward()


def test_backward_twice(model):
    loss = losses.mean_squared_error(X, model(X))
    loss.backward()
    with refused(GraphError, where="freed", expected="one backward()", fix="forward pass again"):
        loss.backward()


def test_backward_of_many_numbers(model):
    with refused(GraphError, where="not a single number", got="(8, 4)", fix="loss.mean()"):
        model(X).backward()


def test_backward_of_nothing(model):
    with refused(GraphError, where="nothing was recorded"):
        Tensor(1.0).backward()
    with minigen.no_grad():
        loss = losses.mean_squared_error(X, model(X))
    with refused(GraphError, where="nothing was recorded", expected="no_grad"):
        loss.backward()


def test_assign_of_another_shape(model):
    with refused(ValueError, where="code/kernel", expected="(4, 2)", got="(2, 4)"):
        model.get_layer("code").kernel.assign(np.zeros((2, 4)))


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


def test_as_many_losses_as_outputs():
    x = Input((4,))
    model = Model(x, [Dense(4)(x), Dense(4)(x)])
    model.compile("adam", ["mse", "mse", "mse"])
    with refused(ValueError, expected="2 of each", got="3 losses and 2 targets"):
        model.fit(X, [X, X], verbose=0)
    model.compile("adam", ["mse", "mse"])
    with refused(ValueError, expected="2"):
        model.fit(X, X, verbose=0)


# ---- functions of the wrong library


NUMPY_FUNCTIONS = {
    "exp": np.exp,
    "add": lambda x: np.add(x, x),
    "abs": np.abs,
    "mean": np.mean,
    "sum": np.sum,
    "max": np.max,
    "dot": lambda x: np.dot(x, x),
    "concatenate": lambda x: np.concatenate([x, x]),
    "stack": lambda x: np.stack([x, x]),
    "asarray": np.asarray,
    "clip": lambda x: np.clip(x, 0, 1),
    "norm": np.linalg.norm,
    "transpose": np.transpose,
    "where": lambda x: np.where(True, x, x),
}


@pytest.mark.parametrize("name", NUMPY_FUNCTIONS)
def test_a_numpy_function_on_a_tensor(name):
    with refused(TypeError, where="NumPy function", expected="a minigen function", fix="minigen."):
        NUMPY_FUNCTIONS[name](Tensor(X))


@pytest.mark.parametrize("name", NUMPY_FUNCTIONS)
def test_a_numpy_function_on_a_symbolic_tensor(name):
    with refused(TypeError, where="Input()", expected="a layer", fix="Layer"):
        NUMPY_FUNCTIONS[name](Input((4,)))


OPERATORS = {
    "+": lambda x: x + 1,
    "-": lambda x: 1 - x,
    "*": lambda x: x * x,
    "/": lambda x: 1 / x,
    "@": lambda x: x @ X.T,
    "array @": lambda x: X @ x,
    "array +": lambda x: X + x,
    "Tensor +": lambda x: Tensor(X) + x,
    "**": lambda x: x**2,
    "2 **": lambda x: 2**x,
    "negative": lambda x: -x,
    "abs": abs,
    ">": lambda x: x > 0,
    "<=": lambda x: x <= 0,
    "[]": lambda x: x[0],
}


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_on_a_symbolic_tensor(name):
    with refused(TypeError, where="Input()", expected="a layer", fix="Layer"):
        OPERATORS[name](Input((4,)))


MINIGEN_FUNCTIONS = {
    "exp": minigen.exp,
    "relu": minigen.relu,
    "mean": minigen.mean,
    "concatenate": lambda x: minigen.concatenate([x, x]),
    "reparameterise": lambda x: minigen.reparameterise(x, x),
    "loss": lambda x: losses.mean_squared_error(X, x),
    "conv2d": lambda x: minigen.conv2d(x, KERNEL),
    "max_pool2d": minigen.max_pool2d,
    "up_sampling2d": minigen.up_sampling2d,
}


@pytest.mark.parametrize("name", MINIGEN_FUNCTIONS)
def test_a_minigen_function_on_a_symbolic_tensor(name):
    """Functions compute, layers build: Activation(minigen.exp)(x), or a Layer."""
    with refused(TypeError, where="Input()", fix="Layer"):
        MINIGEN_FUNCTIONS[name](Input((4,)))


def test_shapes_that_do_not_broadcast():
    with refused(ValueError, where="Add", expected="or 1", got="(8, 4) and (3,)", fix="reshape"):
        Tensor(X) + np.ones(3, "float32")
    with refused(ValueError, where="Multiply", got="(2,) and (3,)"):
        Tensor([1.0, 2.0]) * Tensor([1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    "betas", [{"beta_1": 1.0}, {"beta_2": 1}, {"beta_2": -0.1}, {"beta_1": np.nan}, {"beta_1": "0.9"}]
)
def test_betas_of_adam(betas):
    with refused(ValueError, where=f"Adam: {next(iter(betas))}", expected="< 1", fix="Adam(0.001"):
        Adam(0.001, **betas)
