"""The forensic tool: an archive of generators, and detectors trained on few fakes and on many."""

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import Adam, Dense, Input, Model, Sequential, models

RNG = np.random.default_rng(0)
X = RNG.random((64, 6)).astype("float32")


def small_gan():
    generator = Sequential([Input((4,)), Dense(8, "tanh"), Dense(6, "sigmoid")])
    return models.GAN(generator, detector())


def detector():
    return Sequential([Input((6,)), Dense(16, "relu"), Dense(1)])


@pytest.fixture
def trained(tmp_path):
    gan = small_gan()
    gan.monitor = models.Archive(tmp_path / "generators")
    gan.compile(Adam(1e-2), Adam(1e-2))
    gan.fit(X, epochs=3, batch_size=16, verbose=0)
    return gan


def test_an_archive_keeps_the_generator_of_every_epoch(trained):
    archive = trained.monitor
    assert archive.epochs() == [1, 2, 3]
    now = trained.get_weights()
    drawn = []
    for epoch in archive.epochs():
        minigen.seed(1)
        drawn.append(archive.draw(trained, epoch, 5))
    minigen.seed(1)
    np.testing.assert_array_equal(drawn[2], trained.sample(5))
    assert (drawn[0] != drawn[2]).any() and (drawn[1] != drawn[2]).any()
    assert all(np.array_equal(a, b) for a, b in zip(now, trained.get_weights(), strict=True))


def test_a_history_leaves_one_out(trained):
    archive = trained.monitor
    assert archive.draw_all(trained, 5).shape == (15, 6)
    drawn = []
    archive.draw = lambda gan, epoch, n: drawn.append(epoch) or np.zeros((n, 6))
    archive.draw_all(trained, 2, without=2)
    assert drawn == [1, 3]


def test_an_archive_gives_the_generator_back_whatever_happens(trained):
    now = trained.get_weights()
    with refused(ValueError, where="sample: n"):
        trained.monitor.draw(trained, 1, 0)
    assert all(np.array_equal(a, b) for a, b in zip(now, trained.get_weights(), strict=True))


def test_an_archive_knows_its_own_files(trained):
    strange = ("generator-abc.npz", "generator-7.npz", "generator-001-old.npz", "notes.txt", "generator-0004.npz")
    for name in (*strange, "generator-٠٠٥.npz"):  # Arabic digits are digits, too
        (trained.monitor.folder / name).write_text("?")
    assert trained.monitor.epochs() == [1, 2, 3]
    trained.monitor.clear()
    assert len(list(trained.monitor.folder.iterdir())) == 6
    with refused(ValueError, where="Archive.draw_all", got="none"):
        trained.monitor.draw_all(trained, 2)


def test_a_damaged_generator_is_refused_and_the_one_of_now_stays(trained):
    path = trained.monitor.folder / "generator-002.npz"
    path.write_bytes(path.read_bytes()[:-100])
    now = trained.get_weights()
    with refused(ValueError, where="cannot be read"):
        trained.monitor.draw(trained, 2, 3)
    assert all(np.array_equal(a, b) for a, b in zip(now, trained.get_weights(), strict=True))


def test_a_conditional_archive_draws_what_it_is_asked_for(tmp_path):
    z, y, x, t = Input((4,)), Input((3,)), Input((6,)), Input((3,))
    g = Model([z, y], Dense(6, "sigmoid")(minigen.Concatenate()([z, y])))
    gan = models.ConditionalGAN(g, Model([x, t], Dense(1)(minigen.Concatenate()([x, t]))))
    gan.monitor = models.Archive(tmp_path)
    gan.compile()
    gan.fit(X, np.arange(64) % 3, epochs=1, verbose=0)
    assert gan.monitor.draw(gan, 1, 5, 2).shape == (5, 6)


def test_an_archive_outlives_the_program_and_can_be_cleared(trained):
    again = models.Archive(trained.monitor.folder)
    assert again.epochs() == [1, 2, 3]
    again.clear()
    assert again.epochs() == [] and trained.monitor.epochs() == []


def test_a_detector_learns_what_there_is_to_learn():
    """Fakes that differ in one number: sure of them after training; with the roles changed, sure of the opposite."""
    minigen.seed(0)
    fake = X.copy()
    fake[:, 0] += 2
    for real, forged, auc in ((X, fake, 1.0), (fake, X, 0.0)):
        d = detector()
        models.train_discriminator(d, real, forged, steps=100, optimizer=Adam(1e-2))
        assert models.detection_auc(d, X, fake) == pytest.approx(auc, abs=1e-3)
        assert models.detection_auc(d, X, X) == 0.5


def test_each_batch_has_as_many_fakes_as_real_images():
    """Few fakes weigh as much as all real images: with no way to tell, the answer is one half, not their share."""
    minigen.seed(0)
    same = np.ones((500, 6), "float32")
    d = detector()
    models.train_discriminator(d, same, same[:5], steps=200, optimizer=Adam(1e-2))
    assert abs(d.predict(same[:1]).item()) < 0.2


def test_the_last_fakes_are_drawn_as_often_as_the_first(monkeypatch):
    d = detector()
    seen = []
    plain = type(d).call
    monkeypatch.setattr(type(d), "call", lambda self, x, training=False: seen.append(x.numpy()) or plain(self, x))
    models.train_discriminator(d, X, X[:20], steps=1, batch_size=4000)
    rows, counts = np.unique(seen[1], axis=0, return_counts=True)
    assert len(rows) == 20 and counts.min() > 120


def test_bad_input_is_refused(trained):
    with refused(ValueError, where="Archive.draw: epoch", expected="[1, 2, 3]", got="4"):
        trained.monitor.draw(trained, 4, 2)
    for epoch in (1.0, True, "1", np.array([1, 2]), None):
        with refused(ValueError, where="Archive.draw: epoch"):
            trained.monitor.draw(trained, epoch, 2)
    with refused(ValueError, where="train_discriminator: no data"):
        models.train_discriminator(detector(), X[:0], X, steps=1)
    with refused(ValueError, where="train_discriminator: images", got="(64, 5)"):
        models.train_discriminator(detector(), X, X[:, :5], steps=1)
    with refused(ValueError, where="train_discriminator: steps"):
        models.train_discriminator(detector(), X, X, steps=0)
    with refused(ValueError, where="train_discriminator: batch_size"):
        models.train_discriminator(detector(), X, X, steps=1, batch_size=0)
    with refused(ValueError, where="detection_auc: no data"):
        models.detection_auc(detector(), X, X[:0])
    with refused(ValueError, where="NaN"):
        models.train_discriminator(detector(), X, X * np.nan, steps=1)
    ten = Sequential([Input((6,)), Dense(10)])
    for call in (lambda: models.detection_auc(ten, X, X), lambda: models.train_discriminator(ten, X, X, steps=1)):
        with refused(ValueError, where="discriminator", expected="one logit", got="(10,)"):
            call()
    with refused(ValueError, where="probabilities where logits"):
        models.train_discriminator(models.detector(6), X, X, steps=1)
