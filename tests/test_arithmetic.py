"""What the last bits of a result depend on, in words, in checkpoints and where they go on."""

import numpy as np
import pytest
import threadpoolctl

import minigen as mg
from minigen import arithmetic
from minigen.storage import npz


def fit(path, epochs=1, **options):
    model = mg.Sequential([mg.Input(shape=(2,)), mg.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((4, 2), "float32")
    model.fit(x, x[:, :1], epochs=epochs, checkpoint=path, **options)


def test_the_threads_are_those_of_now():
    for n, words in ((1, "1 thread"), (2, "2 threads")):
        with threadpoolctl.threadpool_limits(n):
            assert arithmetic.description().endswith(f", {words}, 1 rank")
    assert f"NumPy {np.__version__}" in arithmetic.description()


def test_a_checkpoint_has_it_and_a_run_that_goes_on_by_the_same_says_nothing(tmp_path, capsys):
    fit(tmp_path / "run.npz", verbose=0)
    assert npz.read(tmp_path / "run.npz")[1]["arithmetic"] == arithmetic.description()
    fit(tmp_path / "run.npz", 2, resume=True)
    assert "bit for bit" not in capsys.readouterr().out


def test_one_line_says_that_another_number_of_threads_goes_on(tmp_path, capsys):
    with threadpoolctl.threadpool_limits(2):
        fit(tmp_path / "run.npz", verbose=0)
    with threadpoolctl.threadpool_limits(1):
        fit(tmp_path / "run.npz", 2, resume=True)
    line = next(line for line in capsys.readouterr().out.splitlines() if "bit for bit" in line)
    assert "2 threads, 1 rank; now by" in line
    assert line.endswith("1 thread, 1 rank")


@pytest.mark.parametrize("damage", [{}, {"arithmetic": 3}])
def test_a_checkpoint_of_before_has_none_and_a_wrong_one_is_refused(tmp_path, damage, capsys):
    fit(tmp_path / "run.npz", verbose=0)
    arrays, meta = npz.read(tmp_path / "run.npz")
    del meta["arithmetic"]
    npz.write(tmp_path / "run.npz", arrays, meta | damage)
    if damage:
        with pytest.raises(ValueError, match="arithmetic: 3, must be a text"):
            fit(tmp_path / "run.npz", 2, resume=True)
    else:
        fit(tmp_path / "run.npz", 2, resume=True)
        assert "bit for bit" not in capsys.readouterr().out
