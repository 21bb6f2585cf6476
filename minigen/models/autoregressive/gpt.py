"""GPT: a Transformer that predicts the next character from those before it, in a window."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ... import backend, ops
from ...autograd import no_grad
from ...checks.values import positive_integer, switch
from ...datasets.checks import check_text
from ...initializers import RandomNormal
from ...kernels.blocks import throughout
from ...layers import Dense, Embedding
from ...layers.weights import check_room
from ...tensor import Tensor
from ...training import History
from ...types import Array, ArrayLike, Logs
from . import checks
from .text_model import TextModel
from .transformer import STDDEV, Cache, Transformer

POSITIONS = 4096  # in one forward pass of log_p()


class GPT(TextModel):
    """characters → Embedding + position → blocks of attention → the logits of each next character.

    text     its characters are the vocabulary; others raise ValueError
    blocks   how many attentions follow each other
    heads    how many means each attention takes, with weights of its own
    width    the features of a character
    window   the most characters that one pass reads
    tied     True: the kernel of the logits is the table of the embedding, E, so that the logits are h Eᵀ; False: it has
             weights of its own
    dropout  the dropout rate of the embedding, and of what each block adds to it

    A character sees those before it in its window. A text longer than the window is read in windows that overlap by
    half, here and in sample(): where a window is full, the next one begins with the last window // 2 + 1 characters. So
    each prediction, except in the first window, is from window // 2 + 1 characters or more.

    Weights are drawn from N(0, 0.02²), and smaller where a block adds to its input (TransformerBlock). Raises
    ValueError for an empty text, sizes that are not positive integers and heads that do not divide the width. Source:
    Radford et al. 2018 and 2019.
    """

    def __init__(
        self,
        text: str,
        blocks: int = 4,
        heads: int = 4,
        width: int = 128,
        window: int = 128,
        tied: bool = True,
        dropout: float = 0.0,
        name: str | None = None,
    ) -> None:
        super().__init__(text, name)
        fix = "GPT(text, blocks=4, heads=4, width=128, window=128)"
        blocks, heads, width = checks.transformer_sizes("GPT", blocks, heads, width, fix)
        self.window = positive_integer("GPT: window", window, fix)
        self.stride = self.window - self.window // 2  # from the beginning of a window to that of the next
        check_room("GPT", "positions", (self.window, width))
        self.embedding = Embedding(len(self.vocabulary), width, RandomNormal(stddev=STDDEV))
        self.transformer = Transformer(self.window, blocks, heads, width, dropout)
        self.head = None
        if not switch("GPT: tied", tied):
            self.head = Dense(len(self.vocabulary), use_bias=False, kernel_initializer=RandomNormal(stddev=STDDEV))
        self.forward(np.zeros((1, 1), "int64"))  # creates the weights
        self.keep_characters()

    # ---- reading

    def hidden(self, codes: ArrayLike, training: bool = False) -> Tensor:
        """What the blocks make of each character, (batch, steps, width).

        Raises ValueError for more than a window, and for codes of other than two axes.
        """
        checks.check_has_batch(f"{self.label}: codes", codes)
        checks.check_fits_window(f"{self.label}: codes", codes.shape[1], self.window)
        return self.transformer(self.embedding(codes), training=training)

    def logits(self, h: Tensor) -> Tensor:
        """The logits of the characters after those of h, (..., width) -> (..., characters)."""
        with throughout():  # as in the attentions
            return h @ self.embedding.embeddings.transpose() if self.head is None else self.head(h)

    def forward(self, codes: ArrayLike, training: bool = False) -> Tensor:
        """The logits of each next character, (batch, steps, characters)."""
        return self.logits(self.hidden(codes, training))

    def call(self, codes: ArrayLike, training: bool = False) -> Tensor:
        """The probabilities of each next character, (batch, steps, characters)."""
        return ops.softmax(self.forward(codes, training))

    def log_p(self, codes: np.ndarray) -> Iterator[np.ndarray]:
        """log p of each character but the first, in windows that overlap: of all but the first, only the end counts."""
        w, s = self.window, self.stride
        yield self._log_p_at_end(codes[None, : w + 1], w)
        whole, rest, rows = self._windows(len(codes) - 1)
        if whole:
            windows = np.lib.stride_tricks.sliding_window_view(codes, w + 1)[s::s][:whole]  # (whole, w + 1)
            for i in range(0, whole, rows):
                yield self._log_p_at_end(windows[i : i + rows], s)
        if rest:
            yield self._log_p_at_end(codes[None, s * (whole + 1) :], rest)

    def pieces(self, predicted: int) -> int:
        whole, rest, rows = self._windows(predicted)
        return 1 + math.ceil(whole / rows) + bool(rest)

    def _windows(self, predicted: int) -> tuple[int, int, int]:
        """(whole windows after the first, characters predicted in a last shorter one, windows in one pass)."""
        whole, rest = divmod(max(0, predicted - self.window), self.stride)
        return whole, rest, max(1, POSITIONS // self.window)

    def _log_p_at_end(self, windows: np.ndarray, n: int) -> np.ndarray:
        """log p of the last n characters of each window (rows, steps), those of the first row first."""
        y = windows[:, 1:][:, -n:]  # (rows, n)
        h = self.hidden(windows[:, :-1])[:, -n:]
        log_p = ops.log_softmax(self.logits(h)).numpy()  # (rows, n, characters)
        return np.take_along_axis(log_p, y[..., None], axis=-1).reshape(-1)

    def attention_maps(self, text: str) -> np.ndarray:
        """What each character of a text looks at, (blocks, heads, n, n): row i has the weights of 0..i, with sum 1.

        plot.attention(maps, text) draws them. Raises ValueError for characters that are not in the vocabulary and for
        a text longer than the window.
        """
        where = f"{self.label}.attention_maps"
        codes = self.vocabulary.encode(check_text(text, where))
        checks.check_fits_window(f"{where}: text", len(codes), self.window)
        with no_grad():
            maps = self.transformer.attention_maps(self.embedding(codes[None]))
        return np.concatenate([p.numpy() for p in maps])

    # ---- training

    def fit(  # type: ignore[override]
        self,
        text: str,
        batch_size: int = 32,
        epochs: int = 1,
        verbose: int = 1,
        *,
        validation_text: str | None = None,
        **options: Any,
    ) -> History:
        """Learn to predict each character of `text` from those before it in a window; returns a History.

        The text is cut into rows of two windows that overlap by one, and each step reads from `batch_size` rows one
        window, at a place that is drawn anew. An epoch reads about as many characters as the text has. Windows at
        fixed places would show each character with the same past in every epoch, and those at the beginning of a window
        never with a longer one.

        With validation_text, val_loss in nats per character is logged after each epoch. The other options are those of
        any fit(): callbacks, steps_per_epoch, checkpoint, resume. Raises ValueError for characters that are not in the
        vocabulary, and for a text that is not longer than the window; TypeError for options that a text does not have.
        """
        where = f"{self.label}.fit"
        text = checks.text_to_fit(where, text, self.window, options)
        x = rows_of(self.vocabulary.encode(text), self.window)
        options = self.with_held_out(options, validation_text, verbose)
        return super().fit(x, None, batch_size, epochs, verbose, **options)

    def train_step(self, x: Array, y: Array | None = None) -> Logs:  # type: ignore[override]
        """One update on windows x (batch, steps) and the characters after each, y; without y on a part of each row."""
        if y is None:
            start = backend.choice(np.ones(x.shape[1] - self.window))
            x = x[:, start : start + self.window + 1]
            x, y = x[:, :-1], x[:, 1:]
        p = ops.softmax(self.forward(x, training=True))
        loss = self.total_loss(y, p)
        loss.backward()
        self.optimizer.step(self.parameters())
        return {"loss": loss, **self.measure(y, p)}

    # ---- sampling

    def sample(  # type: ignore[override]
        self,
        n: int,
        prompt: str = "",
        temperature: float = 1.0,
        top_k: int | None = None,
        cache: bool = True,
        verbose: int = 0,
    ) -> str:
        """n characters that continue the prompt. Without a prompt the first of them is drawn uniformly.

        temperature  divides the logits: values below 1 favour the probable characters, and near 0 the most probable one
                     is taken
        top_k        draw among the k most probable characters only
        cache        keep the keys and values of what was read, so that a character takes one pass of one position. With
                     False each takes a pass of the whole window, with the same result up to rounding

        Where the window is full, its last half is read again, as the beginning of the next one. verbose=1 shows a
        progress bar. Raises ValueError for characters that are not in the vocabulary, a prompt longer than the window,
        n < 1, temperature <= 0 and a top_k outside of 1..characters, TypeError unless the prompt is a string.
        """
        where = f"{self.label}.sample"
        n, prompt, temperature = checks.sampling_arguments(where, n, prompt, temperature)
        checks.check_fits_window(f"{where}: prompt", len(prompt), self.window)
        top_k = checks.top_k_in_range(where, top_k, len(self.vocabulary))
        state = self.initial_state(1) if switch(f"{where}: cache", cache) else (np.zeros(0, "int64"), None)
        return self.write(n, prompt, temperature, top_k, verbose, state)

    def initial_state(self, batch: int) -> tuple[np.ndarray, Cache | None]:
        """(the characters in the window, none; an empty cache of their keys and values)."""
        return np.zeros(0, "int64"), self.transformer.cache(batch)

    def next_logits(self, codes: np.ndarray, state: Any) -> tuple[Tensor, Any]:
        """The logits of the character after `codes`, and what is in the window then."""
        seen, cache = state
        seen = np.concatenate([seen, codes])
        if len(seen) > self.window:
            seen = codes = seen[-(self.window // 2 + 1) :]
            cache = None if cache is None else self.transformer.cache(1)
        if cache is None:
            h = self.hidden(seen[None])
        else:
            h = self.transformer.read(self.embedding(codes[None]), cache)
        return self.logits(h[:, -1])[0], (seen, cache)


def rows_of(codes: np.ndarray, window: int) -> np.ndarray:
    """Rows of two windows, each beginning a window after the one before: (n, 2 window), a view of the codes (length,).

    Of a text that is shorter there is one row. What is left at the end is in no row.
    """
    return np.lib.stride_tricks.sliding_window_view(codes, min(2 * window, len(codes)))[::window]
