"""The recipe of GPT: a known source, a repeated string, text, and what the heads look at."""

import math
import zlib

import pytest
from helpers.recipe_runs import figures, floats, history, texts, values

from minigen.datasets import text


def test_gpt_is_compared_with_what_is_known(cook):
    run = cook("gpt")
    source = text.MarkovSource("abcd", order=3, seed=0)
    assert values(run, "entropy rate of a source of order 3, exact")[0] == pytest.approx(
        source.entropy_rate(), abs=1e-4
    )
    own = values(run, "a new text of the source, scored by the source itself")[0]
    assert own == pytest.approx(source.nll(source.sample(2_000, seed=2)), abs=1e-4)
    assert 0 < values(run, "the same text, scored by GPT, above that")[0] < 100 * (1.45 / own - 1)
    for blocks in ("1 block", "2 blocks"):
        assert 0 < values(run, f"a repeated string, {blocks}: nats per known character")[0] < math.log(8) + 0.1
    words = text.documentation()[:20_000]
    learnt, held_out = text.split(words)
    sizes = texts(run)["characters of documentation, to learn and to score"]
    assert floats(sizes)[:2] == [len(learnt), len(held_out)] and f"{zlib.crc32(words.encode()):08x}" in sizes
    nats = values(run, "GPT, nats per character")[0]
    assert nats == pytest.approx(history(run)["val_loss"][-1], abs=1e-3) and nats < math.log(len(set(words)))
    written = [value for name, value in texts(run).items() if "temperature" in name]
    assert len(written) == 4 and len({line.partition(" | ")[0] for line in written}) == 1
    assert figures(run) == ["repetition", "losses", "attention"] and (run.folder / "model.minigen").exists()
