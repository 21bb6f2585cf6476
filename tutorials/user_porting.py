"""
A Keras program and a PyTorch program in minigen
================================================

Two programs, first as they are written for Keras 3.15 and for PyTorch 2.13, then in minigen. They begin with the same
weights and see the same batches, so that the losses can be compared: five digits agree. The page "Coming from Keras or
PyTorch" of the guide lists what is written how.

``--quick`` takes two epochs of five.
"""

import numpy as np

from minigen import Adam, AdamW, Dense, Input, Lambda, Model, Sequential, clip, layers, plot, silu, split
from minigen.cli import tutorial_flags
from minigen.datasets import mnist
from minigen.losses import binary_crossentropy_per_image

ARGS = tutorial_flags(__doc__, epochs=5, quick_epochs=2, batch_size=100)

(x, _), _ = mnist.load_data("sample")
x = x[:1000].reshape(-1, 784).astype("float32") / 255


def start(*shapes):
    """The weights that the programs begin with: kernels drawn by NumPy, biases 0."""
    rng = np.random.default_rng(0)
    drawn = [rng.standard_normal(shape) / np.sqrt(shape[0]) for shape in shapes]
    return [w.astype("float32") for kernel in drawn for w in (kernel, np.zeros(kernel.shape[1]))]


def compare(what, here, there):
    """Print the losses of both libraries, epoch by epoch, and stop where they differ."""
    for epoch, (ours, theirs) in enumerate(zip(here, there, strict=False), start=1):
        print(f"{what}, epoch {epoch}: {ours:.6g} here, {theirs:.6g} there")
        assert abs(ours - theirs) <= 1e-4 * theirs


# %%
# Keras: a denoising autoencoder. Its network predicts the noise, which is subtracted from the image. ::
#
#     noisy = np.clip(x + 0.3 * np.random.default_rng(1).standard_normal(x.shape), 0, 1).astype("float32")
#     image = keras.Input(shape=(784,))
#     hidden = layers.Dense(64, activation="swish")(image)
#     noise = layers.Dense(784)(hidden)
#     clean = layers.Lambda(lambda x: keras.ops.clip(x, 0.0, 1.0))(image - noise)
#     model = keras.Model(image, clean)
#     model.compile(optimizer=keras.optimizers.AdamW(1e-3, clipnorm=1.0), loss="mse")
#     history = model.fit(noisy, x, epochs=5, batch_size=100, shuffle=False)
#     result = model.evaluate(noisy, x, return_dict=True)
#
# In minigen only the names of the modules change.

noisy = np.clip(x + 0.3 * np.random.default_rng(1).standard_normal(x.shape), 0, 1).astype("float32")
image = Input(shape=(784,))
hidden = Dense(64, activation="swish")(image)
noise = Dense(784)(hidden)
clean = Lambda(lambda x: clip(x, 0.0, 1.0))(image - noise)
model = Model(image, clean)
model.set_weights(start((784, 64), (64, 784)))
model.compile(optimizer=AdamW(1e-3, clipnorm=1.0), loss="mse")
history = model.fit(noisy, x, epochs=ARGS.epochs, batch_size=100, shuffle=False, verbose=0)
result = model.evaluate(noisy, x, return_dict=True)
model.summary()

# From tests/golden/make_porting.py, with Keras 3.15.1 on PyTorch 2.13.0: five epochs, and evaluate() after them
KERAS = [0.055083, 0.040887, 0.029297, 0.023272, 0.020997]
compare("Keras' program", history.history["loss"], KERAS)
assert ARGS.epochs != 5 or abs(result["loss"] - 0.020329) < 2e-6
print(plot.save(plot.rows(x[:10], noisy[:10], model.predict(noisy[:10])), f"{ARGS.out}/tutorial-porting.png"))

# %%
# A layer of Keras that minigen has not: the error says what to write.

try:
    layers.GlobalMaxPooling2D()
except AttributeError as error:
    print(error)
    assert "Lambda(lambda x: x.max((1, 2)))" in str(error)

# %%
# PyTorch: a variational autoencoder in a loop of its own. ::
#
#     class VAE(nn.Module):
#         def __init__(self):
#             super().__init__()
#             self.encoder = nn.Linear(784, 128)
#             self.heads = nn.Linear(128, 4)
#             self.decoder = nn.Sequential(nn.Linear(2, 128), nn.SiLU(), nn.Linear(128, 784))
#
#         def forward(self, x, eps):
#             mu, logvar = self.heads(F.silu(self.encoder(x.flatten(1)))).chunk(2, dim=1)
#             z = mu + (0.5 * logvar).exp() * eps
#             return self.decoder(z), mu, logvar
#
#     optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7)
#     for batch in pixels.split(100):
#         logits, mu, logvar = model(batch, eps)
#         bce = F.binary_cross_entropy_with_logits(logits, batch.flatten(1), reduction="sum")
#         kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
#         loss = (bce + kl) / len(batch)
#         optimizer.zero_grad()
#         loss.backward()
#         torch.nn.utils.clip_grad_value_(model.parameters(), 0.5)
#         optimizer.step()
#
# In minigen a layer is told its units alone, ``forward`` is ``call``, and ``chunk`` is ``split`` with the sizes. The
# targets of a loss come first, and a loss is a mean over the batch. There is no gradient to zero; the optimizer clips,
# and its step is told the parameters.


class VAE(Model):
    def __init__(self):
        super().__init__()
        self.encoder = Dense(128)
        self.heads = Dense(4)
        self.decoder = Sequential([Dense(128, activation="silu"), Dense(784)])

    def call(self, x, eps):
        mu, logvar = split(self.heads(silu(self.encoder(x.flatten(1)))), [2, 2], axis=1)
        z = mu + (0.5 * logvar).exp() * eps
        return self.decoder(z), mu, logvar


pixels, rng = x.reshape(-1, 28, 28), np.random.default_rng(2)
vae = VAE()
vae(pixels[:1], np.zeros((1, 2), "float32"))  # the first data makes the weights
vae.set_weights(start((784, 128), (128, 4), (2, 128), (128, 784)))
optimizer, losses = Adam(1e-3, clipvalue=0.5), []
for _ in range(ARGS.epochs):
    total = 0.0
    for batch in np.split(pixels, 10):
        eps = rng.standard_normal((len(batch), 2)).astype("float32")
        logits, mu, logvar = vae(batch, eps)
        bce = binary_crossentropy_per_image(batch.reshape(-1, 784), logits, from_logits=True)
        kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum() / len(batch)
        loss = bce + kl
        loss.backward()
        optimizer.step(vae.parameters())
        total += loss.item()
    losses.append(total / 10)

# From tests/golden/make_porting.py, with PyTorch 2.13.0
TORCH = [534.775714, 391.506836, 272.363925, 231.76105, 218.981345]
compare("PyTorch's program", losses, TORCH)
