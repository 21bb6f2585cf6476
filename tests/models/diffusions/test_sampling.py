"""Drawing: a mixture comes back from its exact denoiser, DDIM runs both ways, films, missing parts, bad input."""

import numpy as np
import pytest
from helpers.refusals import NO_SIZES, refused
from helpers.small_diffusions import POINTS, SETTINGS, exact_diffusion, small_diffusion, small_pictures

import minigen
from minigen import models
from minigen.datasets import toys

MIXTURE = toys.THREE_CLUSTERS
RNG = np.random.default_rng(0)


def check_is_of(mixture, x, rtol):
    """Mean, covariance and shares of the samples, within five standard errors and the given error of the steps."""
    n = len(x)
    spread = np.sqrt(np.diag(mixture.covariance))
    np.testing.assert_allclose(x.mean(axis=0), mixture.mean, atol=(5 / np.sqrt(n) + rtol) * spread.max())
    np.testing.assert_allclose(np.cov(x.T), mixture.covariance, atol=(5 / np.sqrt(n) + rtol) * spread.max() ** 2)
    counted = np.bincount(mixture.responsibilities(x).argmax(axis=1), minlength=len(mixture.shares)) / n
    np.testing.assert_allclose(counted, mixture.shares, atol=2.5 / np.sqrt(n) + rtol)


# ---- a known mixture comes back


@pytest.mark.parametrize(("schedule", "prediction"), SETTINGS)
@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_few_steps_give_the_mixture_back(schedule, prediction, eta):
    model = exact_diffusion(MIXTURE, schedule, prediction)
    minigen.seed(0)
    check_is_of(MIXTURE, model.sample(2000, steps=100, eta=eta), rtol=0.02)


def test_ancestral_sampling_gives_the_mixture_back():
    """With every step of the schedule."""
    model = exact_diffusion(MIXTURE, models.CosineSchedule(200), "noise")
    minigen.seed(0)
    check_is_of(MIXTURE, model.sample(2500), rtol=0.015)


def test_each_cluster_comes_back_for_its_label():
    model = exact_diffusion(MIXTURE, conditional=True)
    for label in range(3):
        minigen.seed(0)
        check_is_of(MIXTURE.cluster(label), model.sample(1000, labels=label, steps=50), rtol=0.05)
    minigen.seed(0)
    check_is_of(MIXTURE, model.sample(2500, steps=50), rtol=0.04)  # without labels: all clusters


def test_a_label_for_each_sample():
    model = exact_diffusion(MIXTURE, conditional=True)
    labels = np.arange(60) % 3
    x = model.sample(60, labels, steps=20)
    assert (MIXTURE.responsibilities(x).argmax(axis=1) == labels).all()


def test_guidance_moves_samples_to_where_their_label_is_sure():
    wide = toys.GaussianMixture([[-1.0, 0], [1.0, 0]], [1.0, 1.0])
    model = exact_diffusion(wide, conditional=True)
    sure = []
    for w in (0.0, 1.0, 3.0):
        minigen.seed(0)
        sure.append(wide.responsibilities(model.sample(1000, labels=1, guidance=w, steps=30))[:, 1].mean())
    assert 0.75 < sure[0] < sure[1] - 0.05 and sure[1] < sure[2] - 0.01 < 0.99


def test_all_steps_and_eta_are_as_documented():
    """steps=None is T steps with eta=1, steps=n is eta=0."""
    model = small_diffusion(models.LinearSchedule(12))

    def drawn(**options):
        minigen.seed(2)
        return model.sample(5, **options)

    np.testing.assert_array_equal(drawn(), drawn(steps=12, eta=1))
    np.testing.assert_array_equal(drawn(steps=12), drawn(steps=None, eta=0.0))
    assert abs(drawn() - drawn(steps=12)).max() > 1e-3


# ---- DDIM


@pytest.mark.parametrize(("schedule", "prediction"), SETTINGS)
def test_ddim_comes_back_to_the_same_point(schedule, prediction):
    model = exact_diffusion(MIXTURE, schedule, prediction)
    z = model.encode(POINTS, steps=200)
    back = abs(model.decode(z, steps=200) - POINTS)
    assert np.median(back) < 1e-6 and back.max() < 3e-3
    assert abs(np.cov(z.T) - np.eye(2)).max() < 0.3  # 200 points of N(0, Id)


def test_ddim_is_a_map_without_chance():
    model = exact_diffusion(MIXTURE)
    z = RNG.normal(size=(5, 2))
    np.testing.assert_array_equal(model.decode(z), model.decode(z))
    near = model.decode(z + 1e-6)
    assert 0 < abs(near - model.decode(z)).max() < 1e-4


def test_ddim_of_a_gaussian_is_the_line_between_the_quantiles():
    """Of N(m, c²) the flow takes z to m + c z: each deviation from the mean grows from 1 to c."""
    one = toys.GaussianMixture([[2.0]], [0.25])
    model = exact_diffusion(one, "straight")
    z = np.array([[-2.0], [-0.5], [0.0], [1.0]])
    np.testing.assert_allclose(model.decode(z, steps=500), 2 + 0.5 * z, atol=0.003)
    np.testing.assert_allclose(model.encode(2 + 0.5 * z, steps=500), z, atol=0.006)


def test_codes_of_one_cluster():
    model = exact_diffusion(MIXTURE, conditional=True)
    x = MIXTURE.cluster(2).draw(50, RNG)[0]
    back = model.decode(model.encode(x, labels=2, steps=100), labels=2, steps=100)
    np.testing.assert_allclose(back, x, atol=1e-4)


def test_euler_is_ddim_on_straight_paths():
    """The whole path: x ← x + dt v(x, t), written here, from the same noise."""
    model = exact_diffusion(MIXTURE, models.StraightSchedule(100))
    z = RNG.normal(size=(20, 2))
    x = z
    for t in range(100, 0, -5):
        v = model.ema_network([x, np.full((20, 1), t / 100)]).numpy()
        x = x - 0.05 * v
    np.testing.assert_allclose(model.decode(z, steps=20), x, atol=1e-12)


# ---- films


def test_a_film_begins_in_noise_and_ends_in_the_sample():
    model = small_pictures()
    minigen.seed(1)
    frames = list(model.film(3, steps=10))
    minigen.seed(1)
    sample = model.sample(3, steps=10)
    assert [t for t, _ in frames] == list(range(1000, -1, -100))
    np.testing.assert_array_equal(frames[-1][1], sample)
    assert all(x.shape == (3, 3, 2, 1) and x.min() >= 0 and x.max() <= 1 for _, x in frames)
    assert ((frames[0][1] == 0) | (frames[0][1] == 1)).mean() > 0.2  # noise beyond the range is clipped


def test_a_film_checks_its_arguments_at_once():
    with refused(ValueError, where="Diffusion.film: steps"):
        small_diffusion().film(3, steps=0)


# ---- missing parts


def test_known_pixels_are_kept():
    model = small_pictures()
    x = RNG.random((4, 3, 2, 1)).astype("float32")
    known = np.array([True, False, True, False, False, False]).reshape(3, 2, 1)
    drawn = model.inpaint(x, known, steps=10)
    np.testing.assert_allclose(drawn[:, known], x[:, known], atol=1e-6)
    assert abs(drawn - x)[:, ~known].max() > 0.01 and drawn.shape == x.shape


def test_missing_coordinates_fit_the_known_ones():
    """Of two clusters on the diagonal, the known coordinate says which."""
    pair = toys.GaussianMixture([[-2.0, -2], [2, 2]], [0.1, 0.1])
    model = exact_diffusion(pair)
    x = np.repeat([[-2.0, 0], [2.0, 0]], 50, axis=0)
    minigen.seed(0)
    drawn = model.inpaint(x, np.array([True, False]), steps=200, eta=1.0)
    assert (np.sign(drawn[:, 1]) == np.sign(x[:, 0])).mean() > 0.95


# ---- the averaged weights


def test_samples_are_drawn_with_the_averages():
    model = small_diffusion()
    minigen.seed(0)
    before = model.sample(4, steps=5)
    for w in model.network.weights():
        w.assign(w.numpy() + 1)
    minigen.seed(0)
    np.testing.assert_array_equal(model.sample(4, steps=5), before)
    for w in model.ema_network.weights():
        w.assign(w.numpy() + 1)
    minigen.seed(0)
    assert abs(model.sample(4, steps=5) - before).max() > 1e-3


def test_drawing_on_each_backend(xp):
    model = small_pictures(classes=3)
    x = RNG.random((4, 3, 2, 1)).astype("float32")
    for drawn in (
        model.sample(4, labels=[0, 1, 2, 0], guidance=1.0, steps=4, eta=0.5),
        model.inpaint(x, np.zeros((3, 2, 1), bool), steps=3),
        model.decode(model.encode(x, labels=1, steps=3), labels=1, steps=3),
    ):
        assert type(drawn) is np.ndarray and drawn.shape == x.shape and np.isfinite(drawn).all()


# ---- bad input


@pytest.mark.parametrize("n", NO_SIZES)
def test_no_number_of_samples(n):
    with refused(ValueError, where="Diffusion.sample: n", expected="a positive integer"):
        small_diffusion().sample(n)


@pytest.mark.parametrize("steps", [0, -1, 2.5, 1001])
def test_steps_outside_of_the_schedule(steps):
    with refused(ValueError, where="Diffusion.sample: steps", got=str(steps)):
        small_diffusion().sample(2, steps=steps)
    with refused(ValueError, where="Diffusion.encode: steps"):
        small_diffusion().encode(POINTS, steps=steps)


def test_more_steps_than_there_are():
    with refused(ValueError, expected="at most the 12 steps", got="13", fix="steps=None for all"):
        small_diffusion(models.LinearSchedule(12)).sample(2, steps=13)
    with refused(ValueError, where="Diffusion.encode: steps", got="50", fix="steps=12"):
        small_diffusion(models.LinearSchedule(12)).encode(POINTS)


@pytest.mark.parametrize("eta", [-0.1, 1.1, "no", float("nan")])
def test_an_eta_outside_of_its_range(eta):
    with refused(ValueError, where="Diffusion.sample: eta", expected="from 0 to 1"):
        small_diffusion().sample(2, eta=eta)


def test_guidance_without_labels():
    with refused(ValueError, where="guidance without labels", got="none", fix="sample(..., labels=7, guidance=1.0)"):
        small_diffusion(classes=3).sample(2, guidance=1.0)
    with refused(ValueError, where="Diffusion.inpaint: guidance", fix="inpaint(..., labels=7"):
        small_diffusion().inpaint(POINTS, np.array([True, False]), guidance=2.0)
    for guidance in (-1, "no", float("inf")):
        with refused(ValueError, where="Diffusion.sample: guidance", expected="0 or more"):
            small_diffusion(classes=3).sample(2, labels=1, guidance=guidance)


def test_labels_that_do_not_fit():
    model = small_diffusion(classes=3)
    for labels in (3, -1, [0, 3]):
        with refused(ValueError, where="label out of range", expected="0..2", fix="labels from 0 to 2"):
            model.sample(2, labels=labels)
    with refused(ValueError, where="wrong shape of the labels"):
        model.sample(2, labels=[0, 1, 2])
    with refused(TypeError, where="labels are not integers"):
        model.sample(2, labels=0.5)


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("sample", {"n": 2}),
        ("film", {"n": 2}),
        ("inpaint", {"x": POINTS, "known": np.array([True, False])}),
        ("encode", {"x": POINTS}),
        ("decode", {"z": POINTS}),
        ("bound", {"x": POINTS, "levels": None}),
    ],
)
def test_labels_of_a_model_that_takes_none(method, given):
    model, fix = small_diffusion(), "models.unet(classes=10)"
    with refused(TypeError, where=f"Diffusion.{method}: labels", expected="none", got="int, 3", fix=fix):
        getattr(model, method)(**given, labels=3)


def test_codes_and_masks_of_another_shape():
    model = small_diffusion()
    for z in (np.zeros((3, 3)), np.zeros(2), np.zeros((0, 2)), np.full((1, 2), np.nan)):
        with refused(ValueError, where="Diffusion.decode: noise"):
            model.decode(z)
    with refused(ValueError, expected="(n, 2)"):
        model.encode(np.zeros((3, 5), "float32"))
    for known in (np.array([1, 0]), np.ones(3, bool)):
        with refused(ValueError, where="Diffusion.inpaint: known", expected="booleans of shape (2,)"):
            model.inpaint(POINTS, known)


def test_guidance_that_overflows():
    for guidance in (1000.5, 1e38, 1e300):
        with refused(ValueError, where="Diffusion.sample: guidance", expected="1000 at most"):
            small_diffusion(classes=3).sample(2, labels=1, guidance=guidance)


def test_guidance_keeps_the_dtype():
    """A NumPy float64 would make all of it float64."""
    model = small_diffusion(models.CosineSchedule(8), classes=3)
    assert model.sample(2, labels=1, guidance=np.float64(1.0), steps=2).dtype == np.float32
