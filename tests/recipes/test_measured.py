"""The measured numbers: one data file, what a run looks up in it, and the page that is made from it."""

import os
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest

from minigen import cli
from minigen.recipes import Run, Settings, registry
from minigen.recipes.families import side_by_side
from minigen.recipes.measured import expectation, measurements

ROOT = Path(__file__).parents[2]
CONVERGENCE = "test loss after {epochs} epochs, {optimizer}"
VAE_LOSS = "test loss = reconstruction + KL, nats per image, half_squared_error"
FAST = ("logistic-regression", "fc-autoencoder", "pca", "vae")  # seconds with --quick
WITH_COMMAND = [run for run in measurements() if run.command]


def settings(**flags):
    return Settings(data="sample", verbose=0, **flags)


def test_the_committed_page_is_what_the_tool_makes(tmp_path):
    command = [sys.executable, ROOT / "tools" / "make_results.py", tmp_path / "results.md"]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    made, committed = (
        path.read_text(encoding="utf-8") for path in (tmp_path / "results.md", ROOT / "docs" / "results.md")
    )
    assert made == committed, "python tools/make_results.py writes docs/results.md again"


def test_every_measured_value_is_on_the_page():
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8").replace("\\|", "|")
    for run in measurements():
        assert f"\n### {run.recipe}: " in page
        for number in run.numbers:
            assert f"| {number.name} | {number.value or 'not recorded'} |" in page
        for table in run.tables:
            assert all(f"| {' | '.join(row)} |" in page for row in table.rows)
    table = side_by_side(measurements())
    assert page.index("## Beyond the chapter") < page.index(f"| {' | '.join(table.rows[0])} |")


@pytest.mark.parametrize("run", measurements(), ids=lambda run: run.command or run.recipe)
def test_every_entry_is_whole(run):
    assert run.recipe in registry.recipes
    assert run.numbers or run.tables
    assert run.seed is None or isinstance(run.seed, int)
    assert run.epochs is None or isinstance(run.epochs, int)
    for number in run.numbers:
        assert number.value or number.expected, f"{number.number}: neither measured nor expected"
        assert number.value or "{value}" not in (number.expected or "")
        if number.words:
            assert {word for _, word, _, _ in string.Formatter().parse(number.number) if word} == set(number.words)
    for table in run.tables:
        assert {len(row) for row in table.rows} == {len(table.header)}


@pytest.mark.parametrize("run", WITH_COMMAND, ids=lambda run: run.command)
def test_every_command_is_one_that_minigen_takes(run):
    program, *arguments = run.command.split()
    args = cli.parser().parse_args(arguments)
    assert (program, args.name) == ("minigen", run.recipe)
    flags = {name: getattr(args, name) for name in ("epochs", "optimizer", "loss", "latent_dim", "data")}
    registry.recipes[run.recipe].check_flags(Settings(**flags))
    assert run.seed in (None, args.seed)


@pytest.mark.parametrize("run", [run for run in WITH_COMMAND if run.recipe in FAST], ids=lambda run: run.command)
def test_every_number_is_one_that_the_recipe_prints(run, kitchen, capsys):
    arguments = [*run.command.split()[1:], *(["--epochs", "1"] if run.recipe == "vae" else [])]
    assert cli.main([*arguments, "--quick", "--data", "sample", "--out", str(kitchen)]) == 0
    out = capsys.readouterr().out
    for number in run.numbers:
        pattern = re.escape(number.number)
        for word in number.words:
            pattern = pattern.replace(re.escape("{" + word + "}"), r"\S+")
        assert re.search(rf"^  {pattern}: ", out, re.M), f"{run.recipe} prints no number {number.number!r}"
        expected = expectation(run.recipe, number.number, registry.recipes[run.recipe].latent_dim)
        assert expected in out


def test_no_recipe_has_a_measured_number_of_its_own():
    files = sorted((ROOT / "minigen" / "recipes").rglob("*.py"))
    assert len(files) > 20
    assert [path.name for path in files if "60,000" in path.read_text(encoding="utf-8")] == []


def test_expectations_are_found_by_recipe_and_name():
    assert expectation("deep-fc-autoencoder", "test loss") == "on the 60,000 after 50 epochs: 0.0863"
    assert expectation("conv-autoencoder-128", "test loss").endswith("Chollet 2016 has 0.094")
    assert expectation("deep-fc-autoencoder", "no such number") == "" == expectation("scorer", "test loss")


def test_an_expectation_may_hold_for_one_size_of_the_code_only():
    assert expectation("vae", VAE_LOSS, 2).startswith("on the 60,000: 21.83") and expectation("vae", VAE_LOSS, 3) == ""


def test_a_run_prints_theory_and_measurement(tmp_path):
    run = Run(registry.recipes["take-away"], settings(out=str(tmp_path)), 1)
    run.number("x → x: fc_autoencoder(32).fit(x, x)", "70.0 nats", "the mean digit: 205.7")
    run.number("{real, made up} → {1, 0}: discriminator.fit(images, labels)", "0.9 right")
    assert [expected for _, _, expected in run.numbers] == [
        "the mean digit: 205.7; on the 60,000: 72.7",
        "on the 60,000: 0.987",
    ]
    assert run.numbers[1][0].startswith("{real, made up} → {1, 0}")  # no words, so the braces stay


def test_a_name_with_settings_is_looked_up_before_they_are_filled_in(tmp_path):
    run = Run(registry.recipes["fc-autoencoder"], settings(out=str(tmp_path)), 7)
    run.number(CONVERGENCE, 0.1, epochs=7, optimizer="sgd")
    name, value, expected = run.numbers[0]
    assert (name, value) == ("test loss after 7 epochs, sgd", "0.1000")
    assert expected == "on the 60,000 after 50 epochs: adam 0.0916, adadelta 0.1024"


def test_a_number_may_belong_to_another_recipe(tmp_path):
    run = Run(registry.recipes["vae"], settings(out=str(tmp_path), quick=True), 1)
    run.number("test accuracy of the scorer", 0.9, recipe="scorer")
    assert run.numbers == [("test accuracy of the scorer", "0.9000", "after a full run: on the 60,000: 0.99 or more")]
