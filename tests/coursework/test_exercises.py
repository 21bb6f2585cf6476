"""Every exercise: what the solution, the empty file and each typical wrong answer get, and are told."""

import re

import numpy as np
import pytest

import minigen as mg
from minigen import losses, models
from minigen.coursework import all_exercises, get, grade
from minigen.coursework.child import run
from minigen.coursework.diagnosis import KINDS
from minigen.coursework.grading import known_results

ALL = list(all_exercises().values())
WRONG = [pytest.param(e, w, id=f"{e.slug}-{i}-{w.kind}") for e in ALL for i, w in enumerate(e.wrong, 1)]
OF_THE_CHAPTER = "tanh unbroadcast softmax_crossentropy conv2d max_pool up_sampling adam pca kl reparameterise vae_step"
OF_THE_CHAPTER += " gan_step gradient_penalty made_masks rnn attention diffusion"


def each(exercises):
    return pytest.mark.parametrize("exercise", exercises, ids=lambda e: e.slug)


def test_the_exercises_follow_the_chapter():
    assert [e.number for e in ALL] == list(range(1, len(ALL) + 1))
    assert [e.name for e in ALL] == OF_THE_CHAPTER.split()


@each(ALL)
def test_the_solution_gets_all_marks(exercise):
    marks = grade(exercise, exercise.solved)
    assert marks.score == marks.most == exercise.marks == 10
    assert not any(mark.message for mark in marks.marks)


@each(ALL)
def test_the_empty_exercise_gets_none_and_a_sentence(exercise):
    marks = grade(exercise, exercise.student)
    assert marks.score == 0
    for mark in marks.marks:
        assert re.match(rf"not written yet\. exercise {exercise.number}: write [\w.]+ here", mark.message)


@pytest.mark.parametrize("exercise, wrong", WRONG)
def test_a_wrong_answer_gets_its_marks_and_is_told_its_kind(exercise, wrong):
    assert exercise.solution.count(wrong.old) == 1
    marks = grade(exercise, exercise.answer(wrong))
    assert marks.score == wrong.marks < exercise.marks
    messages = [mark.message for mark in marks.marks if mark.message]
    assert any(f"{KINDS[wrong.kind]}: {wrong.hint}" == message for message in messages)


BY_MINIGEN = {
    2: "def unbroadcast(g, shape):\n    return mg.autograd.broadcasting.sum_to(g, shape)",
    3: "def softmax_cross_entropy(logits, labels):\n    return -mg.log_softmax(logits)[0, labels], logits",
    9: "def kl(mu, logvar):\n    return mg.ops.KLStandardNormal()(mu, logvar).sum()",
    16: "def attention(q, k, v, causal=False):\n    w = np.exp(mg.log_softmax(q @ k.mT))\n    return w @ v, w",
}


@pytest.mark.parametrize("number", BY_MINIGEN)
def test_what_minigen_has_for_it_is_refused(number):
    answer = f"import numpy as np\nimport minigen as mg\nimport minigen.autograd.broadcasting\n{BY_MINIGEN[number]}"
    marks = grade(get(number), answer.replace("k.mT", "k.transpose(0, 2, 1)"))
    assert marks.score == 0 and "does what this exercise asks you to write" in marks.marks[0].message


def test_a_mean_that_is_not_corrected_is_not_taken_for_another_beta():
    """With β₁ = 0.9 and β₂ = 0.999 both mistakes would make the first step ten times too short."""
    answer = get(7).solution.replace("m / (1 - beta_1**t)", "m")
    messages = [mark.message for mark in grade(get(7), answer).marks]
    assert messages[1].startswith(KINDS["forgotten term"])


@each(ALL)
def test_there_are_four_wrong_answers_or_more_of_three_kinds(exercise):
    assert len(exercise.wrong) >= 4
    assert len({wrong.kind for wrong in exercise.wrong}) >= 3
    assert len({wrong.hint for wrong in exercise.wrong}) >= 4


@each(ALL)
def test_no_message_gives_the_answer_away(exercise):
    body = re.findall(r"# BEGIN SOLUTION\n(.*?)# END SOLUTION", exercise.solution, re.S)
    lines = [line.strip() for part in body for line in part.splitlines() if len(line.strip()) > 12]
    for wrong in exercise.wrong:
        assert not any(line in wrong.hint for line in lines)
        assert wrong.old not in wrong.hint
    last = [part.strip().splitlines()[-1].strip() for part in body]
    assert not any(line in exercise.student for line in last)


@each(ALL)
def test_some_tests_are_public_and_some_are_hidden(exercise):
    public = [test for test in exercise.tests if test.public]
    assert public and len(public) < len(exercise.tests)
    for test in public:  # their numbers are written out in test_exercise.py
        right, _ = known_results(exercise.number, test.name)
        assert sum(np.size(a) for a in right["arrays"].values()) <= 40


# ---- the solutions compared with minigen


def solution(name):
    names = {"__name__": "solution"}
    exec(next(e for e in ALL if e.name == name).solution, names)
    return names


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def test_the_solutions_of_ops_give_what_minigen_gives():
    x, w, g = draw(2, 7, 6, 3), draw(3, 2, 3, 4), draw(2, 14, 18, 3)
    np.testing.assert_allclose(solution("tanh")["Tanh"]()(x), mg.tanh(x))
    conv = solution("conv2d")
    for f in (conv["conv2d"], conv["conv2d_loops"]):
        np.testing.assert_allclose(f(x, w, 2), mg.conv2d(x, w, strides=2), atol=1e-12)
    up = solution("up_sampling")
    t = mg.Tensor(x, requires_grad=True)
    (mg.up_sampling2d(t, (2, 3)) * g).sum().backward()
    np.testing.assert_allclose(up["up_sampling"](x, 2, 3), mg.up_sampling2d(x, (2, 3)))
    np.testing.assert_allclose(up["up_sampling_backward"](g, 2, 3), t.grad, atol=1e-12)
    ties, g = np.maximum(np.round(draw(2, 6, 4, 3)), 0), draw(2, 3, 2, 3, seed=1)
    t = mg.Tensor(ties, requires_grad=True)
    (mg.max_pool2d(t) * g).sum().backward()
    np.testing.assert_allclose(solution("max_pool")["max_pool_backward"](g, ties), t.grad)


def test_the_solutions_of_losses_give_what_minigen_gives():
    a, mu, logvar, labels = draw(5, 4), draw(5, 3), draw(5, 3, seed=1), np.array([0, 3, 1, 1, 2])
    t = mg.Tensor(a, requires_grad=True)
    right = losses.sparse_categorical_crossentropy(labels, t, from_logits=True)
    right.backward()
    loss, gradient = solution("softmax_crossentropy")["softmax_cross_entropy"](a, labels)
    np.testing.assert_allclose(loss, float(right))
    np.testing.assert_allclose(gradient, t.grad)
    np.testing.assert_allclose(solution("kl")["kl"](mu, logvar), losses.kl_standard_normal(mu, logvar))
    gan, x, z = solution("gan_step"), draw(5, 1), draw(5, 1, seed=1)
    pair = lambda z: mg.Tensor(z), lambda x: mg.Tensor(x) if isinstance(x, np.ndarray) else x  # noqa: E731
    np.testing.assert_allclose(float(gan["discriminator_loss"](*pair, x, z)), losses.discriminator_loss(x, z))
    np.testing.assert_allclose(float(gan["generator_loss"](*pair, z)), losses.generator_loss(z))


def test_the_solutions_of_layers_give_what_minigen_gives():
    q, k, v = draw(2, 5, 4), draw(2, 5, 4, seed=1), draw(2, 5, 3, seed=2)
    y, _ = solution("attention")["attention"](q, k, v, causal=True)
    heads = [a[:, None] for a in (q, k, v)]
    np.testing.assert_allclose(y, np.asarray(mg.ops.attention(*heads, mask="causal"))[:, 0], atol=1e-12)
    w, g, optimizer = mg.Tensor(draw(3), requires_grad=True), draw(3, seed=1), mg.Adam(0.1, epsilon=1e-12)
    mine, m, v = w.numpy().copy(), np.zeros(3), np.zeros(3)
    for t in range(1, 4):
        (w * g).sum().backward()
        optimizer.step([w])
        mine, m, v = solution("adam")["adam_step"](mine, g, m, v, t, learning_rate=0.1, epsilon=1e-12)
    np.testing.assert_allclose(mine, w.numpy(), rtol=1e-8)
    layer, x = mg.SimpleRNN(4, return_sequences=True).astype("float64"), draw(2, 5, 3)
    right = layer(mg.Tensor(x)).numpy()
    W, U, b = (p.numpy() for p in layer.parameters())
    np.testing.assert_allclose(solution("rnn")["rnn_forward"](x, W, U, b), right, atol=1e-12)


def test_the_gradient_of_the_recurrent_solution_is_that_of_finite_differences():
    names, x, W, U, b, g = solution("rnn"), draw(2, 4, 3), draw(3, 5), draw(5, 5) / 2, draw(5), draw(2, 4, 5, seed=3)
    h = names["rnn_forward"](x, W, U, b)
    found = names["rnn_backward"](g, x, W, U, h)
    for i, a in enumerate((x, W, U, b)):
        d = draw(*a.shape, seed=7)
        moved = [[p + s * 1e-6 * d if j == i else p for j, p in enumerate((x, W, U, b))] for s in (1, -1)]
        numeric = sum(s * (names["rnn_forward"](*p) * g).sum() for s, p in zip((1, -1), moved, strict=True)) / 2e-6
        np.testing.assert_allclose((found[i] * d).sum(), numeric, rtol=1e-6)


def test_the_masks_and_the_noise_are_those_of_the_models():
    paths = np.linalg.multi_dot(solution("made_masks")["made_masks"](6, [20, 30]))
    assert np.array_equal(paths > 0, np.triu(np.ones((6, 6)), 1) > 0)
    schedule = models.CosineSchedule(10)
    bars = solution("diffusion")["alpha_bars"](np.asarray(schedule.betas))
    np.testing.assert_allclose(bars, schedule.signal[1:] ** 2, atol=1e-6)


def test_the_pca_is_that_of_the_models():
    x = draw(40, 6) * [1, 5, 2, 3, 1, 1]
    names, right = solution("pca"), models.PCA(x, 3)
    error = ((right.decode(right.encode(x)) - x) ** 2).sum(axis=1).mean()
    np.testing.assert_allclose(names["least_error"](x, 3), error)


def test_a_test_draws_nothing_from_the_generator_of_the_caller():
    before = mg.backend.random_state()
    exercise = next(e for e in ALL if e.name == "vae_step")
    known_results.cache_clear()
    known_results(exercise.number, "losses")
    assert str(mg.backend.random_state()) == str(before)
    assert run(exercise.solved, exercise.text_of(exercise.tests[0]), "losses", [])["kind"] == "arrays"
