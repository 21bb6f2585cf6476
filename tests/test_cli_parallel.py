"""minigen train, and a tutorial, under mpiexec."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import mpi
from helpers.ranks import joins

from minigen import cli

TUTORIALS = Path(__file__).parents[1] / "tutorials"


@pytest.mark.parametrize("recipe", ["logistic-regression", "fc-autoencoder"])
def test_two_ranks_run_a_recipe_as_one_process_does(recipe, tmp_path, capsys):
    """The same history up to rounding, printed and written once."""
    cli.main(["train", recipe, "--quick", "--epochs", "1", "--out", str(tmp_path / "one")])
    alone = capsys.readouterr().out
    command = [sys.executable, "-m", "minigen"]
    arguments = ["train", recipe, "--quick", "--epochs", "1", "--out", tmp_path / "two"]
    status, stdout, stderr = mpi.mpiexec(2, *arguments, command=command)
    assert status == 0, stderr
    histories = [json.loads((tmp_path / kind / recipe / "history.json").read_text()) for kind in ("one", "two")]
    for name, values in histories[0].items():
        np.testing.assert_allclose(histories[1][name], values, rtol=1e-5)
    assert stdout.count("epoch 1/1") == alone.count("epoch 1/1") == 1
    written = [sorted(p.name for p in (tmp_path / kind / recipe).iterdir()) for kind in ("one", "two")]
    assert written[0] == written[1]


def test_other_commands_are_refused():
    with joins(0, 2), pytest.raises(RuntimeError, match="expected: minigen train"):
        cli._check_ranks(cli.parser().parse_args(["chapter"]))


def test_a_wrong_flag_is_refused_once():
    command = [sys.executable, "-m", "minigen"]
    status, _, stderr = mpi.mpiexec(2, "train", "vae", "--loss", "no", command=command)
    assert status != 0
    assert stderr.count("fix:      --loss half_squared_error") == 1


def test_a_tutorial_runs_on_two_ranks(tmp_path):
    arguments = [TUTORIALS / "user_own_step.py", "--quick", "--out", tmp_path]
    status, _, stderr = mpi.mpiexec(2, *arguments, folder=tmp_path)
    assert status == 0, stderr
