"""Section 9.2.2: autoencoders of convolutional layers, and denoising."""

from __future__ import annotations

import numpy as np

from ... import losses, metrics, models, plot
from ...layers import Conv2D, Input, MaxPooling2D, UpSampling2D
from ...model import Model
from ..base import Run, recipe
from .reconstruction import report


@recipe(
    "conv-autoencoder",
    "9.2.2",
    "The second listing: convolutions",
    epochs=10,
    chapter_epochs=3,
    batch_size=128,
    optimizer="adadelta",
)
def conv_autoencoder(run: Run) -> None:
    """The chapter's second listing, as printed. Its code has 7 x 7 x 32 = 1,568 numbers, twice as many as the image:
    what keeps it from the identity is not the size of the code but that it must pass 3 x 3 windows and two maxima. So a
    low loss says little about compression here; compare the network below it, whose code has 128 numbers.
    """
    x_train, x_test = images(run)
    input_img = Input(shape=(28, 28, 1))

    x = Conv2D(32, (3, 3), activation="relu", padding="same")(input_img)
    x = MaxPooling2D((2, 2), padding="same")(x)
    x = Conv2D(32, (3, 3), activation="relu", padding="same")(x)
    encoded = MaxPooling2D((2, 2), padding="same")(x)

    x = Conv2D(32, (3, 3), activation="relu", padding="same")(encoded)
    x = UpSampling2D((2, 2))(x)
    x = Conv2D(32, (3, 3), activation="relu", padding="same")(x)
    x = UpSampling2D((2, 2))(x)
    decoded = Conv2D(1, (3, 3), activation="sigmoid", padding="same")(x)

    autoencoder = Model(input_img, decoded)
    autoencoder.compile(optimizer=run.optimizer, loss="binary_crossentropy")
    if run.settings.verbose:
        autoencoder.summary()
    history = run.fit(autoencoder, x_train, x_train, validation_data=(x_test, x_test))
    run.number("parameters", f"{autoencoder.count_params():,}", "28,353")
    run.number("numbers in the code / in the image", "1,568 / 784", "twice the image: no compression")
    run.number(
        f"test loss after {run.epochs} epochs, {run.optimizer}",
        history.history["val_loss"][-1],
        "adadelta on the 60,000: 0.0935 after 1 epoch, 0.0699 after 10",
    )
    report(run, autoencoder, x_train, x_test, history.history)
    autoencoder.save_weights(run.folder / "weights.npz")


@recipe(
    "conv-autoencoder-128",
    "9.2.2",
    "The convolutional network behind Fig 9.5",
    epochs=20,
    chapter_epochs=5,
    batch_size=128,
    optimizer="adadelta",
)
def conv_autoencoder_128(run: Run) -> None:
    """16, 8 and 8 filters and three poolings, 28 → 14 → 7 → 4, leave a code of 4 x 4 x 8 = 128 numbers, a sixth of the
    image. It is the network with which the figure was made, and its loss is the honest price of that compression.
    """
    x_train, x_test = images(run)
    model = models.conv_autoencoder_128()
    model.compile(run.optimizer, "binary_crossentropy")
    history = run.fit(model, x_train, x_train, validation_data=(x_test, x_test))
    run.number("parameters", f"{model.count_params():,}", "4,385")
    run.number(
        "test loss",
        history.history["val_loss"][-1],
        "on the 60,000 after 50 epochs: 0.097 to 0.101; Chollet 2016 has 0.094",
    )
    report(run, model, x_train, x_test, history.history)
    model.save_weights(run.folder / "weights.npz")


@recipe(
    "denoiser",
    "9.2.2",
    "Fig 9.6: denoising",
    epochs=10,
    chapter_epochs=3,
    batch_size=128,
    optimizer="adadelta",
)
def denoiser(run: Run) -> None:
    """The network of the second listing with another label: the input is a digit with Gaussian noise of standard
    deviation 0.5, clipped to [0, 1], and the label is the digit without. Two answers that need no network stand beside
    it: the median of each 3 x 3 neighbourhood, and the best linear map from noisy to clean images.
    """
    x_train, x_test = images(run)
    noisy_train, noisy_test = models.add_noise(x_train, 0.5), models.add_noise(x_test, 0.5)
    model = models.conv_autoencoder()
    model.compile(run.optimizer, "binary_crossentropy")
    history = run.fit(model, noisy_train, x_train, validation_data=(noisy_test, x_test))
    answers = {
        "noisy": noisy_test,
        "median": models.median_filter(noisy_test),
        "linear": models.RidgeDenoiser(noisy_train, x_train).predict(noisy_test),
        "network": model.predict(noisy_test),
    }
    expected = {"noisy": "9.4", "median": "14.1", "linear": "17.6 on the 60,000", "network": "19.1 on the 60,000"}
    for name, answer in answers.items():
        run.number(f"{name}: PSNR in dB", f"{metrics.peak_signal_to_noise(x_test, answer):.2f}", expected[name])
    run.number(
        f"test loss after {run.epochs} epochs, {run.optimizer}",
        history.history["val_loss"][-1],
        "adadelta on the 60,000: 0.1222 after 1 epoch, 0.0992 after 10",
    )
    linear = float(losses.binary_crossentropy(x_test, np.clip(answers["linear"], 0.01, 0.99)))
    run.number("test loss of the linear map, clipped to [0.01, 0.99]", linear)
    stacks = [answer[:10] for answer in answers.values()]
    shown = plot.rows(*stacks, x_test[:10], labels=[*answers, "clean"])
    run.figure("denoised", shown, "Test digits with noise, three answers, and what they were.")
    lines = {"linear map": linear}
    run.figure("loss", plot.curves({"test": history.history["val_loss"]}, lines), "Test loss against the clean digits.")
    model.save_weights(run.folder / "weights.npz")


def images(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """(x_train, x_test), (n, 28, 28, 1)."""
    x_train, _, x_test, _ = run.digits()
    return x_train.reshape(-1, 28, 28, 1), x_test.reshape(-1, 28, 28, 1)
