"""Section 9.3: text, character by character."""

from __future__ import annotations

import math
import zlib
from typing import Any

from ... import plot
from ...datasets import text
from ...datasets.text import check_text
from ...layers import GRU, Dense, Embedding, Input
from ...model import Sequential
from ...models.autoregressive.char_rnn import CharRNN
from ...models.autoregressive.kgram import KGram
from ...models.autoregressive.text_model import TextModel
from ...optimizers import Adam, LinearDecay
from ..recipe import recipe
from ..run import Run

DEFAULTS: dict[str, Any] = {"batch_size": 16, "optimizer": None, "text": "documentation", "data": None}
WINDOW = 64


@recipe("char-rnn", "9.3", "A net that writes", epochs=(30, 2), **DEFAULTS)
def char_rnn(run: Run) -> None:
    """Text is a sequence of characters, and the label of each is the next one. First a source whose entropy is known
    exactly: each character depends on the three before it. A network with a window of one or two characters cannot get
    below the conditional entropy given this window; with three or more it approaches the entropy rate, the lower bound
    of every model. Then natural text, the documentation in minigen's source (or any file: --text FILE), where the
    network is compared with the best k-gram.
    """
    train, held_out = natural_text(run, least=run.batch_size * WINDOW + 1)
    words = train + held_out
    _known_source(run)
    best, nats = best_k_gram(run, train, held_out)
    model = CharRNN(words, "lstm", units=192, dropout=0.4)
    steps = run.epochs * (len(train) // (run.batch_size * WINDOW))
    model.compile(Adam(LinearDecay(5e-3, max(1, steps)), global_clipnorm=1.0))
    history = run.fit(model, train, window=WINDOW, validation_text=held_out).history
    run.number("LSTM of 192, nats per character", f"{history['val_loss'][-1]:.3f}")
    bounds = {f"{best}-gram": nats}
    caption = "The network on training text and on held-out text, and the best k-gram."
    run.curves("losses", history, ("loss", "val_loss"), caption, lines=bounds, y="nats per character")
    write_on(run, model, held_out)
    run.save(model)


def natural_text(run: Run, least: int) -> tuple[str, str]:
    """The text of the run, (to learn, held out); ValueError if there are less than `least` characters to learn."""
    words = text.documentation() if run.settings.text is None else text.read(run.settings.text)
    train, held_out = text.split(words[:20_000] if run.settings.quick else words)
    check_text(train, f"minigen train {run.recipe.name}: {run.text}, nine tenths of it", least=least)
    return train, held_out


def best_k_gram(run: Run, train: str, held_out: str) -> tuple[int, float]:
    """(k, nats per character of the held-out text) of the best k-gram, reported with the sizes of the text."""
    words = train + held_out
    vocabulary, checksum = text.Vocabulary(words), zlib.crc32(words.encode())
    sizes = f"{len(train):,}, {len(held_out):,}, CRC-32 {checksum:08x}"
    run.number(f"characters of {run.text}, to learn and to score", sizes)
    grams = {k: KGram(train, k, vocabulary).nll(held_out) for k in range(9)}
    best = min(grams, key=grams.__getitem__)
    run.number("best k-gram, nats per character", f"k = {best}: {grams[best]:.3f}")
    return best, grams[best]


def write_on(run: Run, model: TextModel, held_out: str) -> None:
    """Report how the model continues the beginning of the held-out text, at four temperatures."""
    prompt = held_out[held_out.find(" ") + 1 :][:40]  # begins with a whole word
    for temperature in (0.2, 0.5, 1.0, 1.2):
        written = f"{prompt} | {model.sample(160, prompt, temperature)}"
        run.number(f"a prompt | what is written at temperature {temperature}", " ".join(written.split()))


def _known_source(run: Run) -> None:
    """Compare networks and k-grams with a window of k characters on a Markov source of order 3."""
    source = text.MarkovSource("abcd", order=3, seed=run.settings.seed)
    epochs = max(2, run.epochs // 5)
    n = 2_000 if run.settings.quick else 20_000
    train, new = source.sample(n * epochs, seed=1), source.sample(n, seed=2)
    vocabulary, lengths = text.Vocabulary(source.characters), [1, 2, 3, 4, 6]
    lines: dict[str, list[float]] = {"floor, exact": [], "GRU of 64": [], "k-gram": []}
    for k in lengths:
        (x, y), (x_new, y_new) = (text.windows(vocabulary.encode(words), k) for words in (train, new))
        model = Sequential([Input((k,), dtype="int64"), Embedding(4, 8), GRU(64), Dense(4, activation="softmax")])
        model.compile(Adam(LinearDecay(1e-2, epochs * math.ceil(len(x) / 100))), "sparse_categorical_crossentropy")
        run.fit(model, x, y, name=f"source-{k}", batch_size=100, epochs=epochs, verbose=0)
        lines["floor, exact"].append(source.conditional_entropy(k))
        lines["GRU of 64"].append(model.evaluate(x_new, y_new, batch_size=1000))
        lines["k-gram"].append(KGram(train, k).nll(new))
    rows = [[str(k), *(f"{v:.4f}" for v in values)] for k, *values in zip(lengths, *lines.values(), strict=True)]
    caption = f"nats per character; a source of 4 characters and order 3, {len(train):,} to learn from, {n:,} to score"
    run.table(caption, ["window", *lines], rows)
    rate = source.entropy_rate()
    run.number("entropy rate of the source, exact", f"{rate:.4f}")
    run.number("the net with a window of 6, above it", f"{lines['GRU of 64'][-1] / rate - 1:.2%}")
    figure = plot.functions(lengths, {"A source of order 3": lines}, ("characters in the window", "nats per character"))
    caption = "The conditional entropy of the next character given a window of k, and what the models reach. "
    caption += f"(Their scores are means over {n:,} characters and scatter around the exact values.)"
    run.figure("source", figure, caption)
