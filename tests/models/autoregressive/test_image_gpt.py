"""ImageGPT: what its positions read, drawing with the cache, and what it refuses. (Exactness: test_base.py.)"""

import numpy as np
import pytest
from helpers.autoregressive import awake
from helpers.refusals import refused

import minigen
from minigen import AdamW
from minigen.datasets import binarize
from minigen.kernels import blocks
from minigen.models import Autoregressive, ImageGPT
from minigen.models.autoregressive.transformer import Transformer
from minigen.optimizers import CosineDecay


def small(shape=(3, 4)):
    return awake(ImageGPT(shape, blocks=2, heads=2, width=8))


def black_and_white(n, shape=(3, 4, 1), seed=0):
    return binarize(np.random.default_rng(seed).random((n, *shape)), "sample")


def test_a_position_reads_the_pixel_before_it():
    """Black, white or the beginning: rows of the table, as an Embedding of the tokens 0, 1 and 2 gives them."""
    net, x = small().logits, black_and_white(2).reshape(2, 12)
    tokens = np.concatenate([np.full((2, 1), 2), x[:, :-1]], axis=1).astype(int)
    table = net.embeddings.numpy()
    with minigen.no_grad():
        for begin, end in ((0, 12), (0, 1), (0, 5), (3, 7), (11, 12)):
            found = net.read_by(minigen.Tensor(x), begin, end).numpy()
            np.testing.assert_allclose(found, table[tokens[:, begin:end]], rtol=1e-6)


def test_all_products_of_matrices_are_computed_in_blocks(monkeypatch):
    """Also that of the last layer, which stands behind the attentions."""
    model, x, calls = small(), black_and_white(2), []
    model.compile("sgd")
    monkeypatch.setattr(blocks, "undisturbed", lambda work, *arrays: calls.append(work) or work(*arrays))
    model.train_on_batch(x, x)
    assert not calls


def test_drawing_with_the_cache_is_drawing_without():
    """Pixel by pixel, and where a part is known and read at once."""
    model, plain = small(), small()
    plain.predictor = lambda x: Autoregressive.predictor(plain, x)
    x = black_and_white(6)
    for known in (
        np.zeros((3, 4, 1), bool),
        np.arange(12).reshape(3, 4, 1) < 5,
        np.arange(12).reshape(3, 4, 1) % 3 == 0,
    ):
        drawn = []
        for m in (model, plain):
            minigen.seed(0)
            drawn.append(m.inpaint(x, known))
        np.testing.assert_array_equal(drawn[0], drawn[1])
        assert (drawn[0][:, known] == x[:, known]).all() and (drawn[0] != x).any()


def test_the_probabilities_of_a_drawing_are_those_of_a_pass():
    model, x = small(), black_and_white(5)
    whole = model.predict(x).reshape(5, 12)
    with minigen.no_grad():
        predict = model.predictor(x)
        parts = np.stack([predict(i) for i in (0, 1, 4, 5, 11)], axis=1)
    np.testing.assert_allclose(parts, whole[:, [0, 1, 4, 5, 11]], rtol=1e-4, atol=1e-6)


def test_each_pixel_of_a_drawing_takes_one_position(monkeypatch):
    model, read = small(), []
    original = Transformer.read

    def spy(self, x, cache):
        read.append((x.shape[1], cache.length))
        return original(self, x, cache)

    monkeypatch.setattr(Transformer, "read", spy)
    model.sample(3)
    assert read == [(1, n) for n in range(12)]
    read.clear()
    model.inpaint(black_and_white(3), np.arange(12).reshape(3, 4, 1) < 8)
    assert read == [(9, 0), (1, 9), (1, 10), (1, 11)]


def test_it_learns_a_rule_over_a_distance():
    """The last row repeats the first: of 9 pixels 6 are coins, 6 log 2 = 4.16 nats, and 3 follow from them."""
    minigen.seed(0)
    x = black_and_white(512, (3, 3, 1))
    x[:, 2] = x[:, 0]
    model = ImageGPT((3, 3), blocks=1, heads=2, width=32)
    model.compile(AdamW(CosineDecay(0.0, 112, warmup_target=1e-2, warmup_steps=16), beta_2=0.99))
    model.fit(x, x, batch_size=64, epochs=16, verbose=0)
    assert model.nll(x).mean() == pytest.approx(6 * np.log(2), abs=0.05)
    drawn = model.sample(200)
    assert (drawn[:, 2] == drawn[:, 0]).mean() > 0.98


def test_it_is_saved_and_loaded(tmp_path):
    model, x = ImageGPT((3, 4), blocks=1, heads=1, width=4), black_and_white(4)
    model.save(tmp_path / "m.minigen")
    np.testing.assert_array_equal(minigen.load_model(tmp_path / "m.minigen").nll(x), model.nll(x))


def test_bad_sizes_are_refused():
    for shape in ((4, 3, 3), (12,), 12, (4, 0), None):
        with refused(ValueError, "ImageGPT: image_shape", fix="ImageGPT((28, 28)"):
            ImageGPT(shape)
    with refused(ValueError, "ImageGPT: pixels", got="1"):
        ImageGPT((1, 1))
    for name in ("blocks", "heads", "width"):
        with refused(ValueError, f"ImageGPT: {name}"):
            ImageGPT((2, 2), **{name: 0})
    with refused(ValueError, "ImageGPT: heads", fix="heads=2"):
        ImageGPT((2, 2), heads=3, width=8)
    with refused(ValueError, "not black and white"):
        small().nll(np.full((1, 3, 4, 1), 0.5))
