"""How each family of models is built: model, loss and loop on one page, as they stand in the source."""

from dataclasses import dataclass
from pathlib import Path

from .files import remove_others, write


@dataclass(frozen=True)
class Family:
    """A page. Each part is (heading, sentence, file below minigen/, name in it)."""

    file: str
    title: str
    about: str
    parts: tuple[tuple[str, str, str, str], ...]


LOOP = (
    "The loop: the epochs",
    "``fit`` of every model ends here: for each epoch its steps, then the validation and the callbacks.",
    "training/loop.py",
    "_epochs",
)
EPOCH = ("The loop: one epoch", "The steps of an epoch.", "training/loop.py", "_epoch")
LIKELIHOOD = ("The loss", "-log p(x), exactly.", "models/autoregressive/base.py", "Autoregressive.nll")
DRAWING = ("Drawing", "Pixel after pixel.", "models/autoregressive/base.py", "Autoregressive._draw")
STEP = ("The step", "What one batch does: forward, loss, backward, step.")
MODEL = ("The model", "The networks.")

FAMILIES = (
    Family(
        "autoencoder",
        "Autoencoder (sections 9.2.1 to 9.2.3)",
        "An encoder, a decoder, and the difference between an image and its reconstruction.",
        (
            (*MODEL, "models/autoencoders/autoencoder.py", "fc_autoencoder"),
            (
                "With convolutions",
                "The chapter's second listing.",
                "models/autoencoders/autoencoder.py",
                "conv_autoencoder",
            ),
            ("The loss", "The cross-entropy of each pixel.", "losses/targets.py", "binary_crossentropy"),
            (
                "Its gradient",
                "The loss as an op, the formula beside its derivative.",
                "ops/crossentropy.py",
                "BinaryCrossentropy",
            ),
            (*STEP, "model/trainer.py", "Trainer.train_step"),
            EPOCH,
            LOOP,
        ),
    ),
    Family(
        "vae",
        "VAE (section 9.2.4)",
        "The encoder predicts a distribution, a sample of it is decoded, and a divergence is added to the error.",
        (
            (*MODEL, "models/vaes/vae.py", "vae"),
            ("The pass", "Fig 9.11: one z for each image, and both losses.", "models/vaes/vae.py", "VAE._losses_of"),
            ("Loss z", "The divergence from N(0, Id).", "models/vaes/vae.py", "VAE.loss_z"),
            ("Loss z and its gradient", "The same as an op.", "ops/gaussian.py", "KLStandardNormal"),
            ("Sampling", "z = μ + Σ^½ ε, with the gradient for μ and Σ.", "ops/gaussian.py", "Reparameterise"),
            ("Loss x̂", "The error of the reconstruction.", "models/vaes/vae.py", "VAE.loss_x"),
            (*STEP, "models/vaes/vae.py", "VAE.train_step"),
            EPOCH,
        ),
    ),
    Family(
        "gan",
        "GAN (section 9.1)",
        "A generator whose loss is another network.",
        (
            (*MODEL, "models/gans/networks.py", "gan"),
            ("The loss of D", "Two cross-entropies of logits.", "losses/adversarial.py", "discriminator_loss"),
            ("The loss of G", "The non-saturating one.", "losses/adversarial.py", "generator_loss"),
            (
                "Both and their gradient",
                "A cross-entropy with one label, as an op.",
                "ops/adversarial.py",
                "LabelCrossentropy",
            ),
            ("The step", "One step of D, on a detached fake, then one of G.", "models/gans/gan.py", "GAN.train_step"),
            EPOCH,
        ),
    ),
    Family(
        "wasserstein-gan",
        "WGAN-GP (section 9.1)",
        "A critic with slopes near 1, which takes several steps for each one of the generator.",
        (
            (*MODEL, "models/gans/networks.py", "wgan_gp"),
            ("The loss of the critic", "A difference of means.", "losses/adversarial.py", "wasserstein_critic_loss"),
            ("The penalty", "A gradient that is differentiated again.", "losses/adversarial.py", "gradient_penalty"),
            ("The step", "The critic, and sometimes the generator.", "models/gans/gan.py", "WassersteinGAN.train_step"),
        ),
    ),
    Family(
        "multitask",
        "VAE-GAN and many tasks (section 9.2.5)",
        "One encoder with several losses, each for its own network.",
        (
            (*MODEL, "models/multitask/vae_gan.py", "vae_gan"),
            (
                "The losses",
                "Errors are measured in a layer of the discriminator.",
                "models/multitask/vae_gan.py",
                "VAEGAN._losses_and_logs",
            ),
            (
                "The step",
                "One forward pass, and a step of each network.",
                "models/multitask/vae_gan.py",
                "VAEGAN.train_step",
            ),
            ("A task on a shared code", "One head of the encoder.", "models/multitask/head.py", "Head"),
            ("The loop over tasks", "A few mini-batches of each in turn.", "training/fit.py", "alternate"),
        ),
    ),
    Family(
        "made",
        "MADE (section 9.3)",
        "An autoencoder whose masks leave each output only the pixels before it.",
        (
            (
                "The model",
                "The masks are set by the order of the pixels.",
                "models/autoregressive/made.py",
                "MADE._use_order",
            ),
            ("The masked layer", "A dense layer without some connections.", "layers/masked.py", "MaskedDense"),
            LIKELIHOOD,
            (*STEP, "model/trainer.py", "Trainer.train_step"),
            DRAWING,
        ),
    ),
    Family(
        "pixelcnn",
        "PixelCNN (section 9.3)",
        "Convolutions that see only the pixels above and to the left.",
        (
            (*MODEL, "models/autoregressive/pixelcnn.py", "PixelNet"),
            (
                "A residual block",
                "Two masked convolutions around one more.",
                "models/autoregressive/pixelcnn.py",
                "ResidualBlock",
            ),
            ("The masked layer", "The mask of the kernel.", "layers/masked.py", "MaskedConv2D"),
            LIKELIHOOD,
            (*STEP, "model/trainer.py", "Trainer.train_step"),
            DRAWING,
        ),
    ),
    Family(
        "char-rnn",
        "A recurrent network that writes (section 9.3)",
        "The next character from a state that sums up those before it.",
        (
            (*MODEL, "models/autoregressive/char_rnn.py", "CharRNN.__init__"),
            (
                "The recurrent op",
                "All steps of an LSTM, forwards and backwards.",
                "ops/recurrent.py",
                "LongShortTermMemory",
            ),
            (
                "The loss and its gradient",
                "The cross-entropy of the next character.",
                "ops/crossentropy.py",
                "SparseSoftmaxCrossentropy",
            ),
            (
                "The step",
                "Truncated back-propagation through time.",
                "models/autoregressive/char_rnn.py",
                "CharRNN.train_step",
            ),
            ("Writing", "Character after character.", "models/autoregressive/text_model.py", "TextModel.write"),
        ),
    ),
    Family(
        "gpt",
        "GPT (beyond the chapter)",
        "Attention in place of a state: each character looks back at all before it.",
        (
            (
                "The model",
                "A block: attention, then a dense network, each added to its input.",
                "models/autoregressive/transformer.py",
                "TransformerBlock",
            ),
            ("Attention and its gradient", "As one op.", "ops/attention.py", "Attention"),
            ("Characters to logits", "The whole network.", "models/autoregressive/gpt.py", "GPT.forward"),
            (
                "The loss and its gradient",
                "The cross-entropy of the next character.",
                "ops/crossentropy.py",
                "SparseSoftmaxCrossentropy",
            ),
            (*STEP, "model/trainer.py", "Trainer.train_step"),
            ("Writing", "Character after character.", "models/autoregressive/text_model.py", "TextModel.write"),
        ),
    ),
    Family(
        "diffusion",
        "Diffusion and flow matching (beyond the chapter)",
        "A network that predicts the noise in an image, and a loop that removes it.",
        (
            ("The model", "A U-Net that knows the time.", "models/diffusions/networks.py", "unet"),
            (
                "The schedule",
                "How much signal is left at each time.",
                "models/diffusions/schedule.py",
                "CosineSchedule",
            ),
            (
                "The step",
                "Noise is added at a random time, and predicted.",
                "models/diffusions/diffusion.py",
                "Diffusion.train_step",
            ),
            ("The loss", "A mean of squares.", "losses/targets.py", "mean_squared_error"),
            ("Drawing", "From noise to an image.", "models/diffusions/sampling.py", "Drawing"),
        ),
    ),
)


def make(folder: Path) -> None:
    """Write a page for each family, and their list."""
    for family in FAMILIES:
        write(folder / f"{family.file}.rst", "\n".join(_lines(family)) + "\n")
    write(folder / "index.md", INDEX.format(pages="\n".join(family.file for family in FAMILIES)))
    remove_others(folder, {"index.md"} | {f"{family.file}.rst" for family in FAMILIES})


INDEX = """# How it is built

A page for each family of models. Model, loss and loop stand on it together, taken from the source when the site is
built: page and source cannot differ.

```{{toctree}}
:maxdepth: 1

{pages}
```
"""


def _lines(family: Family) -> list[str]:
    lines = [family.title, "=" * len(family.title), "", family.about, ""]
    for heading, sentence, file, name in family.parts:
        lines += [heading, "-" * len(heading), "", f"{sentence} ``{name}`` in ``minigen/{file}``:", ""]
        lines += [f".. literalinclude:: /../minigen/{file}", "   :language: python", f"   :pyobject: {name}", ""]
    return lines
