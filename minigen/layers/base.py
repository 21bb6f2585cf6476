"""Layer: a function with weights."""

from __future__ import annotations

import inspect
import operator
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from .. import backend
from ..arguments import checks_arguments
from ..autograd import no_grad
from ..checks.values import one_of, refuse_missing_method, snake_case
from ..configured import Configured
from ..elsewhere import LAYER, no_such_name
from ..kernels import blocks
from ..tensor import Tensor
from ..types import DType, Shape
from . import checks
from .checks import is_array
from .input_spec import InputSpec
from .parts import Parts, forget_parts, inside, note_change
from .symbolic import Call, Symbolic, is_symbol, replaced, symbols_in
from .weights import Weights, assign, by_path, initial_values, load, save

BOOLS = (bool, np.bool_, type(None))


class Layer(Configured):
    """Base of all layers. Subclasses write call(), and build() if they have weights.

        class Scale(Layer):
            "y = s x with a learned s for each feature"

            def build(self, input_shape):
                self.s = self.add_weight("s", (input_shape[-1],), "ones")

            def call(self, x):
                return x * self.s

    call() may take `training`, and more than one argument; layers that behave alike in training and prediction leave
    `training` out. A layer called on a Tensor or an array computes; called on the result of Input() it builds its
    weights and notes the call for Model. `input_spec`, an InputSpec that is a class attribute or set in build(), says
    what input the layer takes: the first argument of each call is checked against it. A subclass that overrides the
    call() of another layer is checked only if its class has an input_spec too.
    """

    name: str | None = None
    dtype = "float32"
    built = False
    built_for: Any = None  # the shapes that build() got
    input_spec: InputSpec | None = None
    call_signature: ClassVar[inspect.Signature]
    takes_training: ClassVar[bool] = False
    computes_in_blocks = False  # True for convolutions, and for a model or layer with some inside: kernels/blocks.py
    _first_output: Any = None
    _spec_is_of_call: ClassVar[bool] = True  # whether input_spec describes what call() of this class takes
    _known_parts: Parts | None = None
    _without_parts: frozenset[str] = frozenset({"_first_output"})  # attributes with no weight in them

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.call_signature = inspect.signature(cls.call)
        parameters = cls.call_signature.parameters.values()
        if "call" in vars(cls):  # it may convert its input before the call() that it inherits, which the spec describes
            extends = any("call" in vars(base) for base in cls.__mro__[1:] if base is not Layer)
            cls._spec_is_of_call = "input_spec" in vars(cls) or not extends
        cls.takes_training = any(p.name == "training" or p.kind is p.VAR_KEYWORD for p in parameters)

    def __init__(self, name: str | None = None) -> None:
        checks.check_name(type(self).__name__, name)
        self.name = name

    # ---- to be written by subclasses

    def build(self, input_shape: Any) -> None:
        """Make the weights. `input_shape` has the batch size first (a list of shapes for several inputs)."""

    def call(self, x: Any) -> Any:
        refuse_missing_method(type(self).__name__, "call(self, x)")

    def local_statistics(self) -> list[Tensor]:
        """Weights that a rank of a parallel training changes by its own rows: their mean is taken after each epoch."""
        return []

    # ---- calling

    def __call__(self, x: Any, *others: Any, training: bool | None = None, **keywords: Any) -> Any:
        """call(x, *others, **keywords), with arrays as Tensors; on symbols the call is noted, and symbols come back.

        `training` may also stand last, without its name. On symbols it holds whenever the model runs, as in
        Dropout(0.5)(x, training=True); without it the layer does as the model does. Raises TypeError for what call()
        does not take, TypeError or ValueError for an x that does not fit input_spec.
        """
        if others or keywords or isinstance(x, (list, tuple, dict, Symbolic)) or not isinstance(training, BOOLS):
            others, training = self._sort_arguments(x, others, training, keywords)
            if any(True for _ in symbols_in((x, others, keywords))):
                return self._connect(Call(self, x, others, training, keywords))
            x, (others, keywords) = self._to_inputs(x), replaced((others, keywords), is_array, self._to_tensor)
        else:
            x = self._to_tensor(x)
        if self.input_spec is not None and self._spec_is_of_call and not self.input_spec.admits(x):
            checks.refuse_input(self, self.input_spec, x)
        if not self.built:
            return self._first_call(x, others, training, keywords)
        if self.takes_training:
            keywords["training"] = bool(training)
        if not self.computes_in_blocks:
            return self.call(x, *others, **keywords)
        with blocks.throughout():
            return self.call(x, *others, **keywords)

    def _sort_arguments(self, x: Any, others: Any, training: Any, keywords: dict[str, Any]) -> tuple[Any, bool | None]:
        """(the others, training) where training may be the last of the others; TypeError for what call() cannot use."""
        if others and training is None and isinstance(others[-1], BOOLS) and not self._takes(len(others)):
            *others, training = others
        try:
            bound = self.call_signature.bind_partial(self, x, *others, **keywords).arguments
        except TypeError as error:
            why = str(error)
        else:
            if "training" not in bound and isinstance(training, BOOLS):
                return others, training if training is None else bool(training)
            why = f"training is {checks.describe(bound.get('training', training))}"
        checks.refuse_arguments(self, others, keywords, why)

    def _takes(self, place: int) -> bool:
        """Whether call() has an argument other than `training` at this place behind x."""
        there = list(self.call_signature.parameters.values())[1 + place : 2 + place]
        return any(p.kind < p.VAR_POSITIONAL and p.name != "training" for p in there)

    def _first_call(self, x: Any, others: Any, training: bool | None, keywords: dict[str, Any]) -> Any:
        """Build for the shape of x and compute; if that fails the layer is as before, and another x may build it."""
        before = [(layer, dict(vars(layer))) for layer in self.sublayers()]
        try:
            self._build(x)
            y = self(x, *others, training=training, **keywords)
            checks.check_returned(self, y)
            forget_parts()  # a weight may have been set past __setattr__, as by functools.cached_property
            return y
        except Exception as error:
            for layer, attributes in before:
                vars(layer).clear()
                vars(layer).update(attributes)
            forget_parts()
            given = keywords | {"training": training} if self.takes_training else keywords
            checks.explain_first_call(self, x, others, given, error)
            raise

    def _to_tensor(self, x: Any) -> Tensor:
        """x as a Tensor on the active library, floats in the precision of this layer."""
        if isinstance(x, Tensor):
            return x
        x = backend.asarray(x)
        return Tensor(x.astype(self.dtype, copy=False) if x.dtype.kind == "f" else x)

    def _to_inputs(self, x: Any) -> Any:
        """x as a Tensor, or a list or dict of them for several inputs; a list of numbers is an array."""
        if isinstance(x, dict):
            return {key: self._to_inputs(inner) for key, inner in x.items()}
        if isinstance(x, (list, tuple)) and _holds_arrays(x):
            return [self._to_inputs(inner) for inner in x]
        return self._to_tensor(x)

    def _build(self, x: Any) -> None:
        """Build for the shapes of x, a Tensor or a list of them."""
        self.build_for(replaced(x, is_array, operator.attrgetter("shape")))

    def build_for(self, shapes: Any) -> None:
        """build(), once."""
        self.build(shapes)
        self.built, self.built_for = True, shapes

    def unbuilt(self) -> list[str]:
        """The labels of the layers, itself and those inside, that will make weights when the first data comes."""
        return [layer.label for layer in self.sublayers() if layer._waits_for_data()]

    def _waits_for_data(self) -> bool:
        return not self.built and type(self).build is not Layer.build

    # ---- in a graph

    def _connect(self, call: Call) -> Any:
        """Give the call its outputs, symbols of the shapes that come out."""
        y = self._outputs_of(call)
        checks.check_outputs(self, y)
        many = isinstance(y, (list, tuple))
        self.note_outputs(call, [(o.shape[1:], str(o.dtype)) for o in (y if many else [y])])
        return call.outputs if many else call.outputs[0]

    def note_outputs(self, call: Call, shapes: Sequence[tuple[Shape, str]]) -> None:
        """Give the call outputs of these shapes, without the batch, and types."""
        call.outputs = [Symbolic((None, *shape), call, dtype) for shape, dtype in shapes]
        if self._first_output is None:
            self._first_output = call.outputs if len(call.outputs) > 1 else call.outputs[0]

    def _outputs_of(self, call: Call) -> Any:
        """What the call returns for one sample of zeros."""
        x, others, keywords = replaced((call.x, call.others, call.keywords), is_symbol, Symbolic.zeros)
        with no_grad(), np.errstate(all="ignore"):  # log(0) and its like do not matter: only the shape is used
            return self(x, *others, **keywords)

    @property
    def output(self) -> Any:
        """The symbolic output of its first use in a graph: Model(d.inputs, d.layers[-2].output) ends there.

        Raises ValueError for a layer that is in no graph.
        """
        checks.check_in_graph(self, self._first_output)
        return self._first_output

    # ---- attributes

    def __setattr__(self, name: str, value: Any) -> None:
        old = vars(self).get(name)
        if old is not value:
            checks.check_attribute(self, name, old, value)
            note_change(old, value, (Tensor, Layer))
        if name in vars(self).get("_given", ()):
            vars(self)["_given"][name] = value  # the argument of that name, which has been set since
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        note_change(vars(self).get(name), None, (Tensor, Layer))
        super().__delattr__(name)

    if not TYPE_CHECKING:  # mypy would take every name for an attribute

        def __getattr__(self, name: str) -> Any:
            if isinstance(getattr(type(self), name, None), property):
                return object.__getattribute__(self, name)  # the error that the property had
            there_is = None
            if name in checks.WEIGHTS and self._waits_for_data():
                there_is = "layer(x[:1]) before it: the first data makes its weights"
            if "name" not in vars(self):
                there_is = "super().__init__(...) at the beginning of its __init__"
            raise no_such_name(self.label, name, LAYER, there_is)

    # ---- weights

    @checks_arguments
    def add_weight(
        self, name: str, shape: Shape, initializer: Any = "glorot_uniform", trainable: bool = True
    ) -> Tensor:
        """A new weight; assign it to an attribute. trainable=False for statistics that no gradient moves.

        Raises TypeError for a shape that is none, ValueError for an initializer that gives another shape, and
        MemoryError for more numbers than memory can hold.
        """
        data = initial_values(self.label, name, shape, self.dtype, initializer)
        return Tensor(data, requires_grad=trainable, name=f"{self.name or self.default_name}/{name}")

    def direct_parts(self, parts: Parts | None = None) -> Iterator[tuple[str, Any]]:
        """(name, weight or layer) of everything in the attributes of this layer, in the order of their definition."""
        for name, value in vars(self).items():
            if name not in self._without_parts:
                yield from inside(name, value, (Tensor, Layer), parts)

    def all_parts(self) -> Parts:
        """Every weight and every layer inside, at any depth, by its path: each once, in order."""
        if self._known_parts is not None and self._known_parts.is_current():
            return self._known_parts
        parts = Parts()
        parts.begin()
        seen: set[int] = set()
        todo: list[tuple[str, Any]] = [("", self)]
        while todo:  # a loop, not a recursion: layers may lie deep in each other
            path, part = todo.pop()
            if id(part) in seen:
                continue
            seen.add(id(part))
            if isinstance(part, Layer):
                if part is not self:
                    parts.layers.append((path, part))
                todo += [(f"{path}/{name}" if path else name, p) for name, p in part.direct_parts(parts)][::-1]
            elif path in parts.weights:
                checks.refuse_two_weights(self.label, path)
            else:
                parts.weights[path] = part
        self._known_parts = parts
        return parts

    def named_weights(self) -> dict[str, Tensor]:
        """Every weight by its path ("encoder/dense/kernel"), trainable or not, each once, in the order of weights()."""
        return dict(self.all_parts().weights)

    @property
    def weights(self) -> Weights:
        """Every weight, trainable or not, in definition order; those of a graph of layers in Keras' order.

        A list, as in Keras: layer.weights[0]. It may be called too, as parameters() is: layer.weights()[0].
        """
        return Weights(self.all_parts().weights.values())

    def parameters(self) -> list[Tensor]:
        """The trainable weights: what an optimizer updates."""
        return [w for w in self.all_parts().weights.values() if w.requires_grad]

    def sublayers(self) -> Iterator[Layer]:
        """The layer itself and every layer inside, at any depth, each once."""
        yield self
        yield from (layer for _, layer in self.all_parts().layers)

    @property
    def trainable(self) -> bool:
        """True: there is no switch. What is trained stands in the training step, backward(wrt=...) and step(...)."""
        return True

    @trainable.setter
    def trainable(self, value: bool) -> None:
        if value is not True:
            checks.refuse_switch(self.label, value)

    def count_params(self) -> int:
        """How many numbers the weights hold."""
        return sum(w.size for w in self.weights())

    def get_config(self) -> dict[str, Any]:
        """The arguments that it was made with, by name; of a graph of layers, and of what holds one, its description.

        type(layer).from_config(config) makes a layer like it, with weights of its own. Raises ValueError for arguments
        that have no description, such as a lambda, all of them listed.
        """
        from .description.writing import describe  # with `import minigen` it would take 3 ms

        holds_graph = any(True for _ in symbols_in(self.init_arguments()))
        return describe(self) if holds_graph else super().get_config()

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        from .description.building import build

        is_description = "steps" in config
        return build(config, custom_objects) if is_description else super().from_config(config, custom_objects)

    def astype(self, dtype: DType) -> Layer:
        """Cast every weight, and what comes in from now on: "float64" for gradcheck. Returns self.

        Raises ValueError for a type that is none of "float16", "float32" and "float64".
        """
        name = dtype.__name__ if isinstance(dtype, type) else str(dtype)
        name = one_of(f"{self.label}.astype", name, checks.FLOATS, 'layer.astype("float64")')
        for layer in self.sublayers():
            layer.dtype = name
        for w in self.weights():
            w.data = w.data.astype(name)
        return self

    def get_weights(self) -> list[np.ndarray]:
        """All weights as NumPy arrays, in the order of weights(), which is Keras' (copies)."""
        return [w.numpy().copy() for w in self.weights()]

    @checks_arguments
    def set_weights(self, arrays: Any) -> None:
        """Overwrite all weights: a list in the order of get_weights(), or a dict by the paths of named_weights().

        A dict may have the list of a whole layer under its name: {"mu": [kernel, bias], ...}. Raises ValueError, and
        nothing is changed, for arrays that do not fit, TypeError for what is no list or dict.
        """
        self.assign_weights(by_path(self, arrays))

    @checks_arguments
    def save_weights(self, path: str | os.PathLike[str]) -> None:
        """Write all weights to a file at exactly `path`, aside and then renamed.

        The name says the format: .safetensors; .weights.h5, that of Keras 3; any other name, .npz. Raises OSError if it
        cannot be written, ImportError without the package that a format needs.
        """
        save(self, path)

    @checks_arguments
    def load_weights(self, path: str | os.PathLike[str]) -> None:
        """Read weights that save_weights, a checkpoint, or Keras 3 wrote; the name says the format, as there.

        Raises ValueError naming every missing, unexpected and mis-shaped weight at once, or for a damaged file, with
        the model untouched; OSError if the file cannot be opened.
        """
        self.assign_weights(load(self, path), str(path))

    def assign_weights(self, arrays: dict[str, Any], source: str = "set_weights") -> None:
        """Overwrite all weights; ValueError, and nothing is changed, if the arrays do not fit."""
        assign(self, arrays, source)

    # ---- names in texts

    @property
    def default_name(self) -> str:
        """How a graph names a layer without a name, with a number from the second on: dense, dense_1."""
        return snake_case(type(self).__name__)

    @property
    def label(self) -> str:
        """How errors name this layer: "Dense 'code'"."""
        return type(self).__name__ + (f" {self.name!r}" if self.name else "")

    def __repr__(self) -> str:
        return f"<{self.label}, {self.count_params():,} weights>"


Layer.call_signature = inspect.signature(Layer.call)


def _holds_arrays(x: Any) -> bool:
    return any(is_array(a) or (isinstance(a, (list, tuple, dict)) and _holds_arrays(a)) for a in x)
