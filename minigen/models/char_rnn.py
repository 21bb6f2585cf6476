"""A recurrent net that writes: the next character from a state that sums up the past (section 9.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import backend, ops
from ..autograd import no_grad
from ..datasets.text import Alphabet, checked
from ..errors import message, named, positive_integer, positive_number
from ..layers import GRU, LSTM, Dense, Dropout, Embedding, SimpleRNN
from ..model import Model
from ..tensor import Tensor

CELLS = {"simple_rnn": SimpleRNN, "gru": GRU, "lstm": LSTM}


class CharRNN(Model):
    """characters → Embedding → recurrent layer → Dense: at each step logits of the next character.

    text      whose characters are the alphabet; others cannot be read
    cell      "simple_rnn", "gru" or "lstm"
    units     the width of the state
    features  the width of the embedding
    dropout   of the state, on its way to Dense

    Back-propagation through time is cut after `window` characters: fit() goes through a text in `batch_size` places at
    once, window after window; each begins with the state at which the window before it ended, but no gradient goes back
    there. So memory grows with the window and not with the text. Raises ValueError for an empty text, another cell, and
    sizes that are not positive integers. Source: Graves 2013; Karpathy, "The unreasonable effectiveness of recurrent
    neural networks", 2015.
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
        super().__init__(name=name)
        self.alphabet = Alphabet(text)
        write = 'CharRNN(text, "lstm", units=128)'
        units = positive_integer("CharRNN: units", units, write)
        features = positive_integer("CharRNN: features", features, write)
        self.embedding = Embedding(len(self.alphabet), features)
        self.recurrent = named("cell", cell, CELLS)(units, return_sequences=True, return_state=True)
        self.dropout = Dropout(dropout)
        self.dense = Dense(len(self.alphabet))
        self.carried: list[Tensor] = []  # the states between two windows, while fit() runs
        self.read(np.zeros((1, 1), "int64"), self.nothing_read(1))  # now the weights are there
        self.built = True
        for path, weight in self.named_weights().items():
            weight.name = path

    # ---- reading

    def nothing_read(self, batch: int) -> list[Any]:
        """The state before the first character, of so many texts."""
        shape = (batch, self.recurrent.units)
        return [Tensor(np.zeros(shape, self.dtype)) for _ in range(self.recurrent.states)]

    def read(self, codes: Any, state: Sequence[Any], training: bool = False) -> tuple[Tensor, list[Tensor]]:
        """(logits of each next character, (batch, steps, characters); the state after the last one)."""
        h, *after = self.recurrent([self.embedding(codes), *state])
        return self.dense(self.dropout(h, training)), after

    def call(self, codes: Any, training: bool = False) -> Tensor:
        """The probabilities of each next character, (batch, steps, characters), of texts from their beginning."""
        return ops.softmax(self.read(codes, self.nothing_read(len(codes)), training)[0])

    def nats(self, text: str, state_of: str = "") -> float:
        """-log p of the text after its first character (after all of `state_of`, if given), per character, in nats."""
        codes = self.alphabet.encode(checked(state_of + text, "CharRNN.nats", least=2))
        first = max(1, len(state_of))
        total, state = 0.0, self.nothing_read(1)
        with no_grad():
            for i in range(0, len(codes) - 1, 1000):
                x, y = codes[None, i : min(i + 1000, len(codes) - 1)], codes[i + 1 : i + 1001]
                logits, state = self.read(x, state)
                p = ops.log_softmax(logits).numpy()[0, np.arange(len(y)), y]
                total -= float(p[max(0, first - 1 - i) :].sum(dtype="float64"))
        return total / (len(codes) - first)

    # ---- learning

    def compile(
        self, optimizer: Any = "adam", loss: Any = "sparse_categorical_crossentropy", metrics: Any = ()
    ) -> None:
        """As for any Model; the loss is -log p of the next character, mean over all steps, unless another is given."""
        super().compile(optimizer, loss, metrics)

    def check_training(self, data: Any, where: str) -> None:
        self._check_compiled(where)
        super().check_training(data, where)

    def fit(  # type: ignore[override]
        self,
        text: str,
        window: int = 40,
        batch_size: int = 32,
        epochs: int = 1,
        verbose: int = 1,
        *,
        validation_text: str = "",
        **options: Any,
    ) -> Any:
        """Learn to predict each character of `text` from those before it; returns a History.

        The text is cut into `batch_size` streams, and each step takes the next `window` characters of all of them; what
        is left over at the end is not used. validation_text logs val_loss, in nats per character, after each epoch. The
        other options are those of any fit(): checkpoint, resume. Raises ValueError for characters that the alphabet
        lacks, and for a text that has less than one window for each stream.
        """
        where = f"{self.label}.fit"
        window = positive_integer(f"{where}: window", window, "window=40")
        batch_size = positive_integer("batch_size", batch_size, "batch_size=128")
        x, y = windows(self.alphabet.encode(text), window, batch_size, where)
        if validation_text:
            checked(validation_text, f"{where}: validation_text", least=2)
            self.alphabet.encode(validation_text)
        self._validation_text = validation_text
        self.carried = self.nothing_read(batch_size)
        try:
            return super().fit(x, y, batch_size, epochs, verbose, shuffle=False, **options)
        finally:
            self.carried = []

    def train_step(self, x: Any, y: Any) -> dict[str, Any]:
        """One window of each stream. The states that it ends with are where the next one begins."""
        carried = self.carried or self.nothing_read(len(x))
        logits, after = self.read(x, carried, training=True)
        loss = self._loss_of(y, ops.softmax(logits))
        loss.backward()
        self.optimizer.step(self.parameters())  # type: ignore[union-attr]
        for state, new in zip(carried, after, strict=True):
            state.assign(new.data)  # data without a graph: here back-propagation through time is cut
        return {"loss": loss, **self.measure(y, logits)}

    def on_epoch_end(self, history: dict[str, list[Any]]) -> dict[str, Any]:
        """The streams begin again, with nothing read; and val_loss."""
        for state in self.carried:
            state.assign(np.zeros_like(state.numpy()))
        return {"val_loss": self.nats(self._validation_text)} if self._validation_text else {}

    # ---- writing

    def sample(self, n: int, prompt: str = "", temperature: float = 1.0) -> str:
        """n characters that go on from the prompt; ValueError for characters that are not known.

        Logits are divided by the temperature: below 1 what is likely becomes likelier, near 0 the likeliest is taken.
        """
        n = positive_integer(f"{self.label}.sample: n", n, 'sample(200, "The ")')
        temperature = positive_number(f"{self.label}.sample: temperature", temperature, "temperature=0.8")
        codes = self.alphabet.encode(prompt) if prompt else np.array([self._anywhere()])
        written, state = [] if prompt else [int(codes[0])], self.nothing_read(1)
        with no_grad():
            while len(written) < n:
                logits, state = self.read(codes[None], state)
                a = logits.numpy()[0, -1].astype("float64") / temperature
                borders = np.cumsum(np.exp(a - a.max()))
                u = float(backend.to_numpy(backend.uniform((), "float64"))) * borders[-1]
                codes = np.array([min(int(np.searchsorted(borders, u, side="right")), len(borders) - 1)])
                written.append(int(codes[0]))
        return self.alphabet.decode(written)

    def _anywhere(self) -> int:
        """Some character to begin with."""
        return int(backend.permutation(len(self.alphabet))[0])


def windows(codes: np.ndarray, window: int, streams: int, where: str) -> tuple[np.ndarray, np.ndarray]:
    """(x, y), (n, window) each: rows 0 to streams - 1 begin the streams, the next rows go on from them, and so on.

    y is x one character later: the trivial label. Raises ValueError for a text that is too short.
    """
    each = (len(codes) - 1) // (streams * window)  # windows of a stream
    if each == 0:
        expected = f"{streams * window + 1:,} characters or more, {streams} windows of {window} and one more"
        write = "a smaller window or batch_size, or more text"
        raise ValueError(message(f"{where}: text", expected=expected, got=f"{len(codes):,}", write=write))
    length = each * window
    x, y = (codes[i : i + streams * length].reshape(streams, each, window) for i in (0, 1))
    return x.swapaxes(0, 1).reshape(-1, window), y.swapaxes(0, 1).reshape(-1, window)
