"""The settings of a run are the flags of the command line."""

import dataclasses

from minigen import cli
from minigen.recipes import Settings


def test_the_defaults_are_those_of_the_command_line():
    flags = cli.parser().parse_args(["train", "vae"])
    fields = {field.name: field.default for field in dataclasses.fields(Settings)}
    verbose = fields.pop("verbose")
    assert {name: getattr(flags, name) for name in fields} == fields and verbose == 1
