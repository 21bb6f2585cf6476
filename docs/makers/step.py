"""What trace() and draw() show of one training step of a VAE, for the page "Step into it"."""

import contextlib
import io
from pathlib import Path

from minigen import draw, losses, models, reparameterise, seed, trace
from minigen.datasets import mnist

from .files import write


def one_step(folder: Path) -> str:
    """Draw the graph of the loss and the step; the table of the ops."""
    (x, _), _ = mnist.load_data("sample")
    x = x[:8].reshape(-1, 784).astype("float32") / 255
    seed(0)
    vae = models.vae(latent_dim=2, hidden=32)
    with trace() as t:
        mu, logvar = vae.encoder(x)
        x_hat = vae.decoder(reparameterise(mu, logvar))
        loss = losses.half_squared_error(x, x_hat) + losses.kl_standard_normal(mu, logvar)
        draw(loss, str(folder / "graph.png"), {"x": x})
        loss.backward()
    draw(t, str(folder / "models.png"))
    return str(t)


def make(folder: Path) -> None:
    """Write the pictures and the table, unless they are there."""
    if not (folder / "trace.txt").exists():
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.redirect_stderr(io.StringIO()):  # where Graphviz is missing, draw() says so
            table = one_step(folder)
        write(folder / "trace.txt", table + "\n")
