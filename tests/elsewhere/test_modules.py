"""Names of modules of other libraries, as layers.Linear, and as text, as activation="mish"."""

import importlib
import re

import pytest
from helpers.advice import expression, typed
from helpers.refusals import refused

from minigen import Activation, Dense, Layer, elsewhere, initializers, optimizers
from minigen.datasets.images.sources import SOURCES
from minigen.elsewhere import MODULES

ADVICE = {expression(fix) for table, _ in MODULES.values() for fix in table.values()} - {""}
ADVICE -= {expression(fix) for fix in elsewhere.TENSOR.values()}  # tested in test_tensors.py


@pytest.mark.parametrize("module", MODULES)
def test_a_name_from_elsewhere_is_answered(module):
    room, (table, _) = importlib.import_module(module), MODULES[module]
    for name in table.keys() - vars(room).keys():  # minigen.ops has add(), which minigen has not
        with refused(AttributeError, table[name], where=f"{module}.{name}"):
            getattr(room, name)
        assert not hasattr(room, name)


def test_the_data_sets_that_are_said_have_their_names():
    said = {re.search(r'load\("(.+)"\)', fix)[1] for fix in MODULES["minigen.datasets"][0].values() if "load(" in fix}
    assert said and said <= SOURCES.keys()


def test_no_table_holds_a_name_that_is_there():
    for module, (table, _) in MODULES.items():
        there = {name for name in table if name in vars(importlib.import_module(module))}
        assert not there or module == "minigen.ops", f"{module} has {there}"


@pytest.mark.parametrize("fix", sorted(ADVICE))
def test_what_is_said_of_a_name_works_when_typed(fix, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    typed("model.save_weights(path)")
    value = typed(fix)
    if "Lambda" not in fix and isinstance(value, Layer) and fix[0].isupper():
        assert type(value).__name__ == fix.partition("(")[0]


@pytest.mark.parametrize("module", ["minigen", *(m for m, (_, own) in MODULES.items() if own)])
def test_a_name_that_is_nearly_one_of_the_module_is_corrected(module):
    room = importlib.import_module(module)
    name = max(room.__all__, key=len)
    with refused(AttributeError, fix=f"{module}.{name}"):
        getattr(room, name + "x")


@pytest.mark.parametrize("module", [m for m, (_, own) in MODULES.items() if own])
def test_any_other_name_of_a_module_is_answered_with_how_to_write_it(module):
    with refused(AttributeError, fix="flibbertigibbet"):
        importlib.import_module(module).flibbertigibbet  # noqa: B018


AS_TEXT = {
    "mish": (lambda: Dense(3, "mish"), elsewhere.ACTIVATIONS["mish"]),
    "SELU": (lambda: Activation("SELU"), elsewhere.ACTIVATIONS["selu"]),
    "lecun_normal": (lambda: initializers.get("lecun_normal"), elsewhere.INITIALIZERS["lecun_normal"]),
    "exponentialdecay": (lambda: optimizers.get("exponentialdecay"), elsewhere.OPTIMIZERS["ExponentialDecay"]),
    "adamm": (lambda: optimizers.get("adamm"), "'adam'"),
}


@pytest.mark.parametrize("name", AS_TEXT)
def test_a_name_as_text_is_answered_from_the_same_tables(name):
    call, fix = AS_TEXT[name]
    with refused(ValueError, where=name, fix=fix):
        call()
