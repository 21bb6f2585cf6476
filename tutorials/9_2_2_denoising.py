"""
Section 9.2.2: denoising (Fig 9.6)
==================================

The same network is trained with another target: it maps a noisy image to the clean one. The identity is now a poor
solution, so that a large code does no harm. How good is the result? It is compared with a method without learning (the
median of each neighbourhood) and with the best linear map (ridge regression).

``--quick`` takes a few seconds.
"""

import numpy as np

from minigen import losses, metrics, models, plot
from minigen.cli import tutorial_flags
from minigen.datasets import mnist

ARGS = tutorial_flags(__doc__, epochs=10, quick_epochs=1, batch_size=32)

(x_train, _), (x_test, _) = mnist.load_data("sample")
x_train = x_train.reshape(-1, 28, 28, 1).astype("float32") / 255
x_test = x_test.reshape(-1, 28, 28, 1).astype("float32") / 255
if ARGS.quick:
    x_train, x_test = x_train[:1280], x_test[:200]

# %%
# The noise: Gaussian with standard deviation 0.5 on every pixel, clipped to [0, 1]. The measure: the peak
# signal-to-noise ratio, 10 log10(1 / MSE) decibels. 10 dB more mean a tenth of the squared error.

noisy_train, noisy_test = models.add_noise(x_train, 0.5), models.add_noise(x_test, 0.5)
psnr = {"noisy": metrics.peak_signal_to_noise(x_test, noisy_test)}

# %%
# No learning: each pixel becomes the median of its 3 x 3 neighbourhood. A median ignores single outliers, but clipped
# noise on a black background has a positive mean, which the median does not remove.

median = models.median_filter(noisy_test)
psnr["median 3 x 3"] = metrics.peak_signal_to_noise(x_test, median)

# %%
# The best linear map (ridge regression). It is fitted to digits and so learns that the background is black, but a
# single matrix for all digits can only blur. The solution has a closed form. The fewer digits there are, the more its
# penalty matters:

for penalty in (1, 100, 10_000):
    ridge = models.RidgeDenoiser(noisy_train, x_train, penalty)
    print(f"ridge, penalty {penalty:6}: {metrics.peak_signal_to_noise(x_test, ridge.predict(noisy_test)):.2f} dB")
linear = models.RidgeDenoiser(noisy_train, x_train, penalty=100).predict(noisy_test)
psnr["best linear map"] = metrics.peak_signal_to_noise(x_test, linear)

# %%
# The network of the second listing, trained with fit(noisy, clean). Nothing else changes.

denoiser = models.conv_autoencoder()
denoiser.compile("adadelta", "binary_crossentropy")
history = denoiser.fit(
    noisy_train,
    x_train,
    epochs=ARGS.epochs,
    batch_size=ARGS.batch_size,
    validation_data=(noisy_test, x_test),
).history
denoised = denoiser.predict(noisy_test)
psnr["network"] = metrics.peak_signal_to_noise(x_test, denoised)
for name, value in psnr.items():
    print(f"{name:16}{value:6.2f} dB")
assert psnr["noisy"] < psnr["median 3 x 3"] < psnr["best linear map"]
assert ARGS.epochs < 10 or psnr["network"] > psnr["best linear map"]

# %%
# Fig 9.6, with the results of the two other methods.

stacks = [noisy_test, median, linear, denoised, x_test]
rows = plot.rows(*(s[:10] for s in stacks), labels=[*psnr, "clean"])
print(plot.save(rows, f"{ARGS.out}/tutorial-fig-9-6.png"))

# %%
# The loss is the cross-entropy with the clean image, and the entropy of the clean image is its lower bound. The
# difference has two causes: information that the noise has destroyed, and what the network has not learned in so few
# epochs.

floor = metrics.binary_entropy(x_test)
reached = losses.binary_crossentropy(x_test, denoised).item()
print(f"test loss {reached:.4f}, floor {floor:.4f}")
assert np.isclose(reached, history["val_loss"][-1], atol=1e-3)
