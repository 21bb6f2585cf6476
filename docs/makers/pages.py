"""Which pages the API has, and of which modules each of them lists the names."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """A page: its file, title and first sentence, and the modules of which it has the public names.

    A module "minigen.models.gans" stands for those names of minigen.models that are defined in this folder.
    """

    file: str
    title: str
    about: str
    modules: tuple[str, ...]


PAGES = (
    Page("tensors", "Tensors", "An array with a gradient, and where it is computed.", ("tensor", "backend", "types")),
    Page(
        "autograd",
        "Gradients",
        "The graph, the backward pass, and how a gradient is checked.",
        ("autograd", "gradcheck"),
    ),
    Page("ops", "Ops", "Differentiable functions, each formula beside its derivative.", ("ops",)),
    Page("layers", "Layers", "Layers with Keras' names.", ("layers", "initializers")),
    Page("losses", "Losses and metrics", "One function for each equation.", ("losses", "metrics")),
    Page("model", "Model and Sequential", "Layers as one model, and its file.", ("model",)),
    Page(
        "models-9-0",
        "Models of sections 9.0 and 9.1: P(Y | X), scores",
        "Classifiers, and how samples are measured.",
        ("models.evaluation",),
    ),
    Page("models-9-1", "Models of section 9.1: GANs", "A generator whose loss is another network.", ("models.gans",)),
    Page(
        "models-9-2",
        "Models of sections 9.2.1 to 9.2.3: autoencoders",
        "An image as few numbers.",
        ("models.autoencoders", "models.latent"),
    ),
    Page("models-9-2-4", "Models of section 9.2.4: VAEs", "A latent space that can be drawn from.", ("models.vaes",)),
    Page(
        "models-9-2-5",
        "Models of section 9.2.5: one encoder, many tasks",
        "VAE-GAN and heads.",
        ("models.multitask",),
    ),
    Page(
        "models-9-3",
        "Models of section 9.3: autoregressive models",
        "The next pixel or character from those before it.",
        ("models.autoregressive",),
    ),
    Page(
        "models-beyond",
        "Models beyond the chapter: diffusion and flow matching",
        "Drawing by removing noise.",
        ("models.diffusions",),
    ),
    Page("optimizers", "Optimizers", "One class for each rule, and rates that change.", ("optimizers",)),
    Page(
        "training",
        "Training",
        "The training loop, tasks, checkpoints, ranks.",
        ("training", "parallel", "progress", "cores"),
    ),
    Page("callbacks", "Callbacks", "What a training does besides its steps.", ("callbacks",)),
    Page("inspection", "Inspection", "What happened in a step, as a table and as a drawing.", ("inspection",)),
    Page("plot", "Figures", "What all figures of the package are drawn with.", ("plot",)),
    Page("explorer", "Explorer", "A trained model as one page for the browser.", ("explorer",)),
    Page(
        "datasets",
        "Data",
        "Images by name or from a folder, text, and small sets whose answer is known.",
        ("datasets",),
    ),
    Page("interchange", "Weights from and to Keras and PyTorch", "", ("interchange",)),
    Page("museum", "Museum of mistakes", "Models with one mistake each, and the checks that find it.", ("museum",)),
    Page("coursework", "Exercises", "What minigen coursework writes and grades.", ("coursework",)),
    Page(
        "recipes",
        "Recipes",
        "The experiments of the chapter, and the command line.",
        ("recipes", "tutorials", "cli", "command"),
    ),
    Page(
        "inside",
        "Inside the package",
        "What the modules above are built of. It may change from one version to the next.",
        ("kernels", "checks", "storage", "elsewhere", "errors", "arguments", "arrays", "arithmetic", "configured")
        + ("console", "tables"),
    ),
)
