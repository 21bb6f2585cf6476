"""Files that version 0.1.0 has written are read, and a training that it began goes on to the same end.

tests/golden/make_saved.py has made them, and says what is in them.
"""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from minigen import alternate

GOLDEN = Path(__file__).parents[1] / "golden"
sys.path.insert(0, str(GOLDEN))

import make_saved  # noqa: E402


def assert_same(model, path):
    with np.load(path) as file:
        saved = {name.removeprefix("arrays/"): file[name] for name in file.files if name.startswith("arrays/")}
    weights = model.named_weights()
    assert list(weights) == list(saved)
    for name, weight in weights.items():
        np.testing.assert_allclose(weight.numpy(), saved[name], rtol=1e-4, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("case", make_saved.CASES, ids=lambda case: case.__name__)
def test_weights_are_read_under_their_names(case):
    model, x, _ = case()
    if case in (make_saved.images, make_saved.words, make_saved.own_model):
        model(x[:1])  # the first data makes their weights
    path = GOLDEN / "saved" / f"{case.__name__}-end.npz"
    before = model.get_weights()
    model.load_weights(path)
    assert_same(model, path)
    assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("name", [case.__name__ for case in make_saved.CASES] + ["interrupted"])
def test_a_training_goes_on(name, tmp_path):
    case = "dense" if name == "interrupted" else name
    path = Path(shutil.copy(GOLDEN / "saved" / f"{name}.npz", tmp_path))
    model, x, y = getattr(make_saved, case)()
    history = model.fit(x, y, batch_size=8, epochs=2, verbose=0, checkpoint=path, resume=True).history
    assert all(len(values) == 2 for values in history.values())
    assert_same(model, GOLDEN / "saved" / f"{case}-end.npz")
    if case == "own_model":
        assert model.rate == 0.25


def test_several_tasks_go_on(tmp_path):
    path = Path(shutil.copy(GOLDEN / "saved" / "tasks.npz", tmp_path))
    schedule = make_saved.tasks()
    history = alternate(schedule, 8, 2, 0, checkpoint=path, resume=True).history
    assert set(history) == {"digit/loss", "copy/loss"}
    for task, _ in schedule:
        assert_same(task.model, GOLDEN / "saved" / f"tasks-{task.name}-end.npz")


def test_if_one_task_refuses_its_weights_all_are_as_before(tmp_path, monkeypatch):
    path = Path(shutil.copy(GOLDEN / "saved" / "tasks.npz", tmp_path))
    schedule = make_saved.tasks()
    first, second = (task.model for task, _ in schedule)
    before = [*first.get_weights(), *second.get_weights()]

    def refuse(arrays, source):
        raise ValueError("weights of another vocabulary")

    monkeypatch.setattr(second, "assign_weights", refuse)
    with pytest.raises(ValueError, match="another vocabulary"):
        alternate(schedule, 8, 2, 0, checkpoint=path, resume=True)
    after = [*first.get_weights(), *second.get_weights()]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
