"""Layer: a function with weights."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from .. import backend, initializers, npz
from ..autograd import no_grad
from ..errors import message
from ..tensor import Tensor
from .symbolic import Call, Symbolic, snake_case


class Layer:
    """Base of all layers. Subclasses write call(), and build() if they have weights.

        class Scale(Layer):
            "y = s x with a learned s for each feature"

            def build(self, input_shape):
                self.s = self.add_weight("s", (input_shape[-1],), "ones")

            def call(self, x):
                return x * self.s

    call() may take `training`; layers that behave alike in training and prediction leave it out. A layer called on a
    Tensor or an array computes; called on the result of Input() it builds its weights and notes the call for Model.
    """

    name: str | None = None
    dtype = "float32"
    built = False
    _first_output: Any = None
    takes_training: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        cls.takes_training = "training" in inspect.signature(cls.call).parameters

    def __init__(self, name: str | None = None) -> None:
        if not (name is None or isinstance(name, str)):
            where, write = f"{type(self).__name__}: name", f'{type(self).__name__}(..., name="first")'
            raise TypeError(message(where, expected="a word, or None", got=repr(name), write=write))
        self.name = name

    # ---- to be written by subclasses

    def build(self, input_shape: Any) -> None:
        """Make the weights. `input_shape` has the batch size first (a list of shapes for several inputs)."""

    def call(self, x: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}.call")

    # ---- calling

    def __call__(self, x: Any, training: bool = False) -> Any:
        if isinstance(x, Symbolic) or (isinstance(x, (list, tuple)) and any(isinstance(i, Symbolic) for i in x)):
            return self._connect(x)
        if isinstance(x, (list, tuple)) and x and hasattr(x[0], "shape"):
            x = [self._to_tensor(i) for i in x]  # several inputs
        else:
            x = self._to_tensor(x)
        if not self.built:
            return self._first_call(x, training)
        if self.takes_training:
            return self.call(x, training=training)  # type: ignore[call-arg]
        return self.call(x)

    def _first_call(self, x: Any, training: bool) -> Any:
        """Build for the shape of x and compute; if that fails the layer is as before, and another x may build it."""
        before = dict(vars(self))
        try:
            self._build([i.shape for i in x] if isinstance(x, list) else x.shape)
            return self(x, training)
        except Exception as error:
            vars(self).clear()
            vars(self).update(before)
            if isinstance(x, list) and isinstance(error, (TypeError, AttributeError)) and "expected:" not in str(error):
                where, write = f"{self.label}: {len(x)} inputs", "one of them, or Concatenate() before it"
                raise TypeError(message(where, expected="as many as it takes", got=f"{error}", write=write)) from error
            raise

    def _to_tensor(self, x: Any) -> Tensor:
        """An array at the door: moved to the active library, floats cast to this layer's precision."""
        if isinstance(x, Tensor):
            return x
        x = backend.asarray(x)
        return Tensor(x.astype(self.dtype, copy=False) if x.dtype.kind == "f" else x)

    def _build(self, shape: Any) -> None:
        self.build(shape)
        self.built = True

    def _connect(self, x: Any) -> Any:
        """Note the call; find the output shapes by sending one sample of zeros through the layer."""
        inputs = list(x) if isinstance(x, (list, tuple)) else [x]
        samples = [np.zeros((1, *i.shape[1:]), i.dtype) for i in inputs]
        with no_grad(), np.errstate(all="ignore"):  # log(0) and its like matter here to nobody
            y = self(samples if isinstance(x, (list, tuple)) else samples[0])
        call = Call(self, inputs)
        many = isinstance(y, (list, tuple))
        call.outputs = [Symbolic((None, *o.shape[1:]), call, str(o.dtype)) for o in (y if many else [y])]
        output = call.outputs if many else call.outputs[0]
        self._first_output = output if self._first_output is None else self._first_output
        return output

    @property
    def output(self) -> Any:
        """The symbolic output of its first use in a graph: Model(d.inputs, d.layers[-2].output) ends there.

        Raises ValueError for a layer that is in no graph.
        """
        if self._first_output is None:
            where, expected = f"{self.label}.output", "a layer in the graph of a Model"
            raise ValueError(message(where, expected=expected, got="one in no graph", write="layer(Input(shape=...))"))
        return self._first_output

    # ---- weights

    def add_weight(
        self,
        name: str,
        shape: tuple[int, ...],
        initializer: Any = "glorot_uniform",
        trainable: bool = True,
    ) -> Tensor:
        """A new weight; assign it to an attribute. trainable=False for statistics that no gradient moves."""
        data = initializers.get(initializer)(shape, self.dtype)
        return Tensor(
            data,
            requires_grad=trainable,
            name=f"{self.name or snake_case(type(self).__name__)}/{name}",
        )

    def _parts(self) -> Iterator[tuple[str, Any]]:
        """(name, weight or sub-layer) of everything this layer holds, in definition order."""
        for name, value in vars(self).items():
            yield from inside(name, value, (Tensor, Layer))

    def named_weights(self) -> dict[str, Tensor]:
        """Every weight by its path ("encoder/dense/kernel"), trainable or not, each once, in definition order."""
        found: dict[str, Tensor] = {}
        seen: set[int] = set()
        for name, part in self._parts():
            within = {"": part} if isinstance(part, Tensor) else part.named_weights()
            for path, weight in within.items():
                path = f"{name}/{path}" if path else name
                if id(weight) in seen:
                    continue
                if path in found:
                    raise ValueError(
                        message(
                            f"{self.label}: two weights at {path}",
                            expected="every path once",
                            got="two layers there",
                            write="another attribute, or another name=",
                        )
                    )
                seen.add(id(weight))
                found[path] = weight
        return found

    def weights(self) -> list[Tensor]:
        """Every weight, trainable or not, in definition order."""
        return list(self.named_weights().values())

    def parameters(self) -> list[Tensor]:
        """The trainable weights: what an optimizer updates."""
        return [w for w in self.weights() if w.requires_grad]

    @property
    def trainable(self) -> bool:
        """True: there is no switch. Who is trained stands in the training step, backward(wrt=...) and step(...)."""
        return True

    @trainable.setter
    def trainable(self, value: bool) -> None:
        write = "loss.backward(wrt=head.parameters()), then optimizer.step(head.parameters())"
        where, got = f"{self.label}: there is no switch for training", f"trainable = {value}"
        raise ValueError(message(where, expected="the parameters to train, in train_step", got=got, write=write))

    def count_params(self) -> int:
        """How many numbers the weights hold."""
        return sum(w.size for w in self.weights())

    def sublayers(self) -> Iterator[Layer]:
        """Every layer inside, at any depth, and the layer itself."""
        yield self
        for _, part in self._parts():
            if isinstance(part, Layer):
                yield from part.sublayers()

    def astype(self, dtype: str) -> Layer:
        """Cast every weight, and what comes in from now on: "float64" for gradcheck. Returns self."""
        for layer in self.sublayers():
            layer.dtype = dtype
        for w in self.weights():
            w.data = w.data.astype(dtype)
        return self

    # ---- weights in and out

    def get_weights(self) -> list[np.ndarray]:
        """All weights as NumPy arrays, in definition order (copies)."""
        return [w.numpy().copy() for w in self.weights()]

    def set_weights(self, arrays: Sequence[Any]) -> None:
        """Overwrite all weights, in the order of get_weights(). Raises ValueError before anything is changed."""
        self._assign(dict(zip(self._numbered(len(arrays)), arrays, strict=True)))

    def _numbered(self, n: int) -> list[str]:
        paths = list(self.named_weights())
        return paths[:n] + [f"array {i}" for i in range(len(paths), n)]

    def save_weights(self, path: str | os.PathLike[str]) -> None:
        """Write all weights to an .npz file at exactly `path` (aside, then renamed). Raises OSError if it cannot."""
        npz.write(path, self.named_weights(), {"kind": "weights"})

    def load_weights(self, path: str | os.PathLike[str]) -> None:
        """Read weights that save_weights or a checkpoint wrote.

        Raises ValueError naming every missing, unexpected and mis-shaped weight at once, or for a damaged file, with
        the model untouched; OSError if the file cannot be opened.
        """
        arrays, meta = npz.read(path)
        if meta.get("kind") == "checkpoint":
            arrays = {k.removeprefix("weights/"): a for k, a in arrays.items() if k.startswith("weights/")}
        self._assign(arrays, str(path))

    def _assign(self, arrays: dict[str, Any], source: str = "set_weights") -> None:
        own = self.named_weights()
        if not own:
            raise ValueError(
                message(
                    f"{self.label}: it has no weights yet, so those of {source} have no place",
                    expected="a layer or model whose input shape is known",
                    got="one that has seen neither an Input nor data",
                    write="Sequential([Input(shape=(784,)), ...]), or model(x[:1]) before loading",
                )
            )
        arrays = {k: np.asarray(backend.to_numpy(a)) for k, a in arrays.items()}
        problems = [f"missing: {k} {own[k].shape}" for k in own if k not in arrays]
        problems += [f"unexpected: {k} {a.shape}" for k, a in arrays.items() if k not in own]
        fits = {k: a for k, a in arrays.items() if k in own}
        problems += [
            f"wrong shape: {k} is {own[k].shape}, got {a.shape}" for k, a in fits.items() if own[k].shape != a.shape
        ]
        problems += [f"no numbers: {k} of type {a.dtype}" for k, a in fits.items() if a.dtype.kind not in "fiub"]
        if problems:
            raise ValueError(
                message(
                    f"{self.label}: the weights of {source} do not fit; nothing was changed",
                    expected=f"the {len(own)} weights of named_weights()",
                    got="\n            ".join(problems),
                    write="the model that saved them, built with the same layers and names",
                )
            )
        for k, a in arrays.items():
            own[k].assign(a)

    def __repr__(self) -> str:
        return f"<{self.label}, {self.count_params():,} weights>"

    # ---- errors

    @property
    def label(self) -> str:
        """How errors name this layer: "Dense 'code'"."""
        return type(self).__name__ + (f" {self.name!r}" if self.name else "")

    def expect_float(self, x: Tensor, write: str = "") -> None:
        """Raise TypeError for integer data, such as uint8 images straight from the file."""
        if x.dtype.kind != "f":
            raise TypeError(
                message(
                    f"{self.label}: integer data",
                    expected=f"{self.dtype}",
                    got=str(x.dtype),
                    write=write or 'x.astype("float32") / 255 for images, so that they lie in [0, 1]',
                )
            )

    def expect_features(self, x: Tensor, n: int) -> None:
        """Raise ValueError unless the last axis of x has n entries: a different number must not broadcast."""
        if x.ndim < 2 or x.shape[-1] != n:
            fits = x.size % n == 0
            hint = (
                f"x.reshape(-1, {n}), or Flatten() before it"
                if fits
                else f"data with {n} features, as at the first call"
            )
            raise ValueError(
                message(f"{self.label}: wrong number of features", expected=f"(batch, {n})", got=x.shape, write=hint)
            )


def inside(name: str, value: Any, kinds: Any) -> Iterator[tuple[str, Any]]:
    """(name, thing) of the things of these kinds in an attribute: itself, or in its lists and dicts at any depth."""
    if isinstance(value, kinds):
        yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from inside(f"{name}_{key}", inner, kinds)
    elif isinstance(value, (list, tuple)):
        for i, inner in enumerate(value):
            yield from inside(f"{name}_{i}", inner, kinds)
