"""BatchNormalization in training and in prediction, and its moving statistics (Keras' rule: biased variance)."""

from __future__ import annotations

from minigen import BatchNormalization, Tensor, ops

from . import draws, reference
from .case import Case

RULES = [(ops.BatchNorm, "forward"), (ops.BatchNorm, "backward"), (Tensor, "assign")]


def draw(rng: draws.Rng) -> Case:
    shape = draws.shape(rng, 4, (1, 2, 3, 4, 5), 2)
    training, momentum = draws.chance(rng, 0.7), draws.one_of(rng, [0.0, 0.5, 0.9, 0.99, 1.0])
    epsilon = draws.one_of(rng, [1e-3, 1e-5, 0.1])
    size, centre = draws.one_of(rng, [1.0, 1.0, 10.0]), draws.one_of(rng, [0.0, 0.0, 5.0])
    x, (gamma, beta, mean) = rng.normal(size=shape) * size + centre, rng.normal(size=(3, shape[-1]))
    variance = rng.random(shape[-1]) + 0.1

    def ours(x, gamma, beta):
        layer = BatchNormalization(momentum=momentum, epsilon=epsilon)
        layer.built, layer.gamma, layer.beta = True, gamma, beta
        layer.moving_mean, layer.moving_variance = Tensor(mean.copy()), Tensor(variance.copy())
        return [layer(x, training=training), layer.moving_mean, layer.moving_variance]

    def theirs(x, gamma, beta):
        moving = [x.new_tensor(mean), x.new_tensor(variance)]
        if not training:
            return [reference.batch_norm(x, gamma, beta, *moving, epsilon), *moving]
        rows = x.detach().reshape(-1, shape[-1])
        batch = rows.mean(dim=0), rows.var(dim=0, correction=0)
        moving = [momentum * m + (1 - momentum) * b for m, b in zip(moving, batch, strict=True)]
        return [reference.batch_norm(x, gamma, beta, None, None, epsilon), *moving]

    program = f"BatchNormalization(momentum={momentum}, epsilon={epsilon})(x {shape}, training={training})"
    return Case(program, [x, gamma, beta], ours, theirs, draws.order(rng))
