"""
Section 9.2.5: one encoder, many tasks (Fig 9.14)
=================================================

"The same encoder can be shared across a multitude of classification tasks. The training strategy then simply consists
of alternating between the various training tasks, for a few mini-batch updates per task." The chapter's tasks are
mustache, glasses and smile of faces; here they are the class of a digit, whether it has a loop, and the thickness of
its stroke. The last two are measured from the pixels, so that their labels cost nothing.

``--quick`` takes a few seconds.
"""

import numpy as np

import minigen
from minigen import Adam, Dense, Task, Tensor, alternate, metrics, models, plot
from minigen.cli import tutorial_flags
from minigen.datasets import attributes, mnist
from minigen.models import Head, latent, linear_probe
from minigen.optimizers import LinearDecay

ARGS = tutorial_flags(__doc__, epochs=10, quick_epochs=1, batch_size=32)

(x_train, y_train), (x_test, y_test) = mnist.load_data("sample")
x_train = x_train.reshape(-1, 784).astype("float32") / 255
x_test = x_test.reshape(-1, 784).astype("float32") / 255
if ARGS.quick:
    x_train, y_train = x_train[:1000], y_train[:1000]

# %%
# Labels from the pixels. A digit has a loop if a flood fill from the corner of the image does not reach all of its
# background. The thickness of a stroke is twice its ink divided by the length of its outline.

loop, width = attributes.has_loop(x_train), attributes.thickness(x_train)
print("share with a loop, digit by digit:", [f"{loop[y_train == digit].mean():.2f}" for digit in range(10)])
order = np.argsort(width)[np.linspace(0, len(width) - 1, 10).astype(int)]
sheet = plot.grid(x_train[order], labels=[f"{w:.1f}" for w in width[order]])
print(plot.save(sheet, f"{ARGS.out}/tutorial-thickness.png"))
has_loop = loop.astype("float32")[:, None]
standard_width = ((width - width.mean()) / width.std()).astype("float32")[:, None]

# %%
# The models: a VAE, and a linear head on μ for each task. A head has its own layers and shares the encoder of the VAE.
# Every model has its own loss and its own optimizer, whose learning rate decreases to 0: several tasks that train one
# encoder would not converge otherwise.

steps = ARGS.epochs * -(-len(x_train) // ARGS.batch_size)
vae = models.vae(latent_dim=16)
digit = Head(vae.encoder, Dense(10, activation="softmax"), name="digit")
ring = Head(vae.encoder, Dense(1, activation="sigmoid"), name="loop")
thickness = Head(vae.encoder, Dense(1), name="thickness")
vae.compile(Adam(LinearDecay(1e-3, steps)))
digit.compile(Adam(LinearDecay(1e-3, steps)), "sparse_categorical_crossentropy", metrics=["accuracy"])
ring.compile(Adam(LinearDecay(1e-3, steps)), "binary_crossentropy", metrics=["accuracy"])
thickness.compile(Adam(LinearDecay(1e-3, steps)), "mean_squared_error")

# %%
# One training step of each, traced. The figure is Fig 9.14 without its discriminator: boxes are models. (With
# models.vae_gan() in place of models.vae() it has the discriminator too.)

x = Tensor(x_train[:8], name="x")
with minigen.trace() as t:
    vae.train_step(x)
    digit.train_step(x, y_train[:8])
    ring.train_step(x, Tensor(has_loop[:8], name="loop?"))
    thickness.train_step(x, Tensor(standard_width[:8], name="thickness?"))
minigen.draw(t, f"{ARGS.out}/tutorial-fig-9-14.png")

# %%
# Alternate: two mini-batches of the VAE, two of the first task, and so on, each with its own data. A step of a task
# moves its own layer and the encoder, and nothing else.

schedule = [
    (Task("vae", vae, x_train), 2),
    (Task("digit", digit, x_train, y_train), 2),
    (Task("loop", ring, x_train, has_loop), 2),
    (Task("thickness", thickness, x_train, standard_width), 2),
]
history = alternate(schedule, batch_size=ARGS.batch_size, epochs=ARGS.epochs).history
losses = {name: values for name, values in history.items() if name.endswith("loss") and name != "vae/loss"}
print(plot.save(plot.curves(losses, y="loss"), f"{ARGS.out}/tutorial-tasks.png"))
print(f"test accuracy of the task digit: {digit.evaluate(x_test, y_test)[1]:.3f}")

# %%
# What has the code gained? A linear classifier on z measures what can be decoded from it; the moments of z measure its
# distance from N(0, Id). The VAE without tasks serves for comparison.

alone = models.vae(latent_dim=16)
alone.compile(Adam(LinearDecay(1e-3, steps)))
alone.fit(x_train, epochs=ARGS.epochs, batch_size=ARGS.batch_size, verbose=0)
probes, probe_steps = {}, 300 if ARGS.quick else 2000
for name, model in (("VAE", alone), ("VAE + tasks", vae)):
    codes, codes_test = model.encode(x_train)[0], model.encode(x_test)[0]
    probes[name] = linear_probe(codes, y_train, codes_test, y_test, probe_steps)
    away, error = metrics.moment_kl(model.draw_codes(x_test)), metrics.mean_squared_error(x_test, model.predict(x_test))
    print(f"{name}: digit from z {probes[name]:.3f}, KL of z to N(0, Id) {away:.2f}, 1/2 ‖x̂ - x‖² {392 * error:.1f}")
assert ARGS.epochs < 10 or probes["VAE + tasks"] > probes["VAE"]

# %%
# Attribute arithmetic: the mean code of the thick digits minus that of the thin ones. Added to the code of a digit,
# this vector makes its stroke thicker.

towards = latent.direction(vae.encode(x_train)[0], width > np.median(width))
start = vae.encode(x_test[:8])[0]
thicker = [vae.decode(start + step * towards) for step in np.linspace(-1.5, 1.5, 7)]
print("ink from thin to thick:", [f"{images.sum() / len(images):.0f}" for images in thicker])
print(plot.save(plot.rows(*thicker, columns=8), f"{ARGS.out}/tutorial-thicker.png"))
