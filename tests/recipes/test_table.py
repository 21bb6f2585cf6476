"""A table as text."""

from minigen.recipes.table import Table


def test_columns_are_as_wide_as_their_widest_cell():
    table = Table("caption", ["", "nats"], [["a window", "1.5"], ["b", "100.25"]])
    assert str(table) == "\n  caption\n            nats\n  a window  1.5\n  b         100.25"
