"""Two of the models of minigen_models.py in DeZero, a similar library: pip install dezero."""

import numpy as np
from data import images

np.int = int  # noqa: NPY001  # DeZero 0.0.13 uses this name, which NumPy 1.24 removed

import dezero  # noqa: E402

F, L = dezero.functions, dezero.layers
VERSION = f"DeZero 0.0.13, NumPy {np.__version__}"
np.random.seed(0)  # noqa: NPY002

# DeZero converts numbers to float64 arrays, which make float32 arrays float64 in NumPy 2. Here all remain float32.
dezero.core.as_array = lambda x, xp=np: xp.asarray(x, np.float32) if np.isscalar(x) else x


def training(optimizer, x, *layers):
    """A step of an autoencoder on the fixed batch x, with the binary cross-entropy."""
    model, x = dezero.models.Sequential(*layers), dezero.Variable(x)
    model(x)  # creates the weights
    for w in model.params():
        w.data = w.data.astype(np.float32)
    optimizer.setup(model)

    def step():
        loss = F.binary_cross_entropy(model(x), x) / 784  # DeZero sums over the pixels
        model.cleargrads()
        loss.backward()
        optimizer.update()
        return loss.data

    return step


def fc_ae():
    layers = L.Linear(32), F.relu, L.Linear(784), F.sigmoid
    return training(dezero.optimizers.Adam(1e-3), images(256), *layers)


def up_sampling(x):
    """Every pixel as a 2 x 2 block: DeZero has no such function."""
    n, c, h, w = x.shape
    return F.broadcast_to(x.reshape(n, c, h, 1, w, 1), (n, c, h, 2, w, 2)).reshape(n, c, 2 * h, 2 * w)


def max_pooling(x):
    return F.pooling(x, 2, stride=2)


def conv_ae():
    encoder = L.Conv2d(32, 3, pad=1), F.relu, max_pooling, L.Conv2d(32, 3, pad=1), F.relu, max_pooling
    decoder = L.Conv2d(32, 3, pad=1), F.relu, up_sampling, L.Conv2d(32, 3, pad=1), F.relu, up_sampling
    optimizer = dezero.optimizers.AdaDelta(rho=0.95, eps=1e-7)
    return training(optimizer, images(128, 1, 28, 28), *encoder, *decoder, L.Conv2d(1, 3, pad=1), F.sigmoid)


MODELS = {f.__name__: f for f in (fc_ae, conv_ae)}
