"""Layer: a function with weights."""

from __future__ import annotations

import inspect
import math
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .. import backend, initializers
from ..arguments import checks_arguments, unknown_argument
from ..autograd import no_grad
from ..elsewhere import LAYER, no_such_name
from ..errors import message
from ..storage import npz
from ..tensor import Tensor
from .symbolic import Call, Symbolic, is_symbol, replaced, snake_case, symbols_in

WEIGHTS = ("kernel", "bias", "recurrent_kernel", "embeddings", "gamma", "beta", "moving_mean", "moving_variance")
FLOATS = ("float16", "float32", "float64")
BOOLS = (bool, np.bool_, type(None))
CALLS = "layer(x, training=True); layer([x, y]) for several inputs; model.fit(x, y) for labels"


class Layer:
    """Base of all layers. Subclasses write call(), and build() if they have weights.

        class Scale(Layer):
            "y = s x with a learned s for each feature"

            def build(self, input_shape):
                self.s = self.add_weight("s", (input_shape[-1],), "ones")

            def call(self, x):
                return x * self.s

    call() may take `training`, and more than one argument; layers that behave alike in training and prediction leave
    `training` out. A layer called on a Tensor or an array computes; called on the result of Input() it builds its
    weights and notes the call for Model.
    """

    name: str | None = None
    dtype = "float32"
    built = False
    _first_output: Any = None
    call_signature: ClassVar[inspect.Signature]
    takes_training: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        cls.call_signature = inspect.signature(cls.call)
        parameters = cls.call_signature.parameters.values()
        cls.takes_training = any(p.name == "training" or p.kind is p.VAR_KEYWORD for p in parameters)
        if "__init__" in vars(cls):
            cls.__init__ = checks_arguments(cls.__init__)  # type: ignore[method-assign]

    @checks_arguments
    def __init__(self, name: str | None = None) -> None:
        if not (name is None or isinstance(name, str)):
            where, fix = f"{type(self).__name__}: name", f'{type(self).__name__}(..., name="first")'
            raise TypeError(message(where, expected="a word, or None", got=repr(name), fix=fix))
        if name is not None and not name.isprintable():
            where, fix = f"{type(self).__name__}: name", f'{type(self).__name__}(..., name="first")'
            raise ValueError(message(where, expected="characters that can be shown", got=ascii(name), fix=fix))
        self.name = name

    # ---- to be written by subclasses

    def build(self, input_shape: Any) -> None:
        """Make the weights. `input_shape` has the batch size first (a list of shapes for several inputs)."""

    def call(self, x: Any) -> Any:
        where, fix = f"{type(self).__name__} has no call()", "def call(self, x): return ..."
        raise NotImplementedError(message(where, expected="call(self, x)", got="none in this class", fix=fix))

    # ---- calling

    def __call__(self, x: Any, *others: Any, training: bool | None = None, **keywords: Any) -> Any:
        """call(x, *others, **keywords), with arrays as Tensors; on symbols the call is noted, and symbols come back.

        `training` may also stand last, without its name. On symbols it holds whenever the model runs, as in
        Dropout(0.5)(x, training=True); without it the layer does as the model does. Raises TypeError for what call()
        does not take.
        """
        if others or keywords or isinstance(x, (list, tuple, dict, Symbolic)) or not isinstance(training, BOOLS):
            others, training = self._sorted(x, others, training, keywords)
            if any(True for _ in symbols_in((x, others, keywords))):
                return self._connect(Call(self, x, others, training, keywords))
            x, (others, keywords) = self._inputs(x), replaced((others, keywords), is_array, self._to_tensor)
        else:
            x = self._to_tensor(x)
        if not self.built:
            return self._first_call(x, others, training, keywords)
        if self.takes_training:
            keywords["training"] = bool(training)
        return self.call(x, *others, **keywords)

    def _sorted(self, x: Any, others: Any, training: Any, keywords: dict[str, Any]) -> tuple[Any, bool | None]:
        """(the others, training) where training may be the last of the others; TypeError for what call() cannot use."""
        if others and training is None and isinstance(others[-1], BOOLS) and not self._takes(len(others)):
            *others, training = others
        try:
            bound = self.call_signature.bind_partial(self, x, *others, **keywords).arguments
        except TypeError as error:
            raise TypeError(self._wrong_arguments(others, keywords, str(error))) from None
        if "training" in bound or not isinstance(training, BOOLS):
            why = f"training is {_told(bound.get('training', training))}"
            raise TypeError(self._wrong_arguments(others, keywords, why))
        return others, training if training is None else bool(training)

    def _takes(self, place: int) -> bool:
        """Whether call() has an argument other than `training` at this place behind x."""
        there = list(self.call_signature.parameters.values())[1 + place : 2 + place]
        return any(p.kind < p.VAR_POSITIONAL and p.name != "training" for p in there)

    def _wrong_arguments(self, others: Any, keywords: dict[str, Any], why: str) -> str:
        """The text for a call whose arguments call() does not take."""
        own = [p for p in list(self.call_signature.parameters.values())[1:] if p.name != "training"]
        unknown = [name for name in keywords if name not in self.call_signature.parameters]
        if unknown:
            return unknown_argument(self.label, unknown[0], [p.name for p in own[1:]] + ["training"])
        takes = [p.name if p.default is p.empty else f"{p.name}={p.default}" for p in own] + ["training=None"]
        got = ["x"] + [_told(a) for a in others] + [f"{name}={_told(a)}" for name, a in keywords.items()]
        return message(
            f"{self.label}: wrong arguments, {why}",
            expected=f"({', '.join(takes)})",
            got=f"({', '.join(got)})",
            fix=" or ".join([f"layer(x, {p.name}=...)" for p in own[1:]] + [CALLS]),
        )

    def _first_call(self, x: Any, others: Any, training: bool | None, keywords: dict[str, Any]) -> Any:
        """Build for the shape of x and compute; if that fails the layer is as before, and another x may build it."""
        before = [(layer, dict(vars(layer))) for layer in self.sublayers()]
        try:
            self._build(x)
            y = self(x, *others, training=training, **keywords)
            self._check_returned(y)
            return y
        except Exception as error:
            for layer, attributes in before:
                vars(layer).clear()
                vars(layer).update(attributes)
            if isinstance(error, RecursionError):
                where, got = f"{self.label}: calls in each other", f"more than {sys.getrecursionlimit()}"
                fix = "a call() that does not call itself; for so many layers sys.setrecursionlimit(10_000)"
                raise RecursionError(message(where, expected="an end", got=got, fix=fix)) from error
            given = keywords | {"training": training} if self.takes_training else keywords
            try:
                self.call_signature.bind(self, x, *others, **given)
            except TypeError as why:
                raise TypeError(self._wrong_arguments(others, keywords, str(why))) from error
            foreign = "expected:" not in str(error)
            if isinstance(x, (list, dict)) and isinstance(error, (TypeError, AttributeError, KeyError)) and foreign:
                where, got = f"{self.label}: {len(x)} inputs", f"{len(x)}, in a {type(x).__name__} ({error})"
                fix = "one of them, or Concatenate() before it; def call(self, xs): a, b = xs in a model of your own"
                raise TypeError(message(where, expected="as many as it takes", got=got, fix=fix)) from error
            raise

    def _check_returned(self, y: Any) -> None:
        """TypeError for a call() that gives no tensor, or list, tuple or dict of them."""
        several = list(y.values()) if isinstance(y, dict) else y if isinstance(y, (list, tuple)) else [y]
        for one in several or [y]:
            if not (is_array(one) or (isinstance(one, (list, tuple)) and one)):
                where, fix = f"{type(self).__name__}.call returned {_told(one)}", "return x * self.w"
                expected = "a Tensor, or a list, tuple or dict of them"
                raise TypeError(message(where, expected=expected, got=type(one).__name__, fix=fix))

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(vars(self).get(name), Tensor) and hasattr(value, "shape") and not isinstance(value, Tensor):
            where, fix = f"{self.label}.{name} is a weight", f"layer.{name}.assign(values)"
            raise TypeError(message(where, expected="a Tensor", got=type(value).__name__, fix=fix))
        super().__setattr__(name, value)

    if not TYPE_CHECKING:  # mypy would take every name for an attribute

        def __getattr__(self, name: str) -> Any:
            if isinstance(getattr(type(self), name, None), property):
                return object.__getattribute__(self, name)  # the error that the property had
            there_is = None
            if name in WEIGHTS and self._awaits_data():
                there_is = "layer(x[:1]) before it: the first data makes its weights"
            if "name" not in vars(self):
                there_is = "super().__init__(...) at the beginning of its __init__"
            raise no_such_name(self.label, name, LAYER, LAYER.get(name) or there_is)

    def _to_tensor(self, x: Any) -> Tensor:
        """An array at the door: moved to the active library, floats cast to this layer's precision."""
        if isinstance(x, Tensor):
            return x
        x = backend.asarray(x)
        return Tensor(x.astype(self.dtype, copy=False) if x.dtype.kind == "f" else x)

    def _inputs(self, x: Any) -> Any:
        """x as a Tensor, or a list or dict of them for several inputs; a list of numbers is an array."""
        if isinstance(x, dict):
            return {key: self._inputs(inner) for key, inner in x.items()}
        if isinstance(x, (list, tuple)) and _holds_arrays(x):
            return [self._inputs(inner) for inner in x]
        return self._to_tensor(x)

    def _build(self, x: Any) -> None:
        """Build for the shapes of x, a Tensor or a list of them."""
        self.build(replaced(x, is_array, _shape))
        self.built = True

    def _connect(self, call: Call) -> Any:
        """Give the call its outputs, symbols of the shapes that come out."""
        y = self._outcome(call)
        many = isinstance(y, (list, tuple))
        if not all(map(is_array, y if many else [y])):
            where, fix = f"{self.label}: outputs in a graph", "return [y, h, c], one list"
            got = f"a {type(y).__name__} of {', '.join(sorted({type(one).__name__ for one in y}))}"
            raise TypeError(message(where, expected="a tensor, or a list of them", got=got, fix=fix))
        call.outputs = [Symbolic((None, *o.shape[1:]), call, str(o.dtype)) for o in (y if many else [y])]
        output = call.outputs if many else call.outputs[0]
        self._first_output = output if self._first_output is None else self._first_output
        return output

    def _outcome(self, call: Call) -> Any:
        """What comes out for one sample of zeros."""
        x, others, keywords = replaced((call.x, call.others, call.keywords), is_symbol, Symbolic.zeros)
        with no_grad(), np.errstate(all="ignore"):  # log(0) and its like do not matter here
            return self(x, *others, **keywords)

    @property
    def output(self) -> Any:
        """The symbolic output of its first use in a graph: Model(d.inputs, d.layers[-2].output) ends there.

        Raises ValueError for a layer that is in no graph.
        """
        if self._first_output is None:
            where, expected = f"{self.label}.output", "a layer in the graph of a Model"
            raise ValueError(message(where, expected=expected, got="one in no graph", fix="layer(Input(shape=...))"))
        return self._first_output

    # ---- weights

    @checks_arguments
    def add_weight(
        self,
        name: str,
        shape: tuple[int, ...],
        initializer: Any = "glorot_uniform",
        trainable: bool = True,
    ) -> Tensor:
        """A new weight; assign it to an attribute. trainable=False for statistics that no gradient moves.

        Raises TypeError for a shape that is none, ValueError for an initializer that gives another shape, and
        MemoryError for numbers that no memory holds.
        """
        if not isinstance(shape, (tuple, list)):
            where, fix = f"{self.label}.add_weight: shape", f'add_weight("{name}", ({shape},))'
            raise TypeError(message(where, expected="a tuple of sizes", got=repr(shape), fix=fix))
        n = math.prod(shape)
        try:
            if n > sys.maxsize // 8:
                raise MemoryError
            data = initializers.get(initializer)(shape, self.dtype)
        except MemoryError:
            where, got = f"{self.label}: weight {name}", f"shape {tuple(shape)}, {n:,} numbers"
            expected, fix = "numbers that fit into memory", "fewer units or filters"
            raise MemoryError(message(where, expected=expected, got=got, fix=fix)) from None
        if getattr(data, "shape", None) != tuple(shape):
            where, fix = f"{self.label}: initializer of {name}", "def initializer(shape, dtype): return an array"
            got = getattr(data, "shape", type(data).__name__)
            raise ValueError(message(where, expected=f"an array {shape}", got=got, fix=fix))
        return Tensor(
            data,
            requires_grad=trainable,
            name=f"{self.name or snake_case(type(self).__name__)}/{name}",
        )

    def _parts(self) -> Iterator[tuple[str, Any]]:
        """(name, weight or sub-layer) of everything this layer holds, in definition order."""
        for name, value in vars(self).items():
            yield from inside(name, value, (Tensor, Layer))

    def _all_parts(self) -> Iterator[tuple[str, Any]]:
        """(path, weight or layer) of everything inside, at any depth, and of the layer itself: each once, in order."""
        seen: set[int] = set()
        todo: list[tuple[str, Any]] = [("", self)]
        while todo:
            path, part = todo.pop()
            if id(part) in seen:
                continue
            seen.add(id(part))
            yield path, part
            if isinstance(part, Layer):
                todo += [(f"{path}/{name}" if path else name, inner) for name, inner in part._parts()][::-1]

    def named_weights(self) -> dict[str, Tensor]:
        """Every weight by its path ("encoder/dense/kernel"), trainable or not, each once, in the order of weights()."""
        found: dict[str, Tensor] = {}
        for path, weight in self._all_parts():
            if not isinstance(weight, Tensor):
                continue
            if path in found:
                raise ValueError(
                    message(
                        f"{self.label}: two weights at {path}",
                        expected="every path once",
                        got="two layers there",
                        fix="another attribute, or another name=",
                    )
                )
            found[path] = weight
        return found

    def weights(self) -> list[Tensor]:
        """Every weight, trainable or not, in definition order; those of a graph of layers in Keras' order."""
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
        if value is True:
            return
        fix = "for p in layer.parameters(): p.requires_grad = False; or step(head.parameters())"
        where, got = f"{self.label}: there is no switch for training", f"trainable = {value}"
        raise ValueError(message(where, expected="the parameters to train, in train_step", got=got, fix=fix))

    def count_params(self) -> int:
        """How many numbers the weights hold."""
        return sum(w.size for w in self.weights())

    def sublayers(self) -> Iterator[Layer]:
        """Every layer inside, at any depth, and the layer itself, each once."""
        return (part for _, part in self._all_parts() if isinstance(part, Layer))

    def astype(self, dtype: str) -> Layer:
        """Cast every weight, and what comes in from now on: "float64" for gradcheck. Returns self.

        Raises ValueError for a type that is none of "float16", "float32" and "float64".
        """
        name = dtype.__name__ if isinstance(dtype, type) else str(dtype)
        if name not in FLOATS:
            where, fix = f"{self.label}.astype", 'layer.astype("float64")'
            raise ValueError(message(where, expected=", ".join(FLOATS), got=repr(dtype), fix=fix))
        for layer in self.sublayers():
            layer.dtype = name
        for w in self.weights():
            w.data = w.data.astype(name)
        return self

    # ---- weights in and out

    def get_weights(self) -> list[np.ndarray]:
        """All weights as NumPy arrays, in the order of weights(), which is Keras' (copies)."""
        return [w.numpy().copy() for w in self.weights()]

    @checks_arguments
    def set_weights(self, arrays: Any) -> None:
        """Overwrite all weights: a list in the order of get_weights(), or a dict by the paths of named_weights().

        A dict may have the list of a whole layer under its name: {"mu": [kernel, bias], ...}. Raises ValueError, and
        nothing is changed, for arrays that do not fit, TypeError for what is no list or dict.
        """
        if isinstance(arrays, dict):
            return self._assign(self._by_path(arrays))
        if not isinstance(arrays, (list, tuple)):
            where, fix = f"{self.label}.set_weights", "set_weights(other.get_weights())"
            got = type(arrays).__name__
            raise TypeError(message(where, expected="a list of arrays, or a dict by name", got=got, fix=fix))
        return self._assign(dict(zip(self._numbered(len(arrays)), arrays, strict=True)))

    def _numbered(self, n: int) -> list[str]:
        paths = list(self.named_weights())
        return paths[:n] + [f"array {i}" for i in range(len(paths), n)]

    def _by_path(self, arrays: dict[str, Any]) -> dict[str, Any]:
        """The arrays of a dict by path, the lists of whole layers taken apart."""
        found: dict[str, Any] = {}
        seen: set[str] = set()
        known = self.named_weights()
        for name, value in arrays.items():
            if not isinstance(name, str):
                where, fix = f"{self.label}.set_weights", "set_weights(other.named_weights()), a list for a list"
                raise TypeError(message(where, expected="names of weights or layers", got=repr(name), fix=fix))
            if isinstance(value, (list, tuple)) and name not in known:
                paths = [path for path in known if path.startswith(f"{name}/")]
                paths += [f"{name}/array {i}" for i in range(len(paths), len(value))]
                found |= dict(zip(paths, value, strict=False))
            else:
                paths = [name]
                found[name] = value
            twice = [path for path in paths if path in seen]
            if twice:
                where, fix = f"{self.label}.set_weights: {twice[0]}", "the list of a layer, or its weights by name"
                raise ValueError(message(where, expected="every weight once", got="it twice", fix=fix))
            seen.update(paths)
        return found

    @checks_arguments
    def save_weights(self, path: str | os.PathLike[str]) -> None:
        """Write all weights to an .npz file at exactly `path` (aside, then renamed). Raises OSError if it cannot."""
        weights = self.named_weights()
        waiting = [layer.label for layer in self.sublayers() if layer._awaits_data()]
        if waiting and not weights:
            where, got = f"{self.label}.save_weights: it has no weights yet", f"{', '.join(waiting)} without data"
            fix = "model(x[:1]) before it, or an Input"
            raise ValueError(message(where, expected="a layer or model with weights", got=got, fix=fix))
        npz.write(path, weights, {"kind": "weights"})

    @checks_arguments
    def load_weights(self, path: str | os.PathLike[str]) -> None:
        """Read weights that save_weights or a checkpoint wrote.

        Raises ValueError naming every missing, unexpected and mis-shaped weight at once, or for a damaged file, with
        the model untouched; OSError if the file cannot be opened.
        """
        arrays, meta = npz.read(path)
        if meta.get("kind") == "checkpoint":
            arrays = {k.removeprefix("weights/"): a for k, a in arrays.items() if k.startswith("weights/")}
        self._assign(arrays, str(path))

    def _awaits_data(self) -> bool:
        """Whether the first data that comes will make weights of its own."""
        return not self.built and type(self).build is not Layer.build

    def _assign(self, arrays: dict[str, Any], source: str = "set_weights") -> None:
        own = self.named_weights()
        arrays = of_older_files({k: self._array(k, a) for k, a in arrays.items()}, own)
        problems = [f"missing: {k} {own[k].shape}" for k in own if k not in arrays]
        problems += [f"unexpected: {k} {a.shape}" for k, a in arrays.items() if k not in own]
        fits = {k: a for k, a in arrays.items() if k in own}
        problems += [
            f"wrong shape: {k} is {own[k].shape}, got {a.shape}" for k, a in fits.items() if own[k].shape != a.shape
        ]
        problems += [f"no numbers: {k} of type {a.dtype}" for k, a in fits.items() if a.dtype.kind not in "fiub"]
        waiting = [layer.label for layer in self.sublayers() if layer._awaits_data()]
        if waiting and (problems or not own):
            raise ValueError(
                message(
                    f"{self.label}: it has no weights yet, so those of {source} have no place",
                    expected="a layer or model whose input shape is known",
                    got=f"{', '.join(waiting)}: neither an Input nor data was seen",
                    fix="Sequential([Input(shape=(784,)), ...]), or model(x[:1]) before loading",
                )
            )
        if problems:
            raise ValueError(
                message(
                    f"{self.label}: the weights of {source} do not fit; nothing was changed",
                    expected=f"the {len(own)} weights of named_weights()",
                    got="\n            ".join(problems),
                    fix="the model that saved them, built with the same layers and names",
                )
            )
        for k, a in arrays.items():
            own[k].assign(a)

    def _array(self, name: str, a: Any) -> np.ndarray:
        try:
            return np.asarray(backend.to_numpy(a))
        except ValueError as error:  # rows of different length
            where, fix = f"{self.label}: weight {name}", "np.asarray(rows of one length)"
            raise TypeError(message(where, expected="an array", got=str(error), fix=fix)) from error

    def __repr__(self) -> str:
        return f"<{self.label}, {self.count_params():,} weights>"

    # ---- errors

    @property
    def label(self) -> str:
        """How errors name this layer: "Dense 'code'"."""
        return type(self).__name__ + (f" {self.name!r}" if self.name else "")

    def expect_tensor(self, x: Any) -> None:
        """Raise TypeError for a list or dict of inputs, where the layer takes one; ValueError for a single number."""
        if not isinstance(x, Tensor):
            where, got = f"{self.label}: one input", _told(x)
            fix = "layer(x), or Concatenate() before it"
            raise TypeError(message(where, expected="a tensor or an array", got=got, fix=fix))
        if x.ndim == 0:
            where, fix = f"{self.label}: a single number", "np.array([[2.5]]) for a batch of one sample"
            raise ValueError(message(where, expected="(batch, ...)", got="shape ()", fix=fix))

    def expect_float(self, x: Tensor, fix: str = "") -> None:
        """Raise TypeError for integer data, such as uint8 images straight from the file."""
        self.expect_tensor(x)
        if x.dtype.kind != "f":
            raise TypeError(
                message(
                    f"{self.label}: integer data",
                    expected=f"{self.dtype}",
                    got=str(x.dtype),
                    fix=fix
                    or 'x.astype("float32")' + " / 255 for images, so that they lie in [0, 1]" * (x.dtype != "bool"),
                )
            )

    def expect_features(self, x: Tensor, n: int) -> None:
        """Raise ValueError unless the last axis of x has n entries: a different number must not broadcast."""
        if x.ndim < 2 or x.shape[-1] != n:
            fits = n > 0 and x.size % n == 0
            hint = (
                f"x.reshape(-1, {n}), or Flatten() before it"
                if fits
                else f"data with {n} features, as at the first call"
            )
            raise ValueError(
                message(f"{self.label}: wrong number of features", expected=f"(batch, {n})", got=x.shape, fix=hint)
            )


Layer.call_signature = inspect.signature(Layer.call)


def is_array(a: Any) -> bool:
    """Whether `a` is a Tensor or an array of any library; a single number of NumPy is none."""
    return hasattr(a, "shape") and hasattr(a, "dtype") and not isinstance(a, np.generic)


def _holds_arrays(x: Any) -> bool:
    return any(is_array(a) or (isinstance(a, (list, tuple, dict)) and _holds_arrays(a)) for a in x)


def _shape(x: Any) -> tuple[int, ...]:
    return x.shape


def _told(a: Any) -> str:
    """An argument in an error text: what it is, and no numbers of an array."""
    return f"an array of shape {tuple(a.shape)}" if hasattr(a, "shape") else f"{a!r:.60}"


def check_has_features(label: str, shape: tuple[int, ...]) -> None:
    """Raise ValueError for a shape without a batch axis, such as that of one sample."""
    if not isinstance(shape, (tuple, list)) or len(shape) < 2:
        where, fix = f"{label}: wrong rank", "x.reshape(1, -1) for one sample"
        raise ValueError(message(where, expected="(batch, features)", got=shape, fix=fix))


def of_older_files(arrays: dict[str, Any], own: dict[str, Tensor]) -> dict[str, Any]:
    """Files of older versions have the two biases of a GRU apart; they are the rows of one weight, as in Keras.

    own: the tensors that the arrays belong to, by the same names.
    """
    for path in [k for k in arrays if "recurrent_bias" in k and k not in own]:
        bias = "bias".join(path.rsplit("recurrent_bias", 1))
        if bias in arrays and bias in own and arrays[bias].shape == arrays[path].shape == own[bias].shape[1:]:
            arrays[bias] = np.stack([arrays[bias], arrays.pop(path)])
    return arrays


def inside(name: str, value: Any, kinds: Any) -> Iterator[tuple[str, Any]]:
    """(name, thing) of the things of these kinds in an attribute: itself, or in its lists and dicts at any depth."""
    if isinstance(value, kinds):
        yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, (kinds, dict, list, tuple)):
                yield from inside(f"{name}_{key}", inner, kinds)
    elif isinstance(value, (list, tuple)):
        for i, inner in enumerate(value):
            yield from inside(f"{name}_{i}", inner, kinds)
