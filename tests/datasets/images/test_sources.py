"""The table of the named data sets."""

import re

from minigen.datasets.images.files import part_of_file
from minigen.datasets.images.sources import FOUR, SOURCES


def test_every_set_has_four_files_and_checksums_that_can_be_some():
    assert {"mnist", "fashion-mnist", "kmnist", "qmnist", "emnist-letters"} <= set(SOURCES)
    seen = []
    for name, source in SOURCES.items():
        assert [part_of_file(file)[1] for file in source.files] == FOUR, name
        sums = [of_gz for of_gz, _ in source.files.values()] if source.archive is None else [source.archive[1]]
        assert all(re.fullmatch("[0-9a-f]{64}", checksum) for checksum in sums), name
        assert source.mirrors and all(re.match("https?://.*/$", mirror) for mirror in source.mirrors)
        seen += sums if source.archive is None else []
    assert len(set(seen)) == len(seen) == 16


def test_which_sets_are_of_digits_and_which_are_transposed():
    digits = {name for name, source in SOURCES.items() if source.digits}
    assert digits == {"mnist", "qmnist", "emnist-digits", "emnist-mnist"}
    assert {name for name, source in SOURCES.items() if source.transposed} == {n for n in SOURCES if "emnist" in n}
