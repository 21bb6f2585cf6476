"""Models of text: p(text) = Π p(cᵢ | c₁, ..., cᵢ₋₁), character by character (section 9.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ... import backend
from ...autograd import no_grad
from ...callbacks import Callback
from ...callbacks.checks import checked_callbacks
from ...checks.values import refuse_missing_method
from ...datasets.checks import check_text
from ...datasets.text import Vocabulary
from ...model import Model
from ...progress import progress
from ...tensor import Tensor
from ...types import Array, Data, Logs
from . import checks


class BetweenEpochs(Callback):
    """Tells a TextModel that an epoch has ended, and logs the val_loss of a held-out text."""

    def __init__(self, validation_text: str | None, verbose: int) -> None:
        self.validation_text, self.verbose = validation_text, verbose

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.model.between_epochs()
        if self.validation_text is not None and logs is not None:
            logs["val_loss"] = self.model.nll(self.validation_text, verbose=self.verbose)


class TextModel(Model):
    """A network that predicts the next character from those before it: what CharRNN and GPT share.

    The characters of `text` are the vocabulary; others raise ValueError. They are saved with the weights, which are
    valid for this vocabulary alone. Subclasses make their layers, call keep_characters(), and define

        log_p(codes)               log p(cᵢ | c₁, ..., cᵢ₋₁) for i = 2, 3, ..., piece by piece: what nll() adds up
        pieces(predicted)          how many pieces these are
        initial_state(batch)       what has been read before the first character
        next_logits(codes, state)  what sample() draws the next character from, and the state after `codes`

    Raises ValueError for an empty text.
    """

    own_step_uses_compile = True
    characters: Tensor

    def __init__(self, text: str, name: str | None = None) -> None:
        super().__init__(name=name)
        self.vocabulary = Vocabulary(text)

    def keep_characters(self) -> None:
        """The vocabulary as the last of the weights; the model is built, and its weights named by their paths."""
        characters = np.array([ord(c) for c in self.vocabulary.characters], self.dtype)
        self.characters = Tensor(characters)
        self.built = True
        self.named_weights()

    def init_arguments(self) -> dict[str, Any]:
        """With each character once, in place of the text."""
        return super().init_arguments() | {"text": self.vocabulary.characters}

    # ---- to be written by subclasses

    def log_p(self, codes: np.ndarray) -> Iterator[np.ndarray]:
        """log p of each character but the first, given those before it, in pieces (steps,)."""
        refuse_missing_method(type(self).__name__, "log_p(self, codes)")

    def pieces(self, predicted: int) -> int:
        """The number of pieces in which log_p() gives so many numbers."""
        refuse_missing_method(type(self).__name__, "pieces(self, predicted)")

    def initial_state(self, batch: int) -> Any:
        """What has been read before the first character: nothing."""
        refuse_missing_method(type(self).__name__, "initial_state(self, batch)")

    def next_logits(self, codes: np.ndarray, state: Any) -> tuple[Tensor, Any]:
        """(logits of the character after `codes` (steps,), (characters,); the state after them)."""
        refuse_missing_method(type(self).__name__, "next_logits(self, codes, state)")

    def between_epochs(self) -> None:
        """What is to be done after each epoch of fit()."""

    # ---- reading

    def nll(self, text: str, prefix: str = "", verbose: int = 0) -> float:
        """-log p(text | prefix) in nats per character; without a prefix, conditioned on the first character.

        verbose=1 shows a progress bar. Raises ValueError for characters that are not in the vocabulary, and for a text
        without a character to predict.
        """
        where = f"{type(self).__name__}.nll"
        prefix = check_text(prefix, f"{where}: prefix", least=0)
        codes = self.vocabulary.encode(prefix + check_text(text, where, least=1 if prefix else 2))
        first = len(prefix) or 1
        total, done, pieces = 0.0, 1, self.pieces(len(codes) - 1)
        with no_grad(), progress(f"{self.label}.nll", pieces, 0, verbose) as bar:
            for log_p in self.log_p(codes):  # (steps,)
                total -= float(log_p[max(0, first - done) :].sum(dtype="float64"))
                done += len(log_p)
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

    def with_held_out(self, options: dict[str, Any], validation_text: str | None, verbose: int) -> dict[str, Any]:
        """The options of fit() with the callback that logs val_loss; ValueError for a text that cannot be scored."""
        where = f"{self.label}.fit"
        if validation_text is not None:
            self.vocabulary.encode(check_text(validation_text, f"{where}: validation_text", least=2))
        given = checked_callbacks(f"{where}: callbacks", options.get("callbacks"), Callback)
        return options | {"callbacks": [BetweenEpochs(validation_text, verbose), *given]}

    # ---- sampling

    def sample(self, n: int, prompt: str = "", temperature: float = 1.0, verbose: int = 0) -> str:
        """n characters that continue the prompt. Without a prompt the first of them is drawn uniformly.

        The logits are divided by the temperature: values below 1 favour the probable characters, and near 0 the most
        probable one is taken. verbose=1 shows a progress bar. Raises ValueError for characters that are not in the
        vocabulary, n < 1 and temperature <= 0, TypeError unless the prompt is a string.
        """
        n, prompt, temperature = checks.sampling_arguments(f"{self.label}.sample", n, prompt, temperature)
        return self.write(n, prompt, temperature, None, verbose, self.initial_state(1))

    def write(self, n: int, prompt: str, temperature: float, top_k: int | None, verbose: int, state: Any) -> str:
        """The loop of sample(): read, draw the next character, read it, and so on. Its arguments have been checked."""
        uniform = np.ones(len(self.vocabulary))
        codes = self.vocabulary.encode(prompt) if prompt else np.array([backend.choice(uniform)])
        written = [] if prompt else [int(codes[0])]
        with no_grad(), progress(f"{self.label}.sample", n, len(written), verbose) as bar:
            while len(written) < n:
                logits, state = self.next_logits(codes, state)
                p = relative_probabilities(logits.numpy().astype("float64"), temperature, top_k)  # (characters,)
                written.append(backend.choice(p))
                codes = np.array(written[-1:])
                bar.update(1)
        return self.vocabulary.decode(written)


def relative_probabilities(a: np.ndarray, temperature: float, top_k: int | None = None) -> np.ndarray:
    """exp((aᵢ - max a) / temperature) for logits a (characters,), 0 for all but the top_k largest: ∝ what is drawn."""
    with backend.ignore_overflow():  # near 0 the exponents are -inf, except that of the most probable one
        p = np.exp((a - a.max()) / temperature)
    if top_k is not None:
        p[np.argsort(-a, kind="stable")[top_k:]] = 0
    return p
