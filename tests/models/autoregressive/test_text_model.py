"""What models of text share: the sum of nll(), the loop of sample(), and the draws from logits."""

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import Tensor, models
from minigen.models.autoregressive.text_model import TextModel, relative_probabilities

P = np.array([[0.1, 0.9, 0.0], [0.3, 0.2, 0.5], [0.6, 0.3, 0.1]])  # p(next | last) of a chain on "abc"


class Chain(TextModel):
    """A Markov chain as the smallest model of text: it has no weights but its vocabulary."""

    def __init__(self):
        super().__init__("abc")
        self.keep_characters()

    def log_p(self, codes):
        log_p = np.log(np.maximum(P[codes[:-1], codes[1:]], 1e-30))
        yield from (log_p[i : i + 3] for i in range(0, len(log_p), 3))

    def pieces(self, predicted):
        return -(-predicted // 3)

    def initial_state(self, batch):
        return 0

    def next_logits(self, codes, state):
        return Tensor(np.log(np.maximum(P[codes[-1]], 1e-30))), state + len(codes)


@pytest.mark.parametrize("prefix", ["", "a", "ab", "abca", "bcabcab"])
def test_nll_is_the_mean_over_the_characters_after_the_prefix(prefix):
    words = "abcabbcaab"
    last = (prefix + words)[len(prefix or "a") - 1 :]
    want = -np.mean([np.log(P["abc".index(a), "abc".index(b)]) for a, b in zip(last[:-1], last[1:], strict=True)])
    assert Chain().nll(words, prefix) == pytest.approx(want, rel=1e-12)


def test_a_sample_has_the_probabilities_of_the_model():
    minigen.seed(0)
    drawn = Chain().sample(6000, "a")
    pairs = [drawn[i : i + 2] for i in range(len(drawn) - 1)]
    for i, a in enumerate("abc"):
        of_a = [pair for pair in pairs if pair[0] == a]
        for j, b in enumerate("abc"):
            assert of_a.count(a + b) / len(of_a) == pytest.approx(P[i, j], abs=0.03)


def test_the_weights_of_a_draw():
    a = np.log([1.0, 4.0, 2.0, 4.0])
    np.testing.assert_allclose(relative_probabilities(a, 1.0), [0.25, 1, 0.5, 1])
    np.testing.assert_allclose(relative_probabilities(a, 0.5), [1 / 16, 1, 1 / 4, 1])
    np.testing.assert_allclose(relative_probabilities(a, 1.0, top_k=3), [0, 1, 0.5, 1])
    np.testing.assert_allclose(relative_probabilities(a, 1.0, top_k=1), [0, 1, 0, 0])  # of equal ones the first
    np.testing.assert_allclose(relative_probabilities(a, 1e-300), [0, 1, 0, 1])


def test_what_a_subclass_has_to_write_is_said():
    class Nothing(TextModel):
        """Defines none of the methods."""

    for call in (lambda m: m.nll("ab"), lambda m: m.sample(3), lambda m: m.log_p(np.zeros(3, int))):
        with refused(NotImplementedError, "Nothing"):
            call(Nothing("ab"))
    for name, arguments in (("initial_state", (1,)), ("next_logits", (np.zeros(1, int), None)), ("pieces", (3,))):
        with refused(NotImplementedError, name):
            getattr(Nothing("ab"), name)(*arguments)


def test_the_vocabulary_is_part_of_the_weights():
    model = Chain()
    assert list(model.named_weights()) == ["characters"] and not model.parameters()
    np.testing.assert_array_equal(model.characters.numpy(), [97, 98, 99])
    with refused(ValueError, "'abd'"):
        model.set_weights([np.array([97.0, 98.0, 100.0])])
    assert issubclass(models.CharRNN, TextModel)
