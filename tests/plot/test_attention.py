"""plot.attention: a square for each head, with the characters along its axes."""

import numpy as np
from helpers.refusals import refused

from minigen import plot


def maps(blocks=2, heads=3, n=4, seed=0):
    a = np.tril(np.random.default_rng(seed).random((blocks, heads, n, n)))
    return a / a.sum(axis=-1, keepdims=True)


def test_each_head_is_a_square_with_its_weights():
    a = maps()
    figure = plot.attention(a, "a b\n", title="what they look at")
    assert len(figure.axes) == 6
    for i, axes in enumerate(figure.axes):
        np.testing.assert_array_equal(axes.images[0].get_array(), a[i // 3, i % 3])
        assert axes.get_title() == f"block {i // 3 + 1}, head {i % 3 + 1}"
        below, beside = (
            [label.get_text() for label in found()] for found in (axes.get_xticklabels, axes.get_yticklabels)
        )
        assert below == (["a", "␣", "b", "⏎"] if i >= 3 else [])  # of the last block
        assert beside == (["a", "␣", "b", "⏎"] if i % 3 == 0 else [])  # of the first head
    assert figure.get_suptitle() == "what they look at"


def test_bytes_that_cannot_be_printed_have_numbers(tmp_path):
    """The font has no glyph for them, and a half of a surrogate pair cannot be drawn at all."""
    figure = plot.attention(maps(1, 1, 4), "\x00\x85\ud800a")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["00", "85", "d800", "a"]
    assert plot.save(figure, tmp_path / "a.png").stat().st_size > 0


def test_a_long_text_has_no_names(tmp_path):
    figure = plot.attention(maps(1, 1, 65), "x" * 65)
    assert not figure.axes[0].get_xticklabels()
    assert plot.save(figure, tmp_path / "a.png").stat().st_size > 0


def test_what_are_no_maps_is_refused():
    with refused(ValueError, "plot.attention: maps", expected="(blocks, heads, 3, 3)", got="(2, 3, 4, 4)"):
        plot.attention(maps(), "abc")
    with refused(ValueError, "plot.attention: maps"):
        plot.attention(maps()[0], "abcd")
    with refused(ValueError, "plot.attention: maps", expected="[0, 1]", got="-1 to 1"):
        plot.attention(np.stack([np.eye(4), -np.eye(4)])[None], "abcd")
    with refused(ValueError, "plot.attention: maps"):
        plot.attention(np.full((1, 1, 2, 2), np.nan), "ab")
    with refused(ValueError, "plot.attention: maps"):
        plot.attention(np.zeros((1, 1, 0, 0)), "")
    with refused(TypeError, "plot.attention: text", got="list"):
        plot.attention(maps(), list("abcd"))
