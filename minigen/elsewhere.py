"""Names of NumPy, Keras and PyTorch that tensors, layers, optimizers and the package do not have: what to write."""

from __future__ import annotations

from collections.abc import Mapping

from .errors import message

TENSOR = {
    "add_": "with minigen.no_grad(): x += y",
    "all": "(x.numpy() > 0).all()",
    "any": "(x.numpy() > 0).any()",
    "argmax": "x.numpy().argmax(axis=1)",
    "argmin": "x.numpy().argmin(axis=1)",
    "argsort": "x.numpy().argsort(axis=1)",
    "astype": 'Tensor(x.numpy().astype("float64")), a leaf; layer.astype("float64") for weights',
    "chunk": "minigen.split(x, [1, 1], axis=0)",
    "clamp": "minigen.clip(x, 0.0, 1.0)",
    "cleargrad": "nothing: backward() replaces the gradients instead of accumulating them",
    "clone": "x + 0.0, which is recorded; x.detach() for the values alone",
    "contiguous": "nothing: an op makes its input contiguous where it needs to",
    "copy": "x.detach() for the values alone; copy.deepcopy(x) for a weight",
    "cos": "a custom minigen.Op",
    "cpu": "x.numpy()",
    "creator": "x.op",
    "cuda": 'minigen.use("cupy") before the tensors are created',
    "cumsum": "x.numpy().cumsum(axis=1), or a custom minigen.Op",
    "detach_": "x = x.detach()",
    "device": "minigen.backend.active()",
    "diagonal": "x[range(n), range(n)]",
    "dim": "x.ndim",
    "div": "x / y",
    "dot": "minigen.matmul(a, b)",
    "double": 'Tensor(x.numpy().astype("float64")), a leaf; layer.astype("float64") for weights',
    "expand": "minigen.broadcast_to(x, shape)",
    "fill": "x.assign(numpy.ones(x.shape))",
    "fill_": "x.assign(numpy.ones(x.shape))",
    "flatten": "x.reshape(-1); x.reshape(len(x), -1) for a batch",
    "float": 'Tensor(x.numpy().astype("float32")), a leaf; layer.astype("float32") for weights',
    "grad_fn": "x.op",
    "is_leaf": "x.op is None",
    "mm": "x @ y",
    "mul": "x * y",
    "mul_": "with minigen.no_grad(): x *= y",
    "nonzero": "x.numpy().nonzero()",
    "norm": "minigen.sqrt((x * x).sum())",
    "numel": "x.size",
    "permute": "x.transpose(1, 0), with every axis once",
    "pow": "x ** 2",
    "prod": "minigen.exp(minigen.log(x).sum()) for x > 0, or a custom minigen.Op",
    "ravel": "x.reshape(-1)",
    "register_hook": "loss.backward(wrt=[x]), then x.grad",
    "repeat": "minigen.concatenate([x, x], axis=0), or minigen.broadcast_to(x, shape)",
    "requires_grad_": "Tensor(data, requires_grad=True)",
    "retain_grad": "loss.backward(wrt=[x])",
    "round": "x.numpy().round()",
    "sin": "a custom minigen.Op",
    "sort": "numpy.sort(x.numpy())",
    "squeeze": "x[:, 0], or x.reshape(...)",
    "std": "minigen.sqrt(x.var())",
    "sub": "x - y",
    "sub_": "with minigen.no_grad(): x -= y",
    "swapaxes": "x.transpose(1, 0)",
    "take": "x[indices]",
    "to": 'minigen.use("cupy") before the tensors are created; x.numpy() for a copy on the host',
    "tolist": "x.numpy().tolist()",
    "type": "x.dtype",
    "unsqueeze": "x[:, None]",
    "value": "x.numpy()",
    "view": "x.reshape(...)",
    "zero_grad": "nothing: backward() replaces the gradients instead of accumulating them",
}

LAYER = {
    "W": "layer.kernel",
    "apply": "for w in layer.weights(): w.assign(...)",
    "children": "layer.sublayers()",
    "cleargrads": "nothing: backward() replaces the gradients instead of accumulating them",
    "cpu": "nothing: to_numpy(layer(x)) for its results",
    "cuda": 'minigen.use("cupy") before it is created',
    "eval": "layer(x), which is inference; layer(x, training=True) for training",
    "fit_generator": "model.fit(x, y)",
    "forward": "layer(x)",
    "half": 'layer.astype("float16")',
    "input": "model.inputs",
    "input_shape": "model.inputs.shape",
    "load_state_dict": "minigen.interchange.load_state_dict(layer, module.state_dict())",
    "named_parameters": "layer.named_weights().items()",
    "non_trainable_weights": "[w for w in layer.weights() if not w.requires_grad]",
    "output_shape": "model.output.shape",
    "pop": "Sequential(model.layers[:-1])",
    "predict_classes": "model.predict(x).argmax(axis=1)",
    "predict_on_batch": "model.predict(x)",
    "predict_proba": "model.predict(x)",
    "requires_grad_": "for p in layer.parameters(): p.requires_grad = False; or step(head.parameters())",
    "score": "model.evaluate(x, y)",
    "state_dict": "minigen.interchange.state_dict(layer), or layer.named_weights()",
    "test_on_batch": "model.evaluate(x, y)",
    "to": 'minigen.use("cupy") before it is created; layer.astype("float64")',
    "to_json": 'model.save("m.minigen"), model.get_config(); model.summary() to print it',
    "train": "layer(x, training=True), or model.fit(x, y)",
    "trainable_variables": "layer.parameters()",
    "trainable_weights": "layer.parameters()",
    "variables": "layer.weights()",
    "weight": "layer.kernel",
    "zero_grad": "nothing: backward() replaces the gradients instead of accumulating them",
}

OPTIMIZER = {
    "add_param_group": "an optimizer for each group of parameters",
    "apply_gradients": "loss.backward(), then optimizer.step(parameters)",
    "load_state_dict": 'model.fit(..., checkpoint="run.npz", resume=True)',
    "lr": "optimizer.learning_rate",
    "minimize": "loss.backward(), then optimizer.step(parameters)",
    "setup": "optimizer.step(model.parameters())",
    "zero_grads": "nothing: backward() replaces the gradients instead of accumulating them",
    "param_groups": "an optimizer for each group of parameters",
    "state_dict": 'model.fit(..., checkpoint="run.npz")',
    "zero_grad": "nothing: backward() replaces the gradients instead of accumulating them",
}

PACKAGE = {
    **TENSOR,
    "MSELoss": "minigen.losses.mean_squared_error",
    "Variable": "minigen.Tensor(data, requires_grad=True)",
    "einsum": "minigen.matmul(a, b), with reshape and transpose",
    "arange": "minigen.Tensor(numpy.arange(3.0))",
    "array": "minigen.Tensor([1.0, 2.0])",
    "cat": "minigen.concatenate(xs, axis=0)",
    "device": 'minigen.use("cupy")',
    "from_numpy": "minigen.Tensor(array)",
    "load": "minigen.load_model(...) for a whole model, model.load_weights(path)",
    "manual_seed": "minigen.seed(0)",
    "nn": "minigen.layers, minigen.losses",
    "ones": "minigen.Tensor(numpy.ones(shape))",
    "optim": "minigen.optimizers",
    "rand": "minigen.Tensor(numpy.random.default_rng(0).random(shape))",
    "randn": "minigen.Tensor(numpy.random.default_rng(0).normal(size=shape))",
    "save": "model.save(...) for a whole model, model.save_weights(path)",
    "zeros": "minigen.Tensor(numpy.zeros(shape))",
}


def no_such_name(owner: str, name: str, table: Mapping[str, str], there_is: str | None = None) -> AttributeError:
    """The error for a name that `owner` (a Tensor, a layer, ...) does not have, with `there_is` or the table's advice.

    >>> print(no_such_name("Tensor", "view", TENSOR))
    Tensor.view
      expected: an existing name
      got:      no such name
      fix:      x.reshape(...)
    """
    fix = there_is or table.get(name)
    if fix is None:
        return AttributeError(f"{owner} has no attribute {name!r}")
    return AttributeError(message(f"{owner}.{name}", expected="an existing name", got="no such name", fix=fix))
