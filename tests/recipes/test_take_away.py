"""The recipe of section 9.4: three trainings, each under its heading."""

from minigen import cli


def test_each_training_of_a_recipe_has_a_heading(tmp_path, capsys):
    assert cli.main(["train", "take-away", "--quick", "--data", "sample", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.index("itself:\nepoch 1") < out.index("its-past:\nepoch 1") < out.index("itself-or-not:\nepoch 1")
