"""to_dot() and draw() show the recorded graph."""

import re
import subprocess
import sys

import numpy as np
import pytest
from helpers.small_mlp import X, autoencoder_loss, parameter, run_mlp, small_mlp

import minigen
from minigen import Dense, Sequential, Tensor
from minigen.autograd import GraphError
from minigen.inspection.graph import draw, to_dot


def parse(text):
    """({node: (label, shape, colour)}, [(from, to)]) of a DOT text"""
    nodes = re.findall(r'^  (n\d+) \[label="(.*)", shape=(\w+), fillcolor="(.*)"\];$', text, re.M)
    edges = re.findall(r"^  (n\d+) -> (n\d+);$", text, re.M)
    assert text.startswith("digraph minigen {\n") and text.endswith("}\n")
    assert text.count("\n") == len(nodes) + len(edges) + 3  # nothing else is in it
    return {name: rest for name, *rest in nodes}, edges


def labelled(text):
    """The same with labels instead of numbers, for graphs in which they differ"""
    nodes, edges = parse(text)
    assert len({label for label, *_ in nodes.values()}) == len(nodes)
    return {label: rest for label, *rest in nodes.values()}, {(nodes[a][0], nodes[b][0]) for a, b in edges}


# ---- to_dot


def test_to_dot_shows_ops_parameters_and_data():
    w, b = small_mlp()
    _, loss = run_mlp(w, b)
    nodes, edges = labelled(to_dot(loss))
    ops = {label for label, (shape, _) in nodes.items() if shape == "box"}
    assert ops == {r"Linear\n(2, 4)", r"Tanh\n(2, 4)", r"Power(·, 2)\n(2, 4)", r"Sum\n()"}
    leaves = {label: colour for label, (shape, colour) in nodes.items() if shape == "ellipse"}
    assert set(leaves) == {r"data\n(2, 3)", r"dense/kernel\n(3, 4)", r"dense/bias\n(4,)"}
    assert leaves[r"dense/kernel\n(3, 4)"] == leaves[r"dense/bias\n(4,)"] != leaves[r"data\n(2, 3)"]
    assert edges == {
        (r"data\n(2, 3)", r"Linear\n(2, 4)"),
        (r"dense/kernel\n(3, 4)", r"Linear\n(2, 4)"),
        (r"dense/bias\n(4,)", r"Linear\n(2, 4)"),
        (r"Linear\n(2, 4)", r"Tanh\n(2, 4)"),
        (r"Tanh\n(2, 4)", r"Power(·, 2)\n(2, 4)"),
        (r"Power(·, 2)\n(2, 4)", r"Sum\n()"),
    }
    loss.backward()  # looking at the graph has not used it up
    assert w.grad is not None


def test_shared_tensors_and_arrays_appear_once():
    w = parameter([1.0, 2.0], "w")
    constant = np.array([3.0, 4.0], "float32")
    h = minigen.tanh(w)
    nodes, edges = parse(to_dot(((h * h) * constant + (h - constant)).sum()))
    labels = sorted(label.split(r"\n")[0] for label, *_ in nodes.values())
    assert labels == ["Add", "Multiply", "Multiply", "Subtract", "Sum", "Tanh", "data", "w"]
    tanh = next(name for name, (label, *_) in nodes.items() if label.startswith("Tanh"))
    assert sum(a == tanh for a, _ in edges) == 3  # h, h and h: one edge for each use
    assert len(edges) == 10


def test_names_give_variables_their_names():
    x, w = Tensor(X), parameter(np.ones((3, 2)), "w")
    labels = np.zeros((2, 2), "float32")
    code = x @ w
    loss = minigen.losses.mean_squared_error(labels, code)
    nodes, _ = parse(to_dot(loss, names=locals()))
    shown = {label for label, *_ in nodes.values()}
    assert {r"x\n(2, 3)", r"w\n(3, 2)", r"labels\n(2, 2)", r"MatMul\ncode (2, 2)"} <= shown
    assert any(label.endswith(r"\nloss ()") for label in shown)
    assert r"X\n(2, 3)" in to_dot(loss, names={"X": x.data})  # the array inside the Tensor will do


def test_quotes_and_backslashes_in_names_are_escaped():
    text = to_dot(minigen.tanh(parameter([1.0], 'a "b" \\c')))
    assert r'label="a \"b\" \\c\n(1,)"' in text


def test_a_chain_of_5000_ops():
    y = w = parameter([1.0], "w")
    for _ in range(5000):
        y = y * 1.0
    nodes, edges = parse(to_dot(y))
    assert len(nodes) == 5001 and len(edges) == 5000 and w.op is None


def freed():
    loss = parameter([1.0]).sum()
    loss.backward()
    return loss


@pytest.mark.parametrize(
    ("make", "got"),
    [
        (lambda: parameter(X), "a leaf of shape (2, 3)"),
        (freed, "a graph that backward() has freed"),
        (lambda: freed() * parameter([2.0]), "a graph that backward() has freed"),
    ],
)
def test_no_graph_is_an_error_that_says_what_to_write(make, got, tmp_path):
    y = make()
    for show in (to_dot, lambda y: draw(y, tmp_path / "a.svg")):
        with pytest.raises(GraphError) as error:
            show(y)
        where, *rest = str(error.value).splitlines()
        assert where == "there is no graph to draw"
        assert [line.split()[0] for line in rest] == ["expected:", "got:", "fix:"] and got in rest[1]
    assert list(tmp_path.iterdir()) == []


def test_an_array_is_no_graph():
    with pytest.raises(TypeError, match=r"got:      ndarray\n  fix:      to_dot\(loss\)"):
        to_dot(X)


# ---- draw


@pytest.mark.parametrize(("suffix", "start"), [(".svg", b"<?xml"), (".png", b"\x89PNG"), (".PDF", b"%PDF")])
def test_draw_without_graphviz(suffix, start, no_graphviz, tmp_path, capsys):
    path = tmp_path / f"graph{suffix}"
    draw(autoencoder_loss(), str(path))
    assert path.read_bytes().startswith(start)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "Graphviz" in said and "not found" in said and "matplotlib" in said


FAKE_DOT = """#!{python} -S
import sys
text = sys.stdin.buffer.read()
if {fail}:
    sys.exit("no such format")
open(sys.argv[sys.argv.index("-o") + 1], "wb").write(sys.argv[1].encode() + b" " + text)
"""


def install_fake_dot(folder, monkeypatch, fail=False):
    program = folder / "bin" / "dot"
    program.parent.mkdir()
    program.write_text(FAKE_DOT.format(python=sys.executable, fail=fail))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for dot is a script")
def test_draw_with_graphviz(tmp_path, monkeypatch, capsys):
    install_fake_dot(tmp_path, monkeypatch)
    loss = autoencoder_loss()
    path = tmp_path / "a graph; echo $HOME.svg"  # no shell reads this
    draw(loss, path, names={"loss": loss})
    assert path.read_text(encoding="utf-8") == "-Tsvg " + to_dot(loss, {"loss": loss})
    assert capsys.readouterr().out == "" and len(list(tmp_path.iterdir())) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for dot is a script")
def test_a_failing_graphviz_is_replaced_by_matplotlib(tmp_path, monkeypatch, capsys):
    install_fake_dot(tmp_path, monkeypatch, fail=True)
    draw(autoencoder_loss(), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert "Graphviz failed (no such format)" in capsys.readouterr().err


def test_a_crash_leaves_the_old_picture(no_graphviz, tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    def crash(self, path, **options):
        path.write_text("half a pict")
        raise KeyboardInterrupt

    monkeypatch.setattr(Figure, "savefig", crash)
    (tmp_path / "a.svg").write_text("old")
    with pytest.raises(KeyboardInterrupt):
        draw(autoencoder_loss(), tmp_path / "a.svg")
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize(("name", "got"), [("graph.gif", ".gif"), ("graph", "no suffix")])
def test_an_unknown_suffix_is_refused(name, got, tmp_path):
    with pytest.raises(ValueError, match=rf"draw: {name}\n  expected: .svg, .png, .pdf\n  got:      {got}\n"):
        draw(autoencoder_loss(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_is_none_and_names_for_a_trace_are_refused(tmp_path):
    with pytest.raises(TypeError, match=r"a path\n  expected: the name of a file\n  got:      3\n"):
        draw(autoencoder_loss(), 3)
    x = parameter([1.0, 2.0])
    with minigen.trace() as t:
        (x * x).sum().backward()
    with pytest.raises(ValueError, match=r"names of a trace\n.*\n  got:      x\n"):
        to_dot(t, names={"x": x})


def test_matplotlib_is_loaded_on_use():
    code = "import sys; sys.modules['matplotlib'] = None; import minigen.inspection.graph"  # an import of it would fail
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_text_is_the_same_on_every_backend(xp):
    _, loss = run_mlp(*small_mlp())
    assert r"Linear\n(2, 4)" in to_dot(loss)


# ---- a training step from afar


def step_of_a_gan(**names):
    minigen.seed(0)
    z, x = minigen.Input(shape=(3,)), minigen.Input(shape=(4,))
    generator = minigen.Model(z, Dense(4, "sigmoid")(Dense(5, "relu")(z)))
    gan = minigen.models.GAN(generator, minigen.Model(x, Dense(1)(minigen.Rescaling(2, -1)(x))))
    gan.compile()
    with minigen.trace() as t:
        gan.train_step(Tensor(np.full((2, 4), 0.5, "float32"), name="x"))
    return t


def test_a_traced_step_has_one_box_for_each_model():
    nodes, edges = labelled(to_dot(step_of_a_gan()))
    assert set(nodes) == {"noise", "x", "generator", "discriminator", "LabelCrossentropy"}
    assert {kind for kind, _ in (nodes["generator"], nodes["discriminator"])} == {"box"}
    assert {("noise", "generator"), ("x", "discriminator"), ("discriminator", "LabelCrossentropy")} <= edges


def test_the_picture_of_a_step_is_drawn(tmp_path):
    draw(step_of_a_gan(), tmp_path / "step.png")
    assert (tmp_path / "step.png").stat().st_size > 1000


def test_fig_9_14_from_the_tape():
    """VAE, discriminator and two tasks, one training step each: the edges of the figure are there, and no others."""
    minigen.seed(0)
    whole = minigen.models.vae_gan(2, hidden=4)
    whole.compile()
    digit = minigen.models.Head(whole.encoder, Dense(3, "softmax"), name="digit")
    digit.compile("adam", "sparse_categorical_crossentropy")
    width = minigen.models.Head(whole.encoder, Dense(1), name="width")
    width.compile("adam", "mse")
    x = Tensor(np.full((2, 784), 0.5, "float32"), name="x")
    with minigen.trace() as t:
        whole.train_step(x)
        digit.train_step(x, np.array([0, 1]))
        width.train_step(x, Tensor(np.ones((2, 1), "float32"), name="width?"))
    nodes, edges = parse(to_dot(t))
    titles = {name: label.partition("\\n")[0] for name, (label, *_) in nodes.items()}
    seen = {(titles[a], titles[b]) for a, b in edges}
    models = {title for name, title in titles.items() if nodes[name][2] == "#f3dcec"}
    assert models == {"encoder", "decoder", "discriminator", "digit", "width"}
    assert {(a, b) for a, b in seen if a in models or b in models} == {
        ("x", "encoder"),
        ("encoder", "Reparameterise"),
        ("encoder", "KLStandardNormal"),
        ("Reparameterise", "decoder"),
        ("encoder", "digit"),
        ("encoder", "width"),
        ("noise", "decoder"),
        ("decoder", "discriminator"),
        ("x", "discriminator"),
        ("discriminator", "HalfSquaredError"),
        ("discriminator", "LabelCrossentropy"),
        ("digit", "SparseSoftmaxCrossentropy"),
        ("width", "MeanSquaredError"),
    }


def test_a_trace_without_a_step_cannot_be_drawn():
    with minigen.trace() as t:
        minigen.tanh(np.ones(3))
    with pytest.raises(GraphError, match="no training step to draw(.|\n)*fix"):
        to_dot(t)


def test_two_models_of_one_name_are_two_boxes():
    one, other = (Sequential([minigen.Input((3,)), Dense(2)]) for _ in range(2))
    for model in (one, other):
        model.compile("sgd", "mse")
    x = np.ones((2, 3), "float32")
    with minigen.trace() as t:
        for model in (one, other, one):
            model.train_on_batch(x, x[:, :2])
    models = [label for label, _, colour in parse(to_dot(t))[0].values() if colour == "#f3dcec"]
    assert models == ["Sequential", "Sequential 2"]


def test_a_trace_that_began_after_the_forward_pass_cannot_be_drawn():
    loss = (Tensor(np.ones(3), requires_grad=True) ** 2).sum()
    with minigen.trace() as t:
        loss.backward()
    with pytest.raises(GraphError, match="backward.. alone"):
        to_dot(t)


def test_nameless_data_are_not_taken_for_each_other():
    """Images and labels: both nameless, and only the images go into the model."""
    model = Sequential([minigen.Input((3,)), Dense(2)], name="net")
    model.compile("sgd", "mse")
    with minigen.trace() as t:
        model.train_on_batch(np.ones((2, 3), "float32"), np.ones((2, 2), "float32"))
    nodes, edges = parse(to_dot(t))
    titles = {name: label.partition("\\n")[0] for name, (label, *_) in nodes.items()}
    assert sorted(titles[b] for a, b in edges if titles[a] == "data") == ["MeanSquaredError", "net"]
    assert len([title for title in titles.values() if title == "data"]) == 2
