"""Names of the packages keras and torch, as torch.cat: what minigen says of them, also where they are imported."""

import pytest
from helpers.refusals import refused

import minigen


def test_any_other_name_of_the_package_is_an_attribute_error():
    for name in ("flibbertigibbet", "_flibbertigibbet", "Callable", "np", "monitor"):  # the last are of its modules
        with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
            getattr(minigen, name)
    with pytest.raises(AttributeError, match="no attribute '__path_to__'"):
        minigen.layers.__path_to__  # noqa: B018


ELSEWHERE_IN_MINIGEN = {
    "InputSpec": "minigen.layers.InputSpec",
    "binary_crossentropy": "minigen.losses.binary_crossentropy",
    "LinearDecay": "minigen.optimizers.LinearDecay",
    "glorot_uniform": "minigen.initializers.glorot_uniform",
    "mnist": "minigen.datasets.mnist",
    "VAE": "minigen.models.VAE",
    "batch_norm": "minigen.ops.batch_norm",
    "EarlyStopping": "minigen.callbacks.EarlyStopping",
    "curves": "minigen.plot.curves",
    "state_dict": "minigen.interchange.state_dict",
}


@pytest.mark.parametrize("name", ELSEWHERE_IN_MINIGEN)
def test_a_name_of_another_module_of_minigen_is_found_there(name):
    with refused(AttributeError, fix=ELSEWHERE_IN_MINIGEN[name]):
        getattr(minigen, name)


def test_an_import_by_name_is_answered_too():
    """Python replaces an AttributeError by its own text; from the tables the error is an ImportError."""
    with refused(ImportError, where="minigen.layers.Linear", fix="Dense(32)"):
        from minigen.layers import Linear  # noqa: F401
    with refused(ImportError, where="minigen.randn_like", fix="minigen.reparameterise(mu, logvar)"):
        from minigen import randn_like  # noqa: F401
    with pytest.raises(ImportError, match="cannot import name 'Flibbertigibbet'"):
        from minigen.layers import Flibbertigibbet  # noqa: F401
    from minigen import cli, recipes  # modules that `import minigen` has not imported

    assert cli.main and recipes
