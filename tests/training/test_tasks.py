"""training.alternate: the order of the steps, what each moves, and that a run of several tasks survives a break."""

import itertools
import tracemalloc

import numpy as np
import pytest
from helpers.draws import uniform as draw
from helpers.interrupted import ctrl_c_in_step
from helpers.refusals import refused

import minigen
from minigen import Adam, Dense, Dropout, Input, Model, Sequential, backend, models
from minigen.callbacks import Callback
from minigen.datasets import mnist
from minigen.training import Options, Task, alternate
from minigen.training.tasks import EpochsOfArrays, order

pytestmark = pytest.mark.filterwarnings("ignore::minigen.models.CollapseWarning")  # so small a VAE, so few steps


class Recorder(Model):
    """Notes whose turn it is, and with which samples."""

    def __init__(self, name, said):
        super().__init__(name=name)
        self.said = said

    def train_step(self, x, y=None):
        self.said.append((self.name, x.numpy()[:, 0].astype(int).tolist()))
        return {"loss": x.mean()}

    test_step = train_step


def turns(schedule, n=(4, 4, 4), batch_size=2, **options):
    """[(name, samples), ...] in the order in which the steps came."""
    said = []
    tasks = [
        (Task(name, Recorder(name, said), np.arange(k, dtype="float32")[:, None]), steps)
        for (name, steps), k in zip(schedule, n, strict=True)
    ]
    alternate(tasks, batch_size, verbose=0, **options)
    return said


(_images, _labels), _ = mnist.load_data("sample")
DIGITS, LABELS = _images[:20].reshape(20, 784).astype("float32") / 255, _labels[:20].astype("int64")


# ---- the schedule


def test_a_few_steps_for_each_task_in_turn():
    said = turns([("A", 2), ("B", 2), ("C", 2)], n=(8, 8, 8))
    assert "".join(name for name, _ in said) == "AABBCC" * 2


def test_tasks_may_have_different_numbers_of_steps():
    said = turns([("A", 3), ("B", 1)], n=(12, 2))
    assert "".join(name for name, _ in said) == "AAAB" * 2


def test_an_epoch_ends_when_every_task_has_seen_all_of_its_data():
    """B has 5 batches and one step in each round: 5 rounds, in which A goes through its 2 batches 5 times."""
    said = turns([("A", 2), ("B", 1)], n=(4, 10), shuffle=False)
    assert "".join(name for name, _ in said) == "AAB" * 5
    assert [x for name, x in said if name == "A"] == [[0, 1], [2, 3]] * 5
    assert [x for name, x in said if name == "B"] == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]


def test_the_last_round_is_a_whole_one():
    """A has 5 batches, the last of 1 sample: 3 rounds of 2 steps, the sixth with the first batch again."""
    said = turns([("A", 2), ("B", 1)], n=(9, 2), shuffle=False)
    assert "".join(name for name, _ in said) == "AAB" * 3
    assert [x for name, x in said if name == "A"][-2:] == [[8], [0, 1]]


def test_every_pass_has_an_order_of_its_own():
    said = turns([("A", 1), ("B", 1)], n=(8, 32))
    passes = [sum([x for name, x in said if name == "A"][i : i + 4], []) for i in range(0, 16, 4)]
    assert all(sorted(one) == list(range(8)) for one in passes)
    assert len({tuple(one) for one in passes}) == 4


def test_the_last_batch_of_a_pass_may_be_short():
    said = turns([("A", 1), ("B", 1)], n=(3, 6), shuffle=False)
    assert [x for name, x in said if name == "A"] == [[0, 1], [2], [0, 1]]


def test_one_task_alone_is_fit(xp):
    x = draw(22, 6)
    weights, histories = [], []
    for run in ("fit", "alternate"):
        minigen.seed(0)
        model = Sequential([Input((6,)), Dense(4, "relu"), Dropout(0.3), Dense(6, "sigmoid")])
        model.compile(Adam(0.01), "binary_crossentropy")
        if run == "fit":
            history = model.fit(x, x, batch_size=4, epochs=2, verbose=0, validation_data=(x[:5], x[:5])).history
        else:
            task = Task("own", model, x, x, validation_data=(x[:5], x[:5]))
            history = alternate([(task, 3)], batch_size=4, epochs=2, verbose=0).history
            history = {name.removeprefix("own/"): values for name, values in history.items()}
        weights.append(model.get_weights())
        histories.append(history)
    assert histories[0] == histories[1] and set(histories[0]) == {"loss", "loss_end", "val_loss"}
    assert all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))


def epochs_of(n, batch_size, **options):
    """The epochs of tasks A and B, of which B has half of the samples and every third turn."""
    tasks = [(Task("A", Recorder("A", []), np.arange(n)), 2), (Task("B", Recorder("B", []), np.arange(n // 2)), 1)]
    return EpochsOfArrays(tasks, Options("fit", batch_size, 3, 0, None, True, None, False, **options))


@pytest.mark.parametrize("steps", [None, 1, 7, 100])
@pytest.mark.parametrize("done", [0, 5])
def test_all_orders_of_an_epoch_are_drawn_before_its_steps_whatever_these_draw(steps, done):
    minigen.seed(0)
    epochs, drawn = epochs_of(9, 2, steps_per_epoch=steps), []
    for epoch in range(3):
        n = epochs.begin_epoch(epoch)
        after = backend.random_state()
        for task, (batch,), _ in epochs.steps(done):
            backend.normal((3,))  # as a step with a Dropout does
            drawn.append((task.name, batch.tolist()))
        backend.set_random_state(after)
    minigen.seed(0)
    expected = []
    for _ in range(3):
        all_steps = list(itertools.islice(order(epochs.turns, 2, backend.permutation), n))
        expected += [(task.name, np.arange(len(task))[index].tolist()) for task, index in all_steps[done:]]
    assert drawn == expected and n == (steps or 9) and bool(drawn) == (n > done)


def test_the_steps_of_a_long_epoch_are_not_all_in_memory():
    epochs = epochs_of(10, 1, steps_per_epoch=5_000)
    tracemalloc.start()
    epochs.begin_epoch(0)
    assert sum(1 for _ in epochs.steps(0)) == 5_000
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100_000  # a list of them has 1 MB


# ---- what a step moves, and what is logged


def family(seed=0, rate=1e-3):
    """A VAE and two heads on its encoder, with data of their own."""
    minigen.seed(seed)
    vae = models.vae(2, hidden=8)
    vae.compile(Adam(rate))
    digit = models.Head(vae.encoder, Dense(3, "softmax"), name="digit")
    digit.compile(Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    width = models.Head(vae.encoder, Dense(1), name="width")
    width.compile(Adam(rate), "mse")
    tasks = [
        Task("vae", vae, DIGITS[:12]),
        Task("digit", digit, DIGITS[12:20], LABELS[12:20] % 3, validation_data=(DIGITS[:3], LABELS[:3] % 3)),
        Task("width", width, DIGITS[:12], DIGITS[:12].mean(axis=1, keepdims=True)),
    ]
    return vae, digit, width, tasks


@pytest.mark.parametrize("turn", ["digit", "width"])
def test_a_step_of_a_task_moves_the_encoder_and_its_own_head_only(turn, xp):
    vae, digit, width, tasks = family()
    task = next(task for task in tasks if task.name == turn)
    parts = {"encoder": vae.encoder, "decoder": vae.decoder, "digit": digit.head, "width": width.head}
    before = {name: part.get_weights() for name, part in parts.items()}
    alternate([(task, 1)], batch_size=8, verbose=0)
    moved = {
        name
        for name, part in parts.items()
        if not all(np.array_equal(a, b) for a, b in zip(before[name], part.get_weights(), strict=True))
    }
    assert moved == {"encoder", turn}


def test_tasks_share_the_encoder_itself():
    vae, digit, width, _ = family()
    assert digit.named_weights()["encoder/dense/kernel"] is vae.named_weights()["encoder/dense/kernel"]


def test_numbers_are_logged_under_the_name_of_the_task():
    *_, tasks = family()
    history = alternate([(task, 1) for task in tasks], batch_size=4, epochs=2, verbose=0).history
    assert {"vae/loss", "vae/kl", "vae/active_units", "digit/loss", "digit/accuracy", "digit/val_loss"} <= set(history)
    assert {"digit/loss_end", "width/loss"} <= set(history) and "width/val_loss" not in history
    assert all(len(values) == 2 for values in history.values())


def test_validation_does_not_disturb_the_run():
    """A VAE draws z to be evaluated; the next shuffles and draws of the training are the same without it."""
    weights = []
    for held_out in (None, DIGITS[12:]):
        vae, _, _, (task, *_) = family()
        task.validation_data = held_out
        alternate([(task, 1)], batch_size=4, epochs=3, verbose=0)
        weights.append(vae.get_weights())
    assert all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))


def test_the_losses_of_all_tasks_fall_together():
    *_, tasks = family(rate=5e-3)
    history = alternate([(task, 1) for task in tasks], batch_size=4, epochs=40, verbose=0).history
    assert all(history[f"{name}/loss"][-1] < 0.8 * history[f"{name}/loss"][0] for name in ("vae", "digit", "width"))


# ---- breaks


@pytest.mark.parametrize("at", [1, 4, 8])
def test_resuming_in_the_middle_of_a_round_is_an_unbroken_run(at, tmp_path, capsys):
    """Nine steps an epoch; Ctrl-C in step `at` of the second one."""
    vae, digit, width, tasks = family()
    unbroken = alternate([(task, 1) for task in tasks], batch_size=4, epochs=3, verbose=0).history
    expected = [w for model in (vae, digit, width) for w in model.get_weights()]

    *_, tasks = family()
    options = {"batch_size": 4, "epochs": 3, "verbose": 0, "checkpoint": tmp_path / "run.npz"}
    with ctrl_c_in_step(9 + at):
        alternate([(task, 1) for task in tasks], **options)

    vae, digit, width, tasks = family(seed=5)  # other weights: all comes from the file
    history = alternate([(task, 1) for task in tasks], **options, resume=True).history
    resumed = [w for model in (vae, digit, width) for w in model.get_weights()]
    assert history == unbroken
    assert all(np.array_equal(a, b) for a, b in zip(expected, resumed, strict=True))


def test_resume_refuses_another_schedule_in_the_middle_of_an_epoch(tmp_path, capsys):
    *_, tasks = family()
    options = {"batch_size": 4, "verbose": 0, "checkpoint": tmp_path / "run.npz"}
    with ctrl_c_in_step(4):
        alternate([(task, 1) for task in tasks], **options)
    with pytest.raises(
        ValueError, match=r"another run(.|\n)*digit: 8 samples, steps in turn 1(.|\n)*digit: 8 samples, steps in turn 2"
    ):
        alternate([(task, 2) for task in tasks], **options, resume=True)
    with pytest.raises(ValueError, match=r"another run(.|\n)*shuffle True(.|\n)*shuffle False"):
        alternate([(task, 1) for task in tasks], **options, shuffle=False, resume=True)


def test_resume_refuses_tasks_in_another_order(tmp_path):
    """Their optimizers are kept in that order: each would get the state of the other."""
    *_, tasks = family()
    options = {"batch_size": 4, "verbose": 0, "checkpoint": tmp_path / "run.npz"}
    alternate([(task, 1) for task in tasks], **options)
    with pytest.raises(
        ValueError, match=r"another run(.|\n)*\['vae', 'digit', 'width'\](.|\n)*\['width', 'digit', 'vae'\]"
    ):
        alternate([(task, 1) for task in reversed(tasks)], epochs=2, **options, resume=True)


def test_models_that_are_built_by_their_data_can_be_resumed(tmp_path):
    """A layer that two of them share is built by the first: the rest of the second is not."""

    def tasks():
        minigen.seed(0)
        shared, x = Dense(3), DIGITS[:8]
        both = [Sequential([shared, Dense(4)]) for _ in range(2)]
        for model in both:
            model.compile("adam", "mse")
        return [(Task(name, model, x, x[:, :4]), 1) for name, model in zip("ab", both, strict=True)]

    path = tmp_path / "run.npz"
    expected = alternate(tasks(), epochs=2, verbose=0).history
    alternate(tasks(), epochs=1, verbose=0, checkpoint=path)
    assert alternate(tasks(), epochs=2, verbose=0, checkpoint=path, resume=True).history == expected


# ---- bad input


def refused_schedule(problem, schedule, kind=ValueError, **options):
    with refused(kind, problem):
        alternate(schedule, verbose=0, **options)


def test_bad_schedules_are_refused_before_anything_is_trained():
    vae, digit, _, (a, b, c) = family()
    before = vae.get_weights()
    refused_schedule("alternate: schedule", [], TypeError)
    refused_schedule("alternate: schedule", a, TypeError)
    refused_schedule("alternate: schedule", [a, b], TypeError)
    refused_schedule("alternate: schedule", [(vae, 1)], TypeError)
    refused_schedule("steps of task 'digit'", [(a, 1), (b, 0)])
    refused_schedule("steps of task 'digit'", [(a, 1), (b, -1)])
    refused_schedule("steps of task 'digit'", [(a, 1), (b, 1.5)])
    refused_schedule("steps of task 'digit'", [(a, 1), (b, True)])
    refused_schedule("share a name", [(a, 1), (Task("vae", digit, draw(3, 784), np.arange(3)), 1)])
    refused_schedule("share a name", [(a, 1), (a, 1)])
    refused_schedule("batch_size", [(a, 1)], batch_size=0)
    refused_schedule("epochs", [(a, 1)], epochs=0)
    refused_schedule("resume", [(a, 1)], resume=True)
    assert all(np.array_equal(w, v) for w, v in zip(before, vae.get_weights(), strict=True))


def test_two_tasks_with_one_optimizer_are_refused():
    vae, digit, width, (a, b, c) = family()
    both = Adam()
    digit.compile(both, "sparse_categorical_crossentropy")
    width.compile(both, "mse")
    refused_schedule("tasks 'digit' and 'width' have one optimizer", [(a, 1), (b, 1), (c, 1)])


def test_an_error_in_a_step_names_its_task():
    *_, (a, _, c) = family()
    c.data = (c.data[0], c.data[1].ravel())  # a row where a column belongs
    with pytest.raises(ValueError, match="shapes of y_true and y_pred differ") as error:
        alternate([(a, 1), (c, 1)], batch_size=4, verbose=0)
    assert error.value.__notes__ == ["in a step of task 'width'"]


def test_one_model_may_learn_from_two_sets_of_data():
    _, digit, _, (_, b, _) = family()
    more = Task("more", digit, DIGITS[:4], LABELS[:4] % 3)
    history = alternate([(b, 1), (more, 1)], batch_size=4, verbose=0).history
    assert {"digit/loss", "more/loss"} <= set(history) and digit.optimizer.iterations == 4


def test_a_task_that_cannot_be_trained_is_named():
    vae, digit, width, (a, *_) = family()
    plain = models.Head(vae.encoder, Dense(3, "softmax"))
    refused_schedule("task 'new'", [(a, 1), (Task("new", plain, draw(3, 784), np.arange(3)), 1)], RuntimeError)
    refused_schedule("task 'new'", [(a, 1), (Task("new", digit, draw(3, 784)), 1)])
    refused_schedule("task 'new'", [(a, 1), (Task("new", digit, draw(3, 784) * 255, np.arange(3)), 1)])
    beside = Task("new", digit, draw(3, 784), np.arange(3), validation_data=(draw(3, 784), np.arange(2)))
    refused_schedule("task 'new', validation_data", [(a, 1), (beside, 1)])


@pytest.mark.parametrize(
    ("arguments", "problem", "kind"),
    [
        (("", "m", draw(2, 784)), "name", ValueError),
        (("a/b", "m", draw(2, 784)), "name", ValueError),
        ((3, "m", draw(2, 784)), "name", ValueError),
        (("digit", None, draw(2, 784)), "model", TypeError),
        (("digit", models.Head, draw(2, 784)), "model", TypeError),
        (("digit", "m", None), "no data", ValueError),
        (("digit", "m", draw(0, 784)), "no data", ValueError),
        (("digit", "m", [["a"]]), "of type", TypeError),
        (("digit", "m", draw(2, 784), np.arange(3)), "differ in length", ValueError),
        (("digit", "m", np.full((2, 784), np.nan)), "NaN", ValueError),
    ],
)
def test_bad_tasks_are_refused(arguments, problem, kind):
    model = models.vae(2, hidden=4)
    with pytest.raises(kind, match=problem) as error:
        Task(*[model if isinstance(argument, str) and argument == "m" else argument for argument in arguments])
    assert all(part in str(error.value) for part in ("Task ", "expected:", "got:", "fix:"))


@pytest.mark.parametrize("name", ["predict", "save", "optimizer", "parameters", "evaluate"])
def test_what_one_model_has_is_looked_for_in_a_task(name):
    class Wrong(Callback):
        def on_epoch_end(self, epoch, logs=None):
            getattr(self.model, name)

    model = models.fc_autoencoder(4)
    model.compile("adam", "mse")
    x = np.full((8, 784), 0.5, "float32")
    with refused(AttributeError, f"alternate: self.model.{name}", fix=f"{name} of the model of one task"):
        alternate([(Task("a", model, x, x), 1)], verbose=0, callbacks=[Wrong()])
