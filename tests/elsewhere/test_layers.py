"""Names of layers, models and optimizers of other libraries, as model.eval: the error says what to write."""

import pytest
from helpers.advice import expression, typed
from helpers.refusals import refused
from helpers.small_model import uncompiled as model

from minigen import Adam, Dense, elsewhere

OWNERS = {
    "Dense": (lambda: Dense(2), elsewhere.LAYER),
    "Sequential": (model, elsewhere.LAYER),
    "Adam": (Adam, elsewhere.OPTIMIZER),
}
ADVICE = sorted({expression(fix) for _, table in OWNERS.values() for fix in table.values()} - {""})


@pytest.mark.parametrize("owner", OWNERS)
def test_a_name_from_elsewhere_is_answered(owner):
    make, table = OWNERS[owner]
    one = make()
    for name, fix in table.items():
        with refused(AttributeError, fix, where=owner):
            getattr(one, name)
        assert not hasattr(one, name)


@pytest.mark.parametrize("fix", ADVICE)
def test_what_is_said_of_a_name_works_when_typed(fix, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    typed("model.save_weights(path)")
    if fix not in ("layer.filters", "layer.moving_mean", "layer.moving_variance"):  # of other layers than Dense
        typed(fix)


@pytest.mark.parametrize("owner", OWNERS)
def test_any_other_name_is_an_attribute_error(owner):
    make, _ = OWNERS[owner]
    with pytest.raises(AttributeError, match="flibbertigibbet"):
        make().flibbertigibbet  # noqa: B018
    assert not hasattr(make(), "flibbertigibbet")


def test_weights_that_wait_for_data_are_told_from_typing_errors():
    with refused(AttributeError, "the first data makes its weights"):
        Dense(2).kernel  # noqa: B018
    with pytest.raises(AttributeError) as error:
        Dense(2).kernl  # noqa: B018
    assert "first data" not in str(error.value)
