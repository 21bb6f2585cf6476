"""What an installation reads: constraints.txt has what the package and its tests need, CITATION.cff its version."""

import configparser
import importlib.metadata
import re

import pytest
from helpers.programs import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import minigen

OF_THE_TESTS = ("test", "keras", "safetensors", "tensorboard", "mpi", "dev", "notebook")
SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")
EXTRAS = SETUP["options.extras_require"]
LISTS = [SETUP["options"]["install_requires"], *(EXTRAS[name] for name in OF_THE_TESTS)]
NEEDED = [line for text in LISTS for line in text.splitlines() if line.strip()]


def pins():
    """{name: version} of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in found}


def not_pinned(requirements, pins):
    """The requirements that no version of the pins meets."""
    wanted = map(Requirement, requirements)
    pinned = [(each, pins.get(canonicalize_name(each.name))) for each in wanted if each.name != "minigen"]
    return [str(each) for each, version in pinned if version is None or version not in each.specifier]


def test_the_constraints_meet_what_setup_cfg_asks_for():
    assert not_pinned(NEEDED, pins()) == []
    assert len(NEEDED) > 15


def test_a_version_that_is_missing_or_too_old_is_found():
    assert not_pinned(["numpy>=2.0", "tqdm>=4.66"], {"numpy": "1.26.4"}) == ["numpy>=2.0", "tqdm>=4.66"]


@pytest.mark.parametrize("package", ["numpy", "matplotlib", "tqdm", "pooch", "threadpoolctl"])
def test_the_constraints_have_what_these_need_in_turn(package):
    found, waiting = set(), [package]
    while waiting:
        found.add(name := waiting.pop())
        needs = [Requirement(text) for text in importlib.metadata.requires(name) or ()]
        needs = [each for each in needs if each.marker is None or each.marker.evaluate({"extra": ""})]
        waiting += [each.name for each in needs if each.name not in found]
    assert not_pinned(found, pins()) == []


def test_the_citation_has_the_version_the_licence_and_the_author_of_the_package():
    page = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    values = dict(re.findall(r"^([\w-]+): *(.*)$", page, re.M))
    assert {"cff-version", "message", "title", "authors"} <= set(values)  # the schema asks for these
    assert values["version"] == minigen.__version__ and values["license"] == SETUP["metadata"]["license_expression"]
    assert f"authors:\n  - name: {SETUP['metadata']['author']}\n" in page
