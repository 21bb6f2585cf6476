"""TimeLeft: how far a training is, and how long the rest of it takes."""

from minigen.callbacks.time_left import TimeLeft, duration


def test_durations_and_progress(monkeypatch):
    assert [duration(s) for s in (0.2, 59.4, 61, 3599, 7260)] == ["0 s", "59 s", "1 min", "1 h 0 min", "2 h 1 min"]
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    left = TimeLeft(10)
    left.at(4, 50, {"steps": 100})  # a resumed training
    assert str(left) == "epoch 5 of 10, step 50 of 100" and left.done == 4.5
    now[0] = 60.0
    left.at(5, 0, {"steps": 100})
    assert str(left) == "epoch 6 of 10; about 10 min left" and left.seconds == 60
    left.at(6, 3, {"steps": None})
    assert left.done == 6 and str(left) == "epoch 7 of 10, step 3; about 3 min left"
