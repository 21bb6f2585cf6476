"""A recurrent network for text: the next character from a state that summarises the past (section 9.3)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ... import backend, ops, parallel
from ...checks.values import check_name, positive_integer
from ...layers import GRU, LSTM, Dense, Dropout, Embedding, SimpleRNN
from ...layers.weights import check_room
from ...tensor import Tensor
from ...training import History
from ...types import Array, ArrayLike, Logs, TensorLike
from . import checks
from .text_model import TextModel

CELLS = {"simple_rnn": SimpleRNN, "gru": GRU, "lstm": LSTM}
CHUNK = 1000  # characters in one forward pass of log_p()


class CharRNN(TextModel):
    """characters → Embedding → recurrent layer → Dense: at each step the logits of the next character.

    text      its characters are the vocabulary; others raise ValueError
    cell      "simple_rnn", "gru" or "lstm"
    units     the width of the state
    features  the width of the embedding
    dropout   the dropout rate of the state before the Dense layer

    Back-propagation through time is truncated after `window` characters: fit() reads a text in `batch_size` parallel
    streams, window by window. A window starts from the final state of the previous one, but no gradient flows back
    through this state. So memory grows with the window and not with the text.

    Raises ValueError for an empty text, another cell, and sizes that are not positive integers. Source: Graves 2013;
    Karpathy, "The unreasonable effectiveness of recurrent neural networks", 2015.
    """

    def __init__(
        self,
        text: str,
        cell: str = "lstm",
        units: int = 128,
        features: int = 32,
        dropout: float = 0.0,
        name: str | None = None,
    ) -> None:
        super().__init__(text, name)
        fix = 'CharRNN(text, "lstm", units=128)'
        units = positive_integer("CharRNN: units", units, fix)
        features = positive_integer("CharRNN: features", features, fix)
        self.embedding = Embedding(len(self.vocabulary), features)
        check_name("cell", cell, CELLS)
        self.recurrent = CELLS[cell](units, return_sequences=True, return_state=True)
        self.dropout = Dropout(dropout)
        self.dense = Dense(len(self.vocabulary))
        self._states: list[Array] = []  # of the streams of this rank between two windows, while fit() runs
        self._streams = 0
        check_room("CharRNN", "recurrent_kernel", (units, units))  # before the state, which is as wide
        self.forward(np.zeros((1, 1), "int64"), self.initial_state(1))  # creates the weights
        self.keep_characters()

    # ---- reading

    def initial_state(self, batch: int) -> list[Tensor]:
        """The state before the first character: zeros, each (batch, units)."""
        return [Tensor(np.zeros((batch, self.recurrent.units), self.dtype)) for _ in range(self.recurrent.states)]

    def forward(
        self, codes: ArrayLike, state: Sequence[TensorLike], training: bool = False
    ) -> tuple[Tensor, list[Tensor]]:
        """(logits of each next character, (batch, steps, characters); the state after the last one)."""
        h, *after = self.recurrent([self.embedding(codes), *state])  # (batch, steps, units)
        return self.dense(self.dropout(h, training=training)), after

    def call(self, codes: ArrayLike, training: bool = False) -> Tensor:
        """The probabilities of each next character, (batch, steps, characters), from the initial state."""
        return ops.softmax(self.forward(codes, self.initial_state(len(codes)), training)[0])

    def log_p(self, codes: np.ndarray) -> Iterator[np.ndarray]:
        """log p of each character but the first, given all before it: the state goes on from piece to piece."""
        state = self.initial_state(1)
        for i in range(0, len(codes) - 1, CHUNK):
            y = codes[i + 1 : i + 1 + CHUNK]  # (steps,)
            logits, state = self.forward(codes[None, i : i + len(y)], state)  # (1, steps, characters)
            yield ops.log_softmax(logits).numpy()[0, np.arange(len(y)), y]

    def pieces(self, predicted: int) -> int:
        return math.ceil(predicted / CHUNK)

    def next_logits(self, codes: np.ndarray, state: Any) -> tuple[Tensor, Any]:
        """The logits of the character after `codes`, and the state after them."""
        logits, state = self.forward(codes[None], state)
        return logits[0, -1], state

    # ---- training

    def fit(  # type: ignore[override]
        self,
        text: str,
        window: int = 40,
        batch_size: int = 32,
        epochs: int = 1,
        verbose: int = 1,
        *,
        validation_text: str | None = None,
        **options: Any,
    ) -> History:
        """Learn to predict each character of `text` from those before it; returns a History.

        The text is cut into `batch_size` streams of equal length, and each step reads the next `window` characters of
        all streams. The rest at the end is not used. With validation_text, val_loss in nats per character is logged
        after each epoch. The other options are those of any fit(): callbacks, checkpoint, resume.

        Raises ValueError for characters that are not in the vocabulary, and for a text with less than one window in
        each stream; TypeError for targets, and for shuffle, because a stream is read in its order.
        """
        where = f"{self.label}.fit"
        text, window, batch_size = checks.fit_arguments(where, text, window, batch_size, options)
        x, y = streams(self.vocabulary.encode(text), window, batch_size, where)
        options = self.with_held_out(options, validation_text, verbose)
        share = parallel.share_of(batch_size)
        self._streams = batch_size  # of all ranks
        self._states = [state.data for state in self.initial_state(batch_size if share is None else share.computed)]
        try:
            return super().fit(x, y, batch_size, epochs, verbose, shuffle=False, **options)
        finally:
            self._states, self._streams = [], 0

    def train_step(self, x: Array, y: Array) -> Logs:  # type: ignore[override]
        """One update on one window of each stream. The next window starts from the states at its end."""
        states = [Tensor(state) for state in self._states] or self.initial_state(len(x))
        logits, after = self.forward(x, states, training=True)
        p = ops.softmax(logits)
        loss = self.total_loss(y, p)
        loss.backward()
        self.optimizer.step(self.parameters())
        if self._states:  # arrays without a graph: back-propagation through time is truncated here
            self._states = [state.data for state in after]
        return {"loss": loss, **self.measure(y, p)}

    def between_epochs(self) -> None:
        """The streams begin again, from states of zeros."""
        self._states = [backend.xp.zeros_like(state) for state in self._states]

    def training_state(self) -> dict[str, Array]:
        """The states of the streams, of all ranks, for a checkpoint: zeros between epochs."""
        return {str(i): parallel.joined(state, self._streams) for i, state in enumerate(self._states)}

    def set_training_state(self, state: dict[str, Array]) -> None:
        """Restore the states of the streams. Zeros, as between epochs, are ignored if the batch size is another one.

        Raises ValueError for other states of another batch size.
        """
        states = [backend.asarray(a) for a in state.values()]
        current = [(self._streams, a.shape[1]) for a in self._states]
        saved = [a.shape for a in states]
        if saved == current == []:  # outside of fit()
            return
        if saved == current:
            share = parallel.share_of(self._streams)
            self._states = states if share is None else [a[share.part] for a in states]
        elif any((a != 0).any() for a in states):
            checks.refuse_other_streams(self.label, expected=current, got=saved)


def streams(codes: np.ndarray, window: int, batch_size: int, where: str) -> tuple[np.ndarray, np.ndarray]:
    """(x, y), (n, window) each: the first batch_size rows start the streams, the next ones continue them, and so on.

    y is x shifted by one character: the targets. Raises ValueError for a text that is too short.
    """
    each = (len(codes) - 1) // (batch_size * window)  # windows in a stream
    checks.check_windows(where, each, len(codes), window, batch_size)
    n = batch_size * each * window
    x, y = (codes[i : i + n].reshape(batch_size, each, window).swapaxes(0, 1).reshape(-1, window) for i in (0, 1))
    return x, y
