"""summary() and describe(): every part once, shared ones by name, and the numbers of weights."""

from helpers.html_cells import cells

from minigen import BatchNormalization, Dense, Input, Model, ReLU, Sequential, models


def test_summary(capsys):
    x = Input((6,))
    model = Model(x, Dense(6, "sigmoid")(BatchNormalization()(Dense(3, name="code")(x))), name="small")
    model.summary()
    text = capsys.readouterr().out
    for part in (
        "small",
        "code (Dense)",
        "(batch, 3)",
        "(batch, 6)",
        "batch_normalization",
        "57 parameters",
        "51 train",
    ):
        assert part in text
    Sequential([Dense(3)]).summary()  # not built yet
    assert "0 parameters" in capsys.readouterr().out


def test_a_shared_layer_counts_once_in_the_summary(capsys):
    x = Input((3,))
    shared = Dense(3)
    Model(x, shared(shared(x))).summary()
    lines = [line.split()[-1] for line in capsys.readouterr().out.splitlines() if line.startswith("dense")]
    assert lines == ["12", "shared"]


def test_a_model_inside_of_two_others_counts_once_in_the_summary(capsys):
    models.vae_gan(2, hidden=4).summary()
    lines = capsys.readouterr().out.splitlines()[3:-2]
    parts = {line.split()[0]: line.split()[-1] for line in lines if not line.startswith(" ")}
    assert [name for name, n in parts.items() if n == "shared"] == ["gan", "features_and_logits"] and len(parts) == 5


def test_the_summary_of_a_model_without_a_graph_shows_what_its_parts_are_made_of(capsys):
    models.PixelCNN((4, 4), filters=2, blocks=1).summary()
    lines = capsys.readouterr().out.splitlines()
    names = ["logits", "  first", "  place", "  blocks_0", "    look", "    mix", "  hidden", "  last"]
    assert [line.split(" (")[0] for line in lines[3:-2]] == names and "place (weight)" in lines[5]
    inside = [int(line.split()[-1]) for line in lines[4:-2] if line[2] != " "]
    assert sum(inside) == int(lines[3].split()[-1])


def test_the_summary_says_shared_in_every_part_and_zero_for_what_has_no_weights():
    shared, relu = Dense(4), ReLU()

    class Two(Model):
        def __init__(self):
            super().__init__()
            self.left, self.right = (Sequential([Input((4,)), shared, relu, Dense(n)]) for n in (1, 2))

        def call(self, x):
            return [self.left(x), self.right(x)]

    rows = [line.split() for line in Two().describe().splitlines()[3:-2]]
    weights = [(row[0], row[-1]) for row in rows]
    left = [("left", "25"), ("input", "0"), ("dense", "20"), ("re_lu", "0"), ("dense_1", "5")]
    right = [("right", "30"), ("input", "0"), ("dense", "shared"), ("re_lu", "0"), ("dense_1", "10")]
    assert weights == left + right
    assert rows[2][2:4] == ["(batch,", "4)"]


# ---- text and HTML


def test_a_model_in_a_line():
    x = Input((4,))
    assert repr(Model(x, [Dense(2)(x), Dense(3)(x)], name="two")) == (
        "<Model 'two', (batch, 4) to (batch, 2), (batch, 3), 25 weights>"
    )
    assert repr(models.vae()) == "<VAE, 807,700 weights>"
    assert repr(Model()) == "<Model, 0 weights>" and repr(Sequential([Dense(3)])) == "<Sequential, 0 weights>"


def test_print_of_a_model_is_its_summary(capsys):
    for model in (models.fc_autoencoder(), models.conv_vae(), Sequential([Dense(3)]), Model()):
        model.summary()
        print(model)
        summary, printed = capsys.readouterr().out.split(model.label)[1:]
        assert summary == printed


def test_a_notebook_shows_the_same_table():
    for model in (models.fc_autoencoder(), models.conv_vae(), models.dcgan(), Model()):
        html = cells(model._repr_html_())
        lines = model.describe().splitlines()
        shown = ["   ".join(row).replace("\xa0", " ").split() for row in html.rows]
        assert shown == [
            line.split() for line in [lines[1], *lines[3:]] if line and line not in html.outside + [lines[2]]
        ]
        assert html.outside[0] == model.label and html.outside[-1] == lines[-1]
    assert html.rows[0] == ["layer", "output shape", "weights"]
    assert "\xa0\xa0input (Input)" in [row[0] for row in cells(models.vae()._repr_html_()).rows]


def test_names_of_layers_are_escaped_in_a_notebook():
    model = Sequential([Input((2,)), Dense(1, name="<b>&")], name="<i>")
    assert "<b>" not in model._repr_html_() and "<i>" not in model._repr_html_()
    assert cells(model._repr_html_()).rows[-1][0] == "<b>& (Dense)"
