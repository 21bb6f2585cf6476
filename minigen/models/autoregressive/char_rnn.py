"""A recurrent network for text: the next character from a state that summarises the past (section 9.3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import backend, ops
from ...autograd import no_grad
from ...callbacks import Callback
from ...callbacks.checks import checked_callbacks
from ...checks.values import check_name, positive_integer
from ...datasets.checks import check_text
from ...datasets.text import Vocabulary
from ...layers import GRU, LSTM, Dense, Dropout, Embedding, SimpleRNN
from ...layers.weights import check_room
from ...model import Model
from ...progress import progress
from ...tensor import Tensor
from ...training import History
from ...types import Array, ArrayLike, Data, Logs, TensorLike
from . import checks

CELLS = {"simple_rnn": SimpleRNN, "gru": GRU, "lstm": LSTM}
CHUNK = 1000  # characters in one forward pass of nll()


class BetweenEpochs(Callback):
    """Resets the streams of a CharRNN after each epoch, and logs the val_loss of a held-out text."""

    def __init__(self, validation_text: str | None, verbose: int) -> None:
        self.validation_text, self.verbose = validation_text, verbose

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.model.reset_streams()
        if self.validation_text is not None and logs is not None:
            logs["val_loss"] = self.model.nll(self.validation_text, verbose=self.verbose)


class CharRNN(Model):
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

    own_step_uses_compile = True

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
        check_name("cell", cell, CELLS)
        self.recurrent = CELLS[cell](units, return_sequences=True, return_state=True)
        self.dropout = Dropout(dropout)
        self.dense = Dense(len(self.vocabulary))
        characters = np.array([ord(c) for c in self.vocabulary.characters], self.dtype)
        self.characters = Tensor(characters)  # saved with the weights, which are valid for this vocabulary alone
        self._states: list[Array] = []  # of the streams between two windows, while fit() runs
        check_room("CharRNN", "recurrent_kernel", (units, units))  # before the state, which is as wide
        self.forward(np.zeros((1, 1), "int64"), self.initial_state(1))  # creates the weights
        self.built = True
        self.named_weights()  # names them by their paths in the whole model

    def init_arguments(self) -> dict[str, Any]:
        """With each character once, in place of the text."""
        return super().init_arguments() | {"text": self.vocabulary.characters}

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

    def nll(self, text: str, prefix: str = "", verbose: int = 0) -> float:
        """-log p(text | prefix) in nats per character; without a prefix, conditioned on the first character.

        verbose=1 shows a progress bar. Raises ValueError for characters that are not in the vocabulary, and for a text
        without a character to predict.
        """
        prefix = check_text(prefix, "CharRNN.nll: prefix", least=0)
        codes = self.vocabulary.encode(prefix + check_text(text, "CharRNN.nll", least=1 if prefix else 2))
        first = len(prefix) or 1
        total, state, steps = 0.0, self.initial_state(1), math.ceil((len(codes) - 1) / CHUNK)
        with no_grad(), progress(f"{self.label}.nll", steps, 0, verbose) as bar:
            for i in range(0, len(codes) - 1, CHUNK):
                y = codes[i + 1 : i + 1 + CHUNK]  # (steps,)
                logits, state = self.forward(codes[None, i : i + len(y)], state)  # (1, steps, characters)
                log_p = ops.log_softmax(logits).numpy()[0, np.arange(len(y)), y]  # (steps,)
                total -= float(log_p[max(0, first - 1 - i) :].sum(dtype="float64"))
                bar.update(1)
        return total / (len(codes) - first)

    # ---- training

    def compile(  # type: ignore[override]
        self, optimizer: Any = "adam", loss: Any = "sparse_categorical_crossentropy", metrics: Sequence[Any] = ()
    ) -> None:
        """As for any Model; the loss is -log p of the next character, mean over all steps, unless another is given."""
        super().compile(optimizer, loss, metrics)

    def as_data(self, x: Any, y: Any = None, where: str = "data") -> Data:
        if isinstance(x, str):
            checks.check_codes(where, x)
        return super().as_data(x, y, where)

    def check_inputs(self, data: Data, where: str) -> None:
        checks.check_codes(where, data[0])
        super().check_inputs(data, where)

    def assign_weights(self, arrays: dict[str, Array], source: str = "set_weights") -> None:
        """As for any Model; ValueError, and nothing is changed, for weights of another vocabulary."""
        characters = self.characters.numpy()
        saved = arrays.get("characters", characters)
        checks.check_same_characters(f"{self.label}: the weights of {source}", characters, saved)
        super().assign_weights(arrays, source)

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
        if validation_text is not None:
            self.vocabulary.encode(check_text(validation_text, f"{where}: validation_text", least=2))
        given = checked_callbacks(f"{where}: callbacks", options.pop("callbacks", None), Callback)
        options["callbacks"] = [BetweenEpochs(validation_text, verbose), *given]
        self._states = [state.data for state in self.initial_state(batch_size)]
        try:
            return super().fit(x, y, batch_size, epochs, verbose, shuffle=False, **options)
        finally:
            self._states = []

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

    def reset_streams(self) -> None:
        """The streams begin again, from states of zeros."""
        self._states = [backend.xp.zeros_like(state) for state in self._states]

    def training_state(self) -> dict[str, Array]:
        """The states of the streams, for a checkpoint: zeros between epochs."""
        return {str(i): state for i, state in enumerate(self._states)}

    def set_training_state(self, state: dict[str, Array]) -> None:
        """Restore the states of the streams. Zeros, as between epochs, are ignored if the batch size is another one.

        Raises ValueError for other states of another batch size.
        """
        states = [backend.asarray(a) for a in state.values()]
        saved, current = [a.shape for a in states], [a.shape for a in self._states]
        if saved == current:
            self._states = states
        elif any((a != 0).any() for a in states):
            checks.refuse_other_streams(self.label, expected=current, got=saved)

    # ---- sampling

    def sample(self, n: int, prompt: str = "", temperature: float = 1.0, verbose: int = 0) -> str:
        """n characters that continue the prompt. Without a prompt the first of them is drawn uniformly.

        The logits are divided by the temperature: values below 1 favour the probable characters, and near 0 the most
        probable one is taken. verbose=1 shows a progress bar. Raises ValueError for characters that are not in the
        vocabulary, n < 1 and temperature <= 0, TypeError unless the prompt is a string.
        """
        n, prompt, temperature = checks.sampling_arguments(f"{self.label}.sample", n, prompt, temperature)
        uniform = np.ones(len(self.vocabulary))
        codes = self.vocabulary.encode(prompt) if prompt else np.array([backend.choice(uniform)])
        written, state = [] if prompt else [int(codes[0])], self.initial_state(1)
        with no_grad(), progress(f"{self.label}.sample", n, len(written), verbose) as bar:
            while len(written) < n:
                logits, state = self.forward(codes[None], state)
                a = logits.numpy()[0, -1].astype("float64")  # (characters,)
                with backend.ignore_overflow():  # near 0 the exponents are -inf, except that of the most probable one
                    p = np.exp((a - a.max()) / temperature)
                written.append(backend.choice(p))
                codes = np.array(written[-1:])
                bar.update(1)
        return self.vocabulary.decode(written)


def streams(codes: np.ndarray, window: int, batch_size: int, where: str) -> tuple[np.ndarray, np.ndarray]:
    """(x, y), (n, window) each: the first batch_size rows start the streams, the next ones continue them, and so on.

    y is x shifted by one character: the targets. Raises ValueError for a text that is too short.
    """
    each = (len(codes) - 1) // (batch_size * window)  # windows in a stream
    checks.check_windows(where, each, len(codes), window, batch_size)
    n = batch_size * each * window
    x, y = (codes[i : i + n].reshape(batch_size, each, window).swapaxes(0, 1).reshape(-1, window) for i in (0, 1))
    return x, y
