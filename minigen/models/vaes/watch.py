"""The callback of a VAE: how much its code says about the image, and a warning where it says nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...callbacks import Callback
from ...errors import message, warn_caller
from ...types import Logs
from .collapse import effective_variance

ACTIVE = 0.01  # nats: a latent variable with less carries no information about x
COLLAPSED = 0.1  # nats of the whole code


class CollapseWarning(UserWarning):
    """The KL is almost 0: the code carries no information about the image, and every z is decoded to the same image."""


class CollapseWatch(Callback):
    """Logs active_units, the latent variables of a VAE with more than 0.01 nats.

    It warns (CollapseWarning) after two epochs in a row with less than 0.1 nats in the whole code. For a training whose
    logs have kl_per_dimension; of any other it says nothing.
    """

    running = 0  # epochs of a collapsed code, up to now

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.running = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is None or "kl_per_dimension" not in logs:  # a subclass that logs something else
            return
        kl = logs["kl_per_dimension"]
        self.running = self.running + 1 if sum(kl) < COLLAPSED else 0
        if self.running == 2:
            warn_caller(CollapseWarning(self._why(sum(kl))))
        logs["active_units"] = sum(k > ACTIVE for k in kl)

    def _why(self, kl: float) -> str:
        vae = self.model
        sigma2, pixels = self._noise_variance(), int(np.prod(vae.decoder.outputs.shape[1:]))
        if 0.2 * max(pixels, 20) < sigma2 < np.inf:
            cause = f"Loss x̂ is a mean over the pixels: it corresponds to noise of variance {sigma2:.3g} on each"
            fix = "losses.half_squared_error or binary_crossentropy_per_image: sums over the image, as Loss z is"
        else:
            cause = f"No direction of the data has a variance above that of the noise ({sigma2:.3g} by the loss),"
            cause += " or no gradient reaches z"
            fix = "models.linear_vae_optimum(models.PCA(x, 1).eigenvalues, 2): does any direction have a variance "
            fix += "above the noise? If so, reparameterise() for z, a smaller learning rate or batch, another seed"
        where = f"{vae.label}: the code has collapsed to the prior; every z is decoded to the same image"
        got = f"{kl:.4f} nats over {vae.latent_dim} latent variables, the second epoch running. {cause}"
        return message(where, expected=f"a KL of {COLLAPSED} nats or more", got=got, fix=fix)

    def _noise_variance(self) -> float:
        """effective_variance of Loss x̂, or NaN: it explains a warning, and must not stop a training."""
        vae = self.model
        shape = vae.decoder.outputs.shape[1:]

        def loss(x: Any, x_hat: Any) -> Any:
            return vae.loss_x(x.reshape((-1, *shape)), x_hat.reshape((-1, *shape)))

        try:
            return effective_variance(loss, int(np.prod(shape)), vae.dtype)
        except Exception:  # a loss of the user may raise anything
            return np.nan

    def training_state(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        return {"running": self.running}

    def set_training_state(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.running = state["running"]
