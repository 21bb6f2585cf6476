"""Heads on a shared encoder, attributes of digits against closed forms, and the linear probe."""

import numpy as np
import pytest
from refusals import refused

import minigen
from minigen import Adam, Dense, Input, Model, Sequential, Tensor, metrics, models
from minigen.datasets import attributes, mnist
from minigen.models import Head, linear_probe

(_images, _labels), _ = mnist.load_data("sample")
X, Y = _images[:500].reshape(500, 784).astype("float32") / 255, _labels[:500].astype("int64")


# ---- Head


@pytest.mark.parametrize("training", [False, True])
def test_a_head_reads_mu_with_and_without_training(training, xp):
    vae = models.vae(3, hidden=8)
    head = Head(vae.encoder, Dense(2), name="task")
    mu, _ = vae.encoder(X[:4])
    np.testing.assert_array_equal(head(X[:4], training).numpy(), head.head(mu).numpy())


def test_a_step_of_a_head_leaves_the_variance_alone():
    """The layer that predicts log Σ belongs to the encoder, and not to what leads to μ."""
    vae = models.vae(3, hidden=8)
    head = Head(vae.encoder, Dense(2, "softmax"), name="task")
    head.compile("adam", "sparse_categorical_crossentropy")
    before = vae.encoder.get_layer("logvar").get_weights(), vae.encoder.get_layer("mu").get_weights()
    head.train_on_batch(X[:8], Y[:8] % 2)
    assert np.array_equal(before[0][0], vae.encoder.get_layer("logvar").get_weights()[0])
    assert not np.array_equal(before[1][0], vae.encoder.get_layer("mu").get_weights()[0])


def test_an_encoder_with_one_output_is_taken_as_z():
    ae = models.latent_autoencoder(3, hidden=8)
    head = Head(ae.encoder, Sequential([Dense(4, "relu"), Dense(2)]))
    code = head.head(ae.encoder(X[:4])).numpy()
    assert np.array_equal(head(X[:4]).numpy(), code) and np.array_equal(head(X[:4], training=True).numpy(), code)


def test_weights_of_a_head_are_those_of_the_encoder_and_its_own():
    vae = models.vae(3, hidden=8)
    head = Head(vae.encoder, Dense(2), name="task")
    assert list(head.named_weights())[:2] == ["encoder/dense/kernel", "encoder/dense/bias"]
    assert list(head.named_weights())[-2:] == ["head/dense/kernel", "head/dense/bias"]
    shared = [w for w in head.weights() if any(w is own for own in vae.encoder.weights())]
    assert len(shared) == 4 and head.count_params() == sum(w.size for w in shared) + 3 * 2 + 2


def test_a_head_is_a_model_like_any_other():
    minigen.seed(0)
    head = Head(models.vae(4, hidden=32).encoder, Dense(10, "softmax"), name="digit")
    head.compile(Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = head.fit(X, Y, batch_size=20, epochs=10, verbose=0, validation_data=(X[:50], Y[:50])).history
    assert history["accuracy"][-1] > 0.8 and history["val_accuracy"][-1] > 0.8
    assert head.predict(X[:7]).shape == (7, 10)


def test_bad_heads_are_refused():
    x = Input(shape=(784,))
    refused("Head: encoder", lambda: Head(Dense(3), Dense(2)), TypeError)
    refused("Head: encoder", lambda: Head(None, Dense(2)), TypeError)
    refused("outputs of the encoder", lambda: Head(Model(x, [Dense(3)(x), Dense(4)(x)]), Dense(2)))
    refused("outputs of the encoder", lambda: Head(Model(x, [Dense(3)(x) for _ in range(3)]), Dense(2)))
    refused("outputs of the encoder", lambda: Head(Model(x, minigen.Reshape((28, 28))(x)), Dense(2)))
    refused("data_range", lambda: Head(models.vae(2, hidden=4).encoder, Dense(2), data_range=(1, 0)))
    head = Head(models.vae(2, hidden=4).encoder, Dense(2, "softmax"))
    refused("not compiled", lambda: head.fit(X, Y, verbose=0), RuntimeError)
    head.compile("adam", "sparse_categorical_crossentropy")
    refused("outside the range", lambda: head.fit(X * 255, Y, verbose=0))
    refused("differ in length", lambda: head.fit(X, Y[:-1], verbose=0))


# ---- attributes


def picture(inside, fine=8):
    """(28, 28) ink of the region where inside(column, row) holds, from `fine` samples a pixel each way."""
    g = (np.arange(28 * fine) + 0.5) / fine - 14
    across, down = np.meshgrid(g, g)
    return inside(across, down).reshape(28, fine, 28, fine).mean(axis=(1, 3))[None]


def bar(width, angle, length=18):
    c, s = np.cos(angle), np.sin(angle)
    return picture(lambda x, y: (abs(c * x + s * y) < length / 2) & (abs(c * y - s * x) < width / 2))


def ring(width, radius=8):
    return picture(lambda x, y: abs(np.hypot(x, y) - radius) < width / 2)


@pytest.mark.parametrize("width", [2, 3, 4])
def test_thickness_of_a_ring_is_its_width(width):
    """A = 2πRw and P = 2π(R + w/2) + 2π(R - w/2) = 4πR: 2 A / P = w exactly, but for the pixels."""
    assert attributes.thickness(ring(width))[0] == pytest.approx(width, rel=0.02)


@pytest.mark.parametrize("angle", [0, 0.3, 0.6, np.pi / 4, 1.2])
def test_thickness_of_a_bar_does_not_depend_on_its_angle(angle):
    """2 A / P = 2 L w / (2 L + 2 w), w = 3 and L = 18."""
    assert attributes.thickness(bar(3, angle))[0] == pytest.approx(2 * 18 * 3 / (2 * 18 + 2 * 3), rel=0.06)


def test_thickness_does_not_depend_on_the_brightness():
    assert attributes.thickness(0.5 * ring(3))[0] == pytest.approx(attributes.thickness(ring(3))[0])


@pytest.mark.parametrize("shift", [-0.5, 0.25, 1.0])
def test_shearing_adds_to_the_slant(shift):
    """Rows moved by a whole number of columns for each row upwards: exact, since no pixel is torn."""
    upright = np.zeros((1, 28, 28))
    upright[0, 6:22, 12:16] = np.linspace(0.1, 1, 16)[:, None]
    upright[0, 6:10, 16:18] = 0.7
    sheared = np.zeros_like(upright)
    for row in range(28):
        up = 4 * ((14 - row) // 4)  # steps of four rows, so that 0.25 columns a row is one column
        sheared[0, row] = np.roll(upright[0, row], int(shift * up))
    rows = np.arange(28)
    steps = np.array([int(shift * 4 * ((14 - row) // 4)) for row in rows])
    ink = upright[0].sum(axis=1) / upright.sum()
    centred = rows - (ink * rows).sum()
    exact = -(ink * centred * steps).sum() / (ink * centred**2).sum()  # the slope of the steps themselves
    assert attributes.slant(sheared)[0] - attributes.slant(upright)[0] == pytest.approx(exact, abs=1e-9)
    assert abs(exact - shift) < 0.1


def test_slant_leans_to_the_right_as_it_rises():
    leaning = picture(lambda x, y: (abs(x + y / 2) < 1.5) & (abs(y) < 9))  # y counts downwards
    assert attributes.slant(leaning)[0] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (["....", ".##.", ".##.", "...."], False),
        (["#####", "#...#", "#...#", "#####"], True),
        (["#####", "#...#", "#....", "#####"], False),  # it leaks
        ([".###.", "#...#", "#...#", ".###."], True),  # corners that touch do not leak
        (["###", "#.#", "###"], False),  # one pixel is a dent
        (["####", "#..#", "####"], True),
        (["###", "#.#", "#.#", "###"], True),
        (["#####", "#.#.#", "#####"], False),  # two dents
        (["######", "#....#", "#.##.#", "#.#..#", "#.####", "#....."], False),  # a way out
    ],
)
def test_loops(image, expected):
    a = np.zeros((1, 28, 28))
    for r, row in enumerate(image):
        for c, cell in enumerate(row):
            a[0, 10 + r, 10 + c] = cell == "#"
    assert attributes.has_loop(a)[0] == expected


def test_attributes_of_real_digits():
    loops, widths, slants = attributes.has_loop(X), attributes.thickness(X), attributes.slant(X)
    shares = [loops[np.equal(Y, digit)].mean() for digit in range(10)]
    assert min(shares[0], shares[6], shares[8], shares[9]) > 0.6 and max(shares[1], shares[3], shares[7]) < 0.15
    assert 1.2 < widths.min() and 2.3 < widths.mean() < 2.9 and widths.max() < 6
    assert abs(slants.mean()) < 0.2 and 0.2 < slants.std() < 0.4


def test_attributes_take_every_shape_of_images_and_tensors():
    for name in ("has_loop", "thickness", "slant"):
        f = getattr(attributes, name)
        flat = f(X[:5])
        for images in (X[:5].reshape(5, 28, 28), X[:5].reshape(5, 28, 28, 1), Tensor(X[:5])):
            np.testing.assert_array_equal(f(images), flat)
        assert f(np.zeros((2, 784))).tolist() == [0, 0]  # of nothing


@pytest.mark.parametrize("name", ["has_loop", "thickness", "slant"])
def test_bad_images_are_refused(name):
    f = getattr(attributes, name)
    refused(f"attributes.{name}", lambda: f(X[0]))
    refused(f"attributes.{name}", lambda: f(np.zeros((3, 10))))
    refused(f"attributes.{name}", lambda: f(np.zeros((0, 784))))
    refused(f"attributes.{name}", lambda: f(np.full((2, 784), np.nan)))
    refused(f"attributes.{name}", lambda: f(X[:2] * 255))
    refused(f"attributes.{name}", lambda: f(_images[:2]), TypeError)


# ---- the linear probe


def test_a_linear_probe_finds_straight_borders():
    z = np.random.default_rng(0).normal(size=(600, 3))
    y = (z @ [1.0, -2.0, 0.5] > 0.3).astype(int)
    assert linear_probe(z[:400], y[:400], z[400:], y[400:]) > 0.97
    assert linear_probe(1e4 + 1e-3 * z[:400], y[:400], 1e4 + 1e-3 * z[400:], y[400:]) > 0.97  # whatever the scale


def test_a_linear_probe_finds_no_crooked_ones():
    """Exclusive or: no line does better than three corners of four."""
    z = np.random.default_rng(0).normal(size=(600, 2))
    y = (z[:, 0] * z[:, 1] > 0).astype(int)
    assert linear_probe(z[:400], y[:400], z[400:], y[400:]) < 0.7


def test_a_linear_probe_draws_nothing_from_the_caller():
    z, y = np.random.default_rng(0).normal(size=(50, 2)), np.arange(50) % 2
    state = minigen.backend.random_state()
    first = linear_probe(z, y, z, y)
    assert minigen.backend.random_state() == state and linear_probe(z, y, z, y) == first


def test_bad_probes_are_refused():
    z, y = np.zeros((4, 2)), np.arange(4) % 2
    refused("linear_probe", lambda: linear_probe(z, y, np.zeros((4, 3)), y))
    refused("linear_probe", lambda: linear_probe(z, y[:3], z, y))
    refused("linear_probe", lambda: linear_probe(z, y, z, y[:3]))
    refused("linear_probe", lambda: linear_probe(z * np.nan, y, z, y))
    refused("linear_probe", lambda: linear_probe(z[:, 0], y, z, y))
    refused("linear_probe", lambda: linear_probe(z[:0], y[:0], z, y))
    refused("linear_probe", lambda: linear_probe(z[:, :0], y, z[:, :0], y))
    refused("linear_probe", lambda: linear_probe(z, y / 2, z, y))
    refused("linear_probe", lambda: linear_probe(z, y.astype(str), z, y))
    refused("linear_probe", lambda: linear_probe(z, None, z, y))


def test_columns_of_a_probe_may_be_huge_tiny_or_the_same_for_all():
    """Dead units of a hidden layer are the same for all training data, and not quite for the test data."""
    z = np.random.default_rng(0).normal(size=(300, 3))
    y = (z[:, 0] > 0).astype(int)
    plain = linear_probe(z[:200], y[:200], z[200:], y[200:])
    for scale in (1e200, 1e-30):
        assert linear_probe(scale * z[:200], y[:200], scale * z[200:], y[200:]) == pytest.approx(plain, abs=0.02)
    dead = np.column_stack([z, np.r_[np.ones(200), np.full(100, 1.001)]])
    assert linear_probe(dead[:200], y[:200], dead[200:], y[200:]) == pytest.approx(plain, abs=0.02)


def test_a_label_that_was_not_there_in_training_is_missed():
    z = np.random.default_rng(0).normal(size=(100, 2))
    y = 10**7 * (z[:, 0] > 0)
    assert linear_probe(z, y, z, y) > 0.95 and linear_probe(z, y, z, y + 1) == 0


# ---- gradient energy


def test_gradient_energy_in_closed_form():
    """A step of height h along a column of 28: 28 h². A ramp of slope s: s² at each of 27 x 28 pairs."""
    step, ramp = np.zeros((1, 28, 28)), np.tile(np.arange(28) / 27, (1, 28, 1))
    step[:, :, 14:] = 0.5
    assert metrics.gradient_energy(step) == pytest.approx(28 * 0.25)
    assert metrics.gradient_energy(ramp) == pytest.approx(27 * 28 / 27**2)
    assert metrics.gradient_energy(np.concatenate([step, 0 * step])[..., None]) == pytest.approx(28 * 0.25 / 2)
    assert metrics.gradient_energy(np.ones((3, 5, 5))) == 0


def test_blur_lowers_the_gradient_energy():
    sharp = X.reshape(-1, 28, 28)
    blurred = (sharp + np.roll(sharp, 1, axis=1) + np.roll(sharp, 1, axis=2)) / 3
    assert metrics.gradient_energy(blurred) < 0.65 * metrics.gradient_energy(sharp)
    assert metrics.gradient_energy(Tensor(sharp)) == pytest.approx(56, abs=4)


def test_bad_images_have_no_gradient_energy():
    for shape in ((784,), (3, 784), (0, 28, 28), (2, 1, 1)):
        refused("gradient_energy", lambda shape=shape: metrics.gradient_energy(np.zeros(shape)))
