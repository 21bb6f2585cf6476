"""The settings of each layer in a config of Keras 3, and its arguments here.

Names and values are those of Keras, so most settings are the same. What Keras has besides must have the value that
minigen computes with. An initializer that one side has not is left out: the weights come with the model.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from ..configured import class_of_name, name_of_class
from ..errors import described

FORMAT = {"data_format": "channels_last"}
KERNEL = dict.fromkeys(("kernel_regularizer", "bias_regularizer", "kernel_constraint", "bias_constraint"))
RECURRENT = (
    KERNEL
    | dict.fromkeys(("recurrent_regularizer", "recurrent_constraint", "activity_regularizer"))
    | {"go_backwards": False, "stateful": False, "unroll": False, "zero_output_for_mask": False}
    | {"activation": "tanh", "use_bias": True, "dropout": 0.0, "recurrent_dropout": 0.0}
)
GAMMA_AND_BETA = dict.fromkeys(("beta_regularizer", "gamma_regularizer", "beta_constraint", "gamma_constraint"))
NORMALIZATION = (
    GAMMA_AND_BETA
    | {"axis": -1, "center": True, "scale": True, "synchronized": False}
    | {"renorm": False, "renorm_clipping": None, "renorm_momentum": 0.99}
)
ATTENTION = KERNEL | {"activity_regularizer": None, "attention_axes": [1], "use_gate": False, "sliding_window": None}
EMBEDDING = dict.fromkeys(("embeddings_regularizer", "embeddings_constraint", "activity_regularizer"))

# Class -> what its config has in Keras besides the arguments that it has here, with the values that are computed.
BESIDES: dict[str, dict[str, Any]] = {
    "Activation": {},
    "Add": {},
    "Average": {},
    "AveragePooling2D": FORMAT,
    "BatchNormalization": NORMALIZATION,
    "Concatenate": {},
    "Conv2D": KERNEL | FORMAT | {"groups": 1, "activity_regularizer": None},
    "Conv2DTranspose": KERNEL | FORMAT | {"output_padding": None, "activity_regularizer": None},
    "Dense": KERNEL | {"quantization_config": None},
    "Dropout": {"noise_shape": None},
    "Embedding": EMBEDDING | {"mask_zero": False, "quantization_config": None},
    "Flatten": FORMAT,
    "GRU": RECURRENT | {"recurrent_activation": "sigmoid", "reset_after": True},
    "GaussianNoise": {},
    "GlobalAveragePooling2D": FORMAT,
    "GroupNormalization": GAMMA_AND_BETA,
    "LSTM": RECURRENT | {"recurrent_activation": "sigmoid", "unit_forget_bias": True},
    "LayerNormalization": GAMMA_AND_BETA | {"rms_scaling": False},
    "LeakyReLU": {},
    "MaxPooling2D": FORMAT,
    "Maximum": {},
    "Minimum": {},
    "MultiHeadAttention": ATTENTION,
    "Multiply": {},
    "ReLU": {"max_value": None, "negative_slope": 0.0, "threshold": 0.0},
    "Rescaling": {},
    "Reshape": {},
    "SimpleRNN": RECURRENT,
    "Subtract": {},
    "UpSampling2D": FORMAT,
}
# What changes no number that a trained model computes, or is read elsewhere.
PASSED_OVER = {"name", "trainable", "dtype", "seed", "unroll", "zero_output_for_mask", "renorm_momentum"}
PASSED_OVER |= {"moving_mean_initializer", "moving_variance_initializer", "beta_initializer", "gamma_initializer"}

INITIALIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "glorot_uniform": ("GlorotUniform", {"seed": None}),
    "glorot_normal": ("GlorotNormal", {"seed": None}),
    "he_uniform": ("HeUniform", {"seed": None}),
    "he_normal": ("HeNormal", {"seed": None}),
    "uniform": ("RandomUniform", {"seed": None, "minval": -0.05, "maxval": 0.05}),
    "random_normal": ("RandomNormal", {"seed": None, "mean": 0.0, "stddev": 0.05}),
    "orthogonal": ("Orthogonal", {"seed": None, "gain": 1.0}),
    "zeros": ("Zeros", {}),
    "ones": ("Ones", {}),
}
# Operators between symbols make a layer here, Arithmetic(operation), and in Keras one of these operations.
OPERATIONS = {"add": "Add", "subtract": "Subtract", "multiply": "Multiply", "divide": "TrueDivide", "power": "Power"}
MODULE_OF_OPERATIONS = "keras.src.ops.numpy"
# Functions of minigen.ops -> the activations of Keras that they are.
ACTIVATIONS = {name: name for name in "elu gelu leaky_relu log_softmax relu sigmoid silu softmax softplus tanh".split()}
ACTIVATIONS |= {"identity": "linear", "exp": "exponential"}


def serialized(class_name: str, config: Mapping[str, Any], module: str) -> dict[str, Any]:
    """An object as it stands in Keras' configs."""
    return {"module": module, "class_name": class_name, "config": dict(config), "registered_name": None}


# ---- to Keras


def to_keras(layer: Any, name: str, problems: list[str]) -> dict[str, Any]:
    """The config of a layer; `problems` gets what Keras has not."""
    kind = type(layer).__name__
    if kind not in BESIDES or not type(layer).__module__.startswith("minigen."):
        problems.append(f"{name}: {kind} is no layer of Keras")
        return {}
    policy = serialized("DTypePolicy", {"name": layer.dtype}, "keras")
    if layer.dtype != "float32":
        problems.append(f"{name}: dtype {layer.dtype}, which load_model() does not read from such a file")
    may_be_trained = [w for path, w in layer.named_weights().items() if not path.startswith("moving_")]
    frozen = may_be_trained and not layer.parameters()
    if frozen and kind == "BatchNormalization":
        problems.append(f"{name}: frozen, with which Keras does not use the statistics of the batch")
    elif not frozen and len(layer.parameters()) != len(may_be_trained):
        problems.append(f"{name}: only some of its weights are frozen; in Keras all are, or none")
    config = {"name": name, "trainable": not frozen, "dtype": policy} | BESIDES[kind]
    for argument, value in layer.init_arguments().items():
        if argument.endswith("_initializer"):
            config |= _initializer(argument, value)
        elif argument == "activation":
            config |= {argument: _activation(value, name, problems)}
        elif argument not in ("name", "strides") or value is not None:
            config[argument] = list(value) if isinstance(value, tuple) else value
    for argument in ("kernel_size", "strides", "dilation_rate", "pool_size", "size"):  # Keras has pairs
        config |= {argument: list(getattr(layer, argument))} if argument in config or hasattr(layer, argument) else {}
    return config | {"name": name}


def is_operation(layer: Any) -> bool:
    """Whether it stands for an operator between symbols, such as a + b or 1 - a."""
    return name_of_class(type(layer)) == "minigen.Arithmetic"


def operation_to_keras(layer: Any, name: str) -> dict[str, Any]:
    """The operation of Keras; what it is applied to stands in its call."""
    kind = OPERATIONS[layer.operation]
    return serialized(kind, {"name": name}, MODULE_OF_OPERATIONS) | {"registered_name": kind}


def operands(layer: Any, x: Any) -> list[Any]:
    """What an operation is applied to, as Keras' call has it: symbols and numbers in their order."""
    if layer.left is not None:
        return [layer.left, x]
    return [x, layer.right] if layer.right is not None else list(x)


def _initializer(argument: str, value: Any) -> dict[str, Any]:
    name = value if isinstance(value, str) else getattr(value, "__name__", None)
    class_name, config = INITIALIZERS.get(str(name).lower(), (None, {}))
    if type(value).__name__ == "RandomNormal":
        class_name, config = "RandomNormal", {"seed": None, **value.get_config()}
    return {} if class_name is None else {argument: serialized(class_name, config, "keras.initializers")}


def _activation(value: Any, name: str, problems: list[str]) -> str:
    if value is None or isinstance(value, str):
        return str(value or "linear").lower()
    own = str(getattr(value, "__module__", "")).startswith("minigen.ops")
    name_there = ACTIVATIONS.get(value.__name__) if own else None
    if name_there is None:
        problems.append(f"{name}: activation {described(value)}")
    return name_there or "linear"


# ---- from Keras


def from_keras(class_name: str, config: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """The arguments of a layer here; `problems` gets what minigen has not."""
    label = f"{class_name} {config.get('name')!r}"
    if class_name not in BESIDES:
        problems.append(f"{label}: minigen has no such layer")
        return {}
    kind = class_of_name(f"minigen.{class_name}", {})
    own = inspect.signature(kind).parameters
    arguments: dict[str, Any] = {}
    for setting, value in config.items():
        if setting.endswith("_initializer") and setting in own:
            arguments |= _own_initializer(setting, value)
        elif setting in own:
            arguments[setting] = tuple(value) if isinstance(value, list) else value
        elif setting not in PASSED_OVER and value != BESIDES[class_name].get(setting):
            problems.append(f"{label}: {setting}={described(value) if isinstance(value, dict) else value!r}")
    policy = config.get("dtype", "float32")
    policy = policy.get("config", {}).get("name") if isinstance(policy, dict) else policy
    if policy != "float32":
        problems.append(f"{label}: dtype {policy}")
    if class_name == "BatchNormalization" and config.get("trainable") is False:
        problems.append(f"{label}: trainable=False, with which Keras does not use the statistics of the batch")
    try:
        kind(**arguments)
    except (TypeError, ValueError) as error:
        problems.append(f"{label}: {' '.join(str(error).split())}")
    return arguments


def operation_from_keras(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """The arguments of Arithmetic for an operation; None if minigen has no such operation."""
    operation = next((name for name, kind in OPERATIONS.items() if kind == found["class_name"]), None)
    if found.get("module") != MODULE_OF_OPERATIONS or operation is None:
        return None
    sides = zip(("left", "right"), found["inbound_nodes"][0]["args"], strict=True)
    numbers = {side: value for side, value in sides if isinstance(value, (int, float))}
    return {"operation": operation, "name": found["config"]["name"]} | numbers


def _own_initializer(argument: str, value: Any) -> dict[str, Any]:
    found = value if isinstance(value, dict) else {"class_name": value}
    class_name, config = found.get("class_name"), found.get("config") or {}
    for name, (theirs, settings) in INITIALIZERS.items():
        same = all(config.get(key, v) == v for key, v in settings.items() if key != "seed")
        if class_name in (name, theirs) and same:
            return {argument: name}
    if class_name == "RandomNormal":
        return {argument: class_of_name("minigen.RandomNormal", {})(config["mean"], config["stddev"])}
    return {}
