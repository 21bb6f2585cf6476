"""Beyond the chapter: GPT, a text of which every character looks back."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import plot
from ...datasets import text
from ...models.autoregressive.gpt import GPT
from ...optimizers import AdamW, CosineDecay
from ..autoregressive.writing import best_k_gram, natural_text, write_on
from ..recipe import BEYOND, recipe
from ..run import Run

DEFAULTS: dict[str, Any] = {"batch_size": 16, "optimizer": None, "text": "documentation", "data": None}
WINDOW = 64
ALPHABET = "abcdefgh"


@recipe("gpt", BEYOND, "GPT: a text that looks back", epochs=(14, 3), **DEFAULTS)
def gpt(run: Run) -> None:
    """A recurrent network has to keep what it has read in a state of fixed size. A Transformer looks back: each
    character takes a mean over those before it, with weights that it computes from what they are and where they stand,
    and this several times in turn (Vaswani et al. 2017, Radford et al. 2018). First a source whose entropy is known
    exactly. Then a string that repeats itself: one attention cannot find the last occurrence of the present character
    and see what came after it, two can, because the first tells each character what is before it. Then natural text,
    the documentation in minigen's source (or another: --text FILE, in UTF-8), beside the best k-gram, and what each
    head looks at.
    """
    train, held_out = natural_text(run, least=WINDOW + 1)
    _known_source(run)
    _repetition(run)
    best, counted = best_k_gram(run, train, held_out)
    heads, width = (2, 32) if run.settings.quick else (4, 128)
    model = GPT(train + held_out, 2, heads, width, WINDOW, tied=False)
    run.number("weights", f"{sum(p.size for p in model.parameters()):,}")
    rows = max(1, len(train) // WINDOW - 1)
    model.compile(_optimizer(3e-3, run.steps(rows, run.batch_size)))
    history = run.fit(model, train, validation_text=held_out).history
    run.number("GPT, nats per character", f"{history['val_loss'][-1]:.3f}")
    caption = "GPT on training text and on held-out text, and the best k-gram."
    bounds = {f"{best}-gram": counted}
    run.curves("losses", history, ("loss", "val_loss"), caption, lines=bounds, y="nats per character")
    shown = held_out[:24]
    caption = "What each character of a held-out text (rows) looks at, in each head of each block."
    run.figure("attention", plot.attention(model.attention_maps(shown), shown), caption)
    write_on(run, model, held_out)
    run.save(model)


def _optimizer(rate: float, steps: int, weight_decay: float = 0.1) -> AdamW:
    """AdamW whose rate rises in the first tenth of the steps and then falls to 0; long gradients are shortened."""
    warm = max(1, steps // 10)
    decay = CosineDecay(0.0, max(1, steps - warm), warmup_target=rate, warmup_steps=warm)
    return AdamW(decay, weight_decay, beta_2=0.99, global_clipnorm=1.0)


def _known_source(run: Run) -> None:
    """Compare a small GPT with the entropy of a Markov source of order 3."""
    source = text.MarkovSource("abcd", order=3, seed=run.settings.seed)
    steps = 30 if run.settings.quick else 2000
    train, new = source.sample(300_000, seed=1), source.sample(2_000 if run.settings.quick else 50_000, seed=2)
    model = GPT(source.characters, blocks=2, heads=4, width=32, window=16, tied=False)
    model.compile(_optimizer(1e-2, steps, weight_decay=0.0))  # there are more characters than it could memorise
    run.fit(model, train, name="source", batch_size=64, epochs=1, verbose=0, steps_per_epoch=steps)
    own = source.nll(new)
    run.number("entropy rate of a source of order 3, exact", f"{source.entropy_rate():.4f}")
    run.number("a new text of the source, scored by the source itself", f"{own:.4f}")
    run.number("the same text, scored by GPT, above that", f"{model.nll(new) / own - 1:.2%}")


def _repetition(run: Run) -> None:
    """A string that repeats itself, with one block and with two: what is left of the nats, and where they look."""
    steps = 20 if run.settings.quick else 400
    new, known = text.repeats(500, 17, len(ALPHABET), seed=run.settings.seed + 1)
    for blocks in (1, 2):
        model = copier(blocks, steps, run.settings.seed)
        name = f"a repeated string, {blocks} block{'s' * (blocks > 1)}: nats per known character"
        run.number(name, f"{nats_of_known(model, new, known):.3f}")
    shown = "cafebcafebcafebc"
    figure = plot.attention(model.attention_maps(shown), shown)
    caption = "Two blocks on a repeated string: the first looks at the character before, the second at the one after "
    caption += "the last occurrence of the present one."
    run.figure("repetition", figure, caption)


def copier(blocks: int, steps: int, seed: int) -> GPT:
    """A GPT after so many steps with 32 new strings each that repeat themselves, text.repeats()."""
    codes, _ = text.repeats(steps * 32, 17, len(ALPHABET), seed)
    model = GPT(ALPHABET, blocks, heads=1, width=32, window=16, tied=False)
    model.compile(_optimizer(3e-3, steps))
    for i in range(0, len(codes), 32):
        model.train_on_batch(codes[i : i + 32, :-1], codes[i : i + 32, 1:])
    return model


def nats_of_known(model: GPT, codes: np.ndarray, known: np.ndarray) -> float:
    """-log p of the characters that are in the first copy already, their mean; codes and known (rows, steps)."""
    p = np.take_along_axis(model.predict(codes[:, :-1]), codes[:, 1:, None], axis=-1)[..., 0]  # (rows, steps - 1)
    return float(-np.log(p)[known[:, 1:]].mean())
