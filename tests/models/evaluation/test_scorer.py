"""The scorer: a classifier as judge, its kept weights, and the distances that it measures."""

import numpy as np
import pytest
from helpers.digit_models import X
from helpers.html_cells import cells
from helpers.notebook import in_a_notebook
from helpers.refusals import refused

import minigen
from minigen import Dense, Flatten, Input, Sequential, metrics, models, plot
from minigen.datasets import mnist


@pytest.fixture(scope="module")
def scorer(digits, scorer_weights):
    """Trained on 1,000 digits."""
    return models.trained_scorer(digits[0][:1000], digits[1][:1000], cache=scorer_weights.parent)


def test_it_knows_digits(scorer, digits):
    _, _, x, y = digits
    assert metrics.accuracy(y, scorer.probabilities(x)) > 0.9
    assert scorer.agreement(x, y) == (scorer.labels(x) == y).mean()
    assert scorer.confidence(x) > 0.85 > scorer.confidence(np.full((5, 784), 0.5, "float32"))
    np.testing.assert_allclose(scorer.shares(x), np.bincount(scorer.labels(x), minlength=10) / len(x))
    assert scorer.count(x) > 9.5 and scorer.count(x[y == 1]) < 2


def test_flat_and_square_images_are_the_same(scorer, digits):
    x = digits[2][:20]
    np.testing.assert_array_equal(scorer.features(x), scorer.features(x.reshape(-1, 28, 28, 1)))


def test_features_are_what_the_last_layer_decides_on(scorer, digits):
    x = digits[2][:20]
    kernel, bias = scorer.classifier.get_weights()[-2:]
    logits = scorer.features(x) @ kernel + bias
    assert scorer.features(x).shape == (20, 128)
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(p / p.sum(axis=1, keepdims=True), scorer.probabilities(x), atol=1e-5)


def test_distances_are_in_the_right_order(scorer, digits):
    x, _, x_test, _ = digits
    rng = np.random.default_rng(0)
    real = scorer.distance(x[:1000], x_test)
    pca = models.PCA(x, 20)
    blurred = scorer.distance(pca.decode(pca.encode(x_test)).clip(0, 1).astype("float32"), x_test)
    noise = scorer.distance(rng.permutation(x_test.ravel()).reshape(x_test.shape), x_test)
    mean = scorer.distance(np.repeat(x.mean(axis=0, keepdims=True), 500, axis=0), x_test)
    assert 0 < real < blurred < min(mean, noise), (real, blurred, mean, noise)
    assert scorer.distance(x_test, x_test) == pytest.approx(0, abs=1e-4)


def test_weights_are_kept_and_belong_to_their_data(digits, tmp_path, monkeypatch):
    x, y, _, _ = digits
    minigen.seed(9)
    first = models.trained_scorer(x[:50], y[:50], cache=tmp_path)
    after_training = minigen.backend.normal((3,))
    fits = []
    monkeypatch.setattr(minigen.Model, "fit", lambda *args, **kwargs: fits.append(args))
    minigen.seed(9)
    again = models.trained_scorer(x[:50], y[:50].astype("int64"), cache=tmp_path)
    np.testing.assert_array_equal(minigen.backend.normal((3,)), after_training)  # nothing drawn either way
    assert fits == [] and len(list(tmp_path.iterdir())) == 1
    for a, b in zip(first.classifier.get_weights(), again.classifier.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    models.trained_scorer(x[:50], (y[:50] + 1) % 10, cache=tmp_path)
    assert fits != [] and len(list(tmp_path.iterdir())) == 2


def test_bad_images_are_refused(scorer, digits):
    x, y, _, _ = digits
    with refused(ValueError, where="Scorer: images", got="(3, 5)"):
        scorer.labels(np.zeros((3, 5), "float32"))
    with refused(ValueError, where="Scorer: no data"):
        scorer.labels(np.zeros((0, 784), "float32"))
    with refused(ValueError, where="Scorer: data outside the range", fix="(x + 1) / 2"):
        scorer.labels(x[:3] * 2 - 1)
    with refused(TypeError, where="Scorer: integer data"):
        scorer.labels((x[:3] * 255).astype("uint8"))
    with refused(ValueError, where="Scorer.agreement: label out of range"):
        scorer.agreement(x[:2], np.array([3, 10]))
    with refused(ValueError, where="trained_scorer"):
        models.trained_scorer(x[:5], y[:4])


def refuse(path, *arguments):
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize("place", ["a file", "below a file", "no permission", "no home"])
def test_a_folder_that_cannot_be_written_costs_the_weights_only(place, digits, tmp_path, monkeypatch, capsys):
    """The scorer is trained, and one line says that its weights are not kept."""
    x, y, _, _ = digits
    (tmp_path / "file").touch()
    options = {"cache": {"a file": tmp_path / "file", "below a file": tmp_path / "file" / "mnist"}.get(place, tmp_path)}
    if place == "no permission":
        monkeypatch.setattr(minigen.storage.files.os, "open", refuse)
    if place == "no home":
        monkeypatch.setenv("MINIGEN_CACHE", str(tmp_path / "file"))
        options = {}
    scorer = models.trained_scorer(x[:20], y[:20], **options)
    assert scorer.labels(x[:3]).shape == (3,)
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.startswith("minigen: the weights of the scorer are not kept: ")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_home_that_cannot_be_written_stops_nothing(digits, tmp_path, monkeypatch, capsys):
    """As on a shared server: the sample is read, the scorer is trained, and a figure is drawn."""
    (tmp_path / "home").write_text("a file")
    for name in ("MINIGEN_CACHE", "MINIGEN_DATA", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "USERPROFILE", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    assert len(mnist.load_data()[0][0]) == 5000
    scorer = models.trained_scorer(digits[0][:20], digits[1][:20])
    assert "MINIGEN_CACHE=FOLDER" in capsys.readouterr().err
    assert (
        plot.save(plot.rows(digits[0][:3]), tmp_path / "rows.png").exists() and len(scorer.labels(digits[0][:3])) == 3
    )


def test_weights_that_are_there_are_read_from_a_folder_that_cannot_be_written(digits, tmp_path, monkeypatch, capsys):
    x, y, _, _ = digits
    first = models.trained_scorer(x[:20], y[:20], cache=tmp_path)
    monkeypatch.setattr(minigen.storage.files.os, "open", refuse)
    monkeypatch.setattr(minigen.Model, "fit", None)
    again = models.trained_scorer(x[:20], y[:20], cache=tmp_path)
    np.testing.assert_equal(again.classifier.get_weights(), first.classifier.get_weights())
    assert capsys.readouterr().err == ""


def test_damaged_weights_are_made_anew(digits, tmp_path):
    x, y, _, _ = digits
    tmp_path = tmp_path / "new" / "folder"
    first = models.trained_scorer(x[:20], y[:20], cache=tmp_path)
    (path,) = tmp_path.iterdir()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    again = models.trained_scorer(x[:20], y[:20], cache=tmp_path)
    np.testing.assert_equal(again.classifier.get_weights(), first.classifier.get_weights())


def digits_without_softmax():
    return Sequential([Input(shape=(28, 28, 1)), Flatten(), Dense(10)])


@pytest.mark.parametrize(
    ("problem", "call", "error"),
    [
        ("the outputs", lambda: models.Scorer(digits_without_softmax()).confidence(X), ValueError),
    ],
)
def test_outputs_that_are_no_probabilities_are_refused(problem, call, error):
    with refused(error, problem):
        call()


ADVICE = {
    "one-hot rows for a scorer": (
        lambda: models.Scorer(models.digit_classifier()).agreement(np.zeros((3, 784), "float32"), np.eye(10)[:3]),
        "y.argmax(axis=-1)",
    ),
}


@pytest.mark.parametrize("mistake", ADVICE)
def test_one_hot_rows_are_answered_with_the_labels(mistake):
    call, fix = ADVICE[mistake]
    with refused((ValueError, TypeError, FloatingPointError), fix=fix):
        call()


def test_a_scorer_as_text_and_in_a_notebook():
    scorer = models.Scorer(models.digit_classifier())
    assert repr(scorer).startswith("<Scorer of 28 x 28 digits: 128 features, 10 classes, ")
    assert str(scorer) == f"{scorer!r}\n{scorer.classifier}"
    html = cells(scorer._repr_html_())
    assert html.outside[0] == repr(scorer)[1:-1] and html.rows == cells(scorer.classifier._repr_html_()).rows


def test_its_bar_is_that_of_the_predictions(monkeypatch, capsys):
    in_a_notebook(monkeypatch)
    images = X[:3]
    models.Scorer(models.digit_classifier()).distance(images, images)
    assert capsys.readouterr().out == ""
    models.Scorer(models.digit_classifier(), verbose=1).distance(images, images)
    assert "predict" in capsys.readouterr().out
    with refused(ValueError, where="Scorer: verbose"):
        models.Scorer(models.digit_classifier(), verbose="x")
