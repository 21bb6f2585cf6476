"""Tables as text and as HTML."""

from helpers.html_cells import cells

from minigen.tables import html_table, text_table

ROWS = [("op", "ms"), ("  Linear", "0.5"), ("x < y & 'z'", "12.25")]


def test_columns_of_text_stand_below_each_other():
    assert text_table(ROWS, "<>").splitlines() == [
        "op              ms",
        "  Linear       0.5",
        "x < y & 'z'  12.25",
    ]
    assert text_table(ROWS, "><", gap=1).splitlines()[1] == "     Linear 0.5"


def test_html_has_every_cell_escaped_and_keeps_the_indentation():
    shown = cells(html_table(ROWS, "<>", caption="a <b>", notes=["1 < 2", "& so on"]))
    assert shown.rows == [["op", "ms"], ["\xa0\xa0Linear", "0.5"], ["x < y & 'z'", "12.25"]]
    assert shown.outside == ["a <b>", "1 < 2", "& so on"]


def test_html_needs_no_script_no_file_and_no_colour():
    html = html_table([("<script>alert(1)</script>",), ("<img src=x onerror=y>",)], "<", caption="<style>")
    for word in ("<script", "<img", "<style", "color", "href", 'src="', "url("):
        assert word not in html
    assert html_table([("a",)], ">").count("text-align:right") == 1


def test_a_table_without_rows_is_its_header():
    assert text_table([("a", "b")], "<<") == "a  b"
    assert cells(html_table([("a", "b")], "<<")).rows == [["a", "b"]]
