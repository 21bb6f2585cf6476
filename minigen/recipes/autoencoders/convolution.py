"""Section 9.2.2: autoencoders of convolutional layers, and denoising."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import losses, metrics, models, plot
from ...layers import Conv2D, Input, MaxPooling2D, UpSampling2D
from ...model import Model
from ...models.checks import image_shape_for, multiples
from ..recipe import recipe
from ..run import Run
from .reconstruction import AFTER_EPOCHS, train

DEFAULTS: dict[str, Any] = {"batch_size": 128, "optimizer": "adadelta"}
NOISE = 0.5  # in the input of the denoiser


@recipe("conv-autoencoder", "9.2.2", "The second listing: convolutions", epochs=(10, 3), **DEFAULTS)
def conv_autoencoder(run: Run) -> None:
    """The chapter's second listing, as printed. Its code has 7 x 7 x 32 = 1,568 numbers, twice as many as the image.
    Not the size of the code keeps the network from learning the identity, but the 3 x 3 windows and the two poolings on
    the way. So a low loss does not mean good compression here; compare the next network, whose code has 128 numbers.
    """
    data = run.images()
    x_train, x_test = data.x_train, data.x_test
    image_shape_for("conv_autoencoder", run.image_shape, *multiples(4))
    channels = x_train.shape[3]  # 1
    input_img = Input(shape=x_train.shape[1:])  # (28, 28, 1)

    x = Conv2D(32, (3, 3), activation="relu", padding="same")(input_img)
    x = MaxPooling2D((2, 2), padding="same")(x)
    x = Conv2D(32, (3, 3), activation="relu", padding="same")(x)
    encoded = MaxPooling2D((2, 2), padding="same")(x)

    x = Conv2D(32, (3, 3), activation="relu", padding="same")(encoded)
    x = UpSampling2D((2, 2))(x)
    x = Conv2D(32, (3, 3), activation="relu", padding="same")(x)
    x = UpSampling2D((2, 2))(x)
    decoded = Conv2D(channels, (3, 3), activation="sigmoid", padding="same")(x)

    autoencoder = Model(input_img, decoded)
    autoencoder.compile(optimizer=run.optimizer, loss="binary_crossentropy")
    if run.settings.verbose:
        autoencoder.summary()
    run.number("parameters", f"{autoencoder.count_params():,}", of_mnist="28,353")
    sizes = f"{math.prod(encoded.shape[1:]):,} / {math.prod(x_train.shape[1:]):,}"
    run.number("numbers in the code / in the image", sizes, of_mnist="twice the image: no compression")
    train(run, autoencoder, x_train, x_test, AFTER_EPOCHS)
    run.save(autoencoder)


@recipe("conv-autoencoder-128", "9.2.2", "The convolutional network behind Fig 9.5", epochs=(20, 5), **DEFAULTS)
def conv_autoencoder_128(run: Run) -> None:
    """16, 8 and 8 filters and three poolings, 28 → 14 → 7 → 4, give a code of 4 x 4 x 8 = 128 numbers, a sixth of the
    image. The figure was made with this network, and its loss shows what that compression costs.
    """
    data = run.images()
    x_train, x_test = data.x_train, data.x_test
    model = models.conv_autoencoder_128(x_train.shape[1:])
    model.compile(run.optimizer, "binary_crossentropy")
    run.number("parameters", f"{model.count_params():,}", of_mnist="4,385")
    train(run, model, x_train, x_test)
    run.save(model)


@recipe("denoiser", "9.2.2", "Fig 9.6: denoising", epochs=(10, 3), **DEFAULTS)
def denoiser(run: Run) -> None:
    """The network of the second listing with another label: the input is a digit with Gaussian noise of standard
    deviation 0.5, clipped to [0, 1], and the label is the clean digit. Two methods without a network are compared with
    it: the median of each 3 x 3 neighbourhood, and the best linear map from noisy to clean images.
    """
    data = run.images()
    x_train, x_test = data.x_train, data.x_test
    noisy_train, noisy_test = models.add_noise(x_train, NOISE), models.add_noise(x_test, NOISE)
    model = models.conv_autoencoder(x_train.shape[1:])
    model.compile(run.optimizer, "binary_crossentropy")
    history = run.fit(model, noisy_train, x_train, validation_data=(noisy_test, x_test)).history
    estimates = {
        "noisy": noisy_test,
        "median": models.median_filter(noisy_test),
        "linear": models.RidgeDenoiser(noisy_train, x_train).predict(noisy_test),
        "network": model.predict(noisy_test),
    }
    for name, estimate in estimates.items():
        run.number(f"{name}: PSNR in dB", f"{metrics.peak_signal_to_noise(x_test, estimate):.2f}")
    run.number(AFTER_EPOCHS, history["val_loss"][-1], epochs=run.epochs, optimizer=run.optimizer)
    linear = float(losses.binary_crossentropy(x_test, np.clip(estimates["linear"], 0.01, 0.99)))
    run.number("test loss of the linear map, clipped to [0.01, 0.99]", linear)
    stacks = [estimate[:10] for estimate in estimates.values()]
    shown = run.rows(*stacks, x_test[:10], labels=[*estimates, "clean"])
    run.figure("denoised", shown, "Test digits with noise, three estimates, and the clean digits.")
    curves = plot.curves({"test": history["val_loss"]}, {"linear map": linear})
    run.figure("loss", curves, "Test loss against the clean digits.")
    run.save(model, NOISE)
