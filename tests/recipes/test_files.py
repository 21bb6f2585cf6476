"""Text and JSON files of a run appear complete or not at all."""

import json

import pytest

from minigen.recipes.files import write_json, write_text


def test_text_is_written_in_utf_8_and_lone_surrogates_become_question_marks(tmp_path):
    write_text(tmp_path / "a.txt", "x̂ \udc80 é")
    assert (tmp_path / "a.txt").read_bytes() == "x̂ ? é".encode()


def test_json_reads_back_and_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    write_json(path, {"loss": [0.5, 0.25]})
    assert json.loads(path.read_text()) == {"loss": [0.5, 0.25]} and path.read_text().startswith('{\n "loss"')
    with pytest.raises(TypeError):
        write_json(path, {"loss": object()})

    def half(path, text, **options):
        path.write_bytes(text[: len(text) // 2].encode())
        raise OSError("the disk is full")

    monkeypatch.setattr(type(path), "write_text", half)
    with pytest.raises(OSError, match="full"):
        write_text(path, "another text")
    assert json.loads(path.read_text()) == {"loss": [0.5, 0.25]}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json"]
