"""A recurrent net that writes: the next character from a state that sums up the past (section 9.3)."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import backend, ops
from ...autograd import no_grad
from ...checks import positive_integer, positive_number
from ...datasets.text import Vocabulary, check_text
from ...errors import message, unknown_name
from ...layers import GRU, LSTM, Dense, Dropout, Embedding, SimpleRNN
from ...model import Model
from ...tensor import Tensor

CELLS = {"simple_rnn": SimpleRNN, "gru": GRU, "lstm": LSTM}
PIECE = 1000  # characters that nll() reads at once


class CharRNN(Model):
    """characters → Embedding → recurrent layer → Dense: at each step logits of the next character.

    text      whose characters are the vocabulary; others cannot be read
    cell      "simple_rnn", "gru" or "lstm"
    units     the width of the state
    features  the width of the embedding
    dropout   of the state, on its way to Dense

    Back-propagation through time is truncated after `window` characters: fit() goes through a text in `batch_size`
    streams at once, window after window; each begins with the state at which the window before it ended, but no
    gradient goes back there. So memory grows with the window and not with the text. Raises ValueError for an empty
    text, another cell, and sizes that are not positive integers. Source: Graves 2013; Karpathy, "The unreasonable
    effectiveness of recurrent neural networks", 2015.
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
        self.vocabulary = Vocabulary(text)
        fix = 'CharRNN(text, "lstm", units=128)'
        units = positive_integer("CharRNN: units", units, fix)
        features = positive_integer("CharRNN: features", features, fix)
        self.embedding = Embedding(len(self.vocabulary), features)
        if not isinstance(cell, str) or cell not in CELLS:
            raise ValueError(unknown_name("cell", cell, CELLS))
        self.recurrent = CELLS[cell](units, return_sequences=True, return_state=True)
        self.dropout = Dropout(dropout)
        self.dense = Dense(len(self.vocabulary))
        characters = np.array([ord(c) for c in self.vocabulary.characters], self.dtype)
        self.characters = Tensor(characters)  # saved with the weights: they belong to this vocabulary
        self._states: list[Any] = []  # arrays, between two windows, while fit() runs
        self._validation_text = ""
        self.forward(np.zeros((1, 1), "int64"), self.initial_state(1))  # now the weights are there
        self.built = True
        self.named_weights()  # names them by their paths in the whole

    # ---- reading

    def initial_state(self, batch: int) -> list[Tensor]:
        """The state before the first character, of so many texts: zeros, each (batch, units)."""
        return [Tensor(np.zeros((batch, self.recurrent.units), self.dtype)) for _ in range(self.recurrent.states)]

    def forward(self, codes: Any, state: Sequence[Any], training: bool = False) -> tuple[Tensor, list[Tensor]]:
        """(logits of each next character, (batch, steps, characters); the state after the last one)."""
        h, *after = self.recurrent([self.embedding(codes), *state])
        return self.dense(self.dropout(h, training)), after

    def call(self, codes: Any, training: bool = False) -> Tensor:
        """The probabilities of each next character, (batch, steps, characters), of texts from their beginning."""
        return ops.softmax(self.forward(codes, self.initial_state(len(codes)), training)[0])

    def nll(self, text: str, prefix: str = "") -> float:
        """-log p(text | prefix) in nats per character; without a prefix the first character is given.

        Raises ValueError for characters that are not known, and for a text without a character to predict.
        """
        prefix = check_text(prefix, "CharRNN.nll: prefix", least=0)
        codes = self.vocabulary.encode(prefix + check_text(text, "CharRNN.nll", least=1 if prefix else 2))
        first = len(prefix) or 1
        total, state = 0.0, self.initial_state(1)
        with no_grad():
            for i in range(0, len(codes) - 1, PIECE):
                y = codes[i + 1 : i + 1 + PIECE]
                logits, state = self.forward(codes[None, i : i + len(y)], state)
                log_p = ops.log_softmax(logits).numpy()[0, np.arange(len(y)), y]
                total -= float(log_p[max(0, first - 1 - i) :].sum(dtype="float64"))
        return total / (len(codes) - first)

    # ---- learning

    def compile(
        self, optimizer: Any = "adam", loss: Any = "sparse_categorical_crossentropy", metrics: Sequence[Any] = ()
    ) -> None:
        """As for any Model; the loss is -log p of the next character, mean over all steps, unless another is given."""
        super().compile(optimizer, loss, metrics)

    def check_training(self, data: Any, where: str) -> None:
        self._check_compiled(where)
        super().check_training(data, where)

    def as_data(self, x: Any, y: Any = None, where: str = "data") -> Any:
        if isinstance(x, str):
            raise TypeError(_no_characters(where, "a text"))
        return super().as_data(x, y, where)

    def _check_inputs_of(self, data: Any, where: str) -> None:
        if getattr(data[0], "ndim", 1) != 2 or data[0].dtype.kind not in "iu":
            got = f"{data[0].dtype}, shape {data[0].shape}" if hasattr(data[0], "dtype") else "a list of arrays"
            raise TypeError(_no_characters(where, got))
        super()._check_inputs_of(data, where)

    def _assign(self, arrays: dict[str, Any], source: str = "set_weights") -> None:
        """Weights of another vocabulary would be read as gibberish: refused, and nothing is changed."""
        theirs, ours = arrays.get("characters"), self.characters.numpy()
        if theirs is not None and np.ndim(theirs) == 1 and not np.array_equal(backend.to_numpy(theirs), ours):
            where, fix = f"{self.label}: the weights of {source}", "CharRNN(text) with a text of the same characters"
            got = repr("".join(chr(int(c)) if 0 <= c < 0x110000 else "?" for c in backend.to_numpy(theirs)))
            raise ValueError(message(where, expected=repr(self.vocabulary.characters), got=got, fix=fix))
        super()._assign(arrays, source)

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
    ) -> Any:
        """Learn to predict each character of `text` from those before it; returns a History.

        The text is cut into `batch_size` streams, and each step takes the next `window` characters of all of them; what
        is left over at the end is not used. validation_text logs val_loss, in nats per character, after each epoch. The
        other options are those of any fit(): checkpoint, resume. Raises ValueError for characters that are not known,
        and for a text that has less than one window for each stream; TypeError for shuffle: streams have their order.
        """
        where = f"{self.label}.fit"
        check_text(text, where)
        if not isinstance(window, numbers.Integral):  # the targets that another fit() takes
            expected = "fit(text): the labels are made of it"
            fix = "fit(text, window=40, validation_text=held_out)"
            raise TypeError(message(f"{where}: window", expected=expected, got=type(window).__name__, fix=fix))
        if "shuffle" in options:
            expected, fix = "no such choice: a stream is read in its order", "fit(text, window=40)"
            raise TypeError(message(f"{where}: shuffle", expected=expected, got=options["shuffle"], fix=fix))
        window = positive_integer(f"{where}: window", window, "window=40")
        batch_size = positive_integer("batch_size", batch_size, "batch_size=32")
        x, y = streams(self.vocabulary.encode(text), window, batch_size, where)
        if validation_text is not None:
            self.vocabulary.encode(check_text(validation_text, f"{where}: validation_text", least=2))
        self._validation_text = validation_text or ""
        self._states = [state.data for state in self.initial_state(batch_size)]
        try:
            return super().fit(x, y, batch_size, epochs, verbose, shuffle=False, **options)
        finally:
            self._states, self._validation_text = [], ""

    def train_step(self, x: Any, y: Any) -> dict[str, Any]:
        """One window of each stream. The states at its end are where the next one begins."""
        states = [Tensor(state) for state in self._states] or self.initial_state(len(x))
        logits, after = self.forward(x, states, training=True)
        p = ops.softmax(logits)
        loss = self._loss_of(y, p)
        loss.backward()
        self.optimizer.step(self.parameters())  # type: ignore[union-attr]
        if self._states:  # numbers without a graph: here back-propagation through time is truncated
            self._states = [state.data for state in after]
        return {"loss": loss, **self.measure(y, p)}

    def on_epoch_end(self, history: dict[str, list[Any]]) -> dict[str, Any]:
        """The streams begin again; and val_loss."""
        self._states = [backend.xp.zeros_like(state) for state in self._states]
        return {"val_loss": self.nll(self._validation_text)} if self._validation_text else {}

    def training_state(self) -> dict[str, Any]:
        """Where the streams are, for a checkpoint: zeros between epochs."""
        return {str(i): state for i, state in enumerate(self._states)}

    def set_training_state(self, state: dict[str, Any]) -> None:
        """Go on in the streams. Zeros of another batch size are those between two epochs: each fit() has its own."""
        states = [backend.asarray(a) for a in state.values()]
        got, own = [a.shape for a in states], [a.shape for a in self._states]
        if got == own:
            self._states = states
        elif any((a != 0).any() for a in states):
            where, fix = f"{self.label}: the state of the streams", "the batch size of the run that was interrupted"
            raise ValueError(message(where, expected=own, got=got, fix=fix))

    # ---- writing

    def sample(self, n: int, prompt: str = "", temperature: float = 1.0) -> str:
        """n characters that go on from the prompt; without one the first is any of the vocabulary, and one of the n.

        Logits are divided by the temperature: below 1 what is likely becomes likelier, near 0 the likeliest is taken.
        Raises ValueError for characters that are not known, n < 1 and a temperature that is not above 0.
        """
        n = positive_integer(f"{self.label}.sample: n", n, 'sample(200, "The ")')
        temperature = positive_number(f"{self.label}.sample: temperature", temperature, "temperature=0.8")
        prompt, uniform = check_text(prompt, f"{self.label}.sample: prompt", least=0), np.ones(len(self.vocabulary))
        codes = self.vocabulary.encode(prompt) if prompt else np.array([backend.choice(uniform)])
        written, state = [] if prompt else [int(codes[0])], self.initial_state(1)
        with no_grad():
            while len(written) < n:
                logits, state = self.forward(codes[None], state)
                a = logits.numpy()[0, -1].astype("float64")
                with backend.ignore_overflow():  # near 0 they are -inf, but for the likeliest
                    p = np.exp((a - a.max()) / temperature)
                written.append(backend.choice(p))
                codes = np.array(written[-1:])
        return self.vocabulary.decode(written)


def streams(codes: np.ndarray, window: int, batch_size: int, where: str) -> tuple[np.ndarray, np.ndarray]:
    """(x, y), (n, window) each: the first batch_size rows begin the streams, the next rows go on from them, and so on.

    y is x one character later: the trivial label. Raises ValueError for a text that is too short.
    """
    each = (len(codes) - 1) // (batch_size * window)  # windows of a stream
    if each == 0:
        expected = f"{batch_size * window + 1:,} characters or more, {batch_size} windows of {window} and one more"
        fix = "a smaller window or batch_size, or more text"
        raise ValueError(message(f"{where}: text", expected=expected, got=f"{len(codes):,}", fix=fix))
    n = batch_size * each * window
    x, y = (codes[i : i + n].reshape(batch_size, each, window).swapaxes(0, 1).reshape(-1, window) for i in (0, 1))
    return x, y


def _no_characters(where: str, got: str) -> str:
    fix = "model.vocabulary.encode(text)[None]; nll(text) for a score, fit(validation_text=...)"
    return message(f"{where}: no characters", expected="integers (n, steps)", got=got, fix=fix)
