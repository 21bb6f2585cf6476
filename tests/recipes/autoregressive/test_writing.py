"""The recipe of the network that writes: a source whose entropy is known, k-grams, and text."""

import zlib

import pytest
from helpers.recipe_runs import figures, floats, texts, values

from minigen.datasets import text
from minigen.models import KGram


def test_the_source_and_the_k_grams_are_reported_as_they_are_computed_alone(cook):
    run = cook("char-rnn")
    source = text.MarkovSource("abcd", order=3, seed=0)
    assert values(run, "entropy rate of the source, exact")[0] == pytest.approx(source.entropy_rate(), abs=1e-4)
    train, new = source.sample(4_000, seed=1), source.sample(2_000, seed=2)
    for window, floor, network, gram in run.tables[0].rows:
        assert float(floor) == pytest.approx(source.conditional_entropy(int(window)), abs=1e-4)
        assert float(gram) == pytest.approx(KGram(train, int(window)).nll(new), abs=1e-4)
        assert float(floor) - 0.1 < float(network) < 1.39  # that of four equally likely characters

    words = text.documentation()[:20_000]
    learnt, held_out = text.split(words)
    sizes = texts(run)["characters of documentation, to learn and to score"]
    assert floats(sizes)[:2] == [len(learnt), len(held_out)] and f"{zlib.crc32(words.encode()):08x}" in sizes
    best, nats = values(run, "best k-gram, nats per character")
    nll = [KGram(learnt, k, text.Vocabulary(words)).nll(held_out) for k in range(9)]
    assert min(nll) == nll[int(best)] == pytest.approx(nats, abs=1e-3)
    written = [value for name, value in texts(run).items() if "temperature" in name]
    assert len(written) == len(set(written)) == 4 and len({line.partition(" | ")[0] for line in written}) == 1
    assert figures(run) == ["source", "losses"]
