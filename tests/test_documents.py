"""What the documents say runs: the README's programs and every tutorial."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def programs(path):
    return re.findall(r"```python\n(.*?)^ *```", path.read_text(encoding="utf-8"), re.S | re.M)


TUTORIALS = sorted((ROOT / "tutorials").glob("*.py"))


def test_readme_programs_run(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, by_hand, images, vae, own_vae, *rest = programs(ROOT / "README.md")
    gan, cgan, own_gan, own_step, tasks, afar, pixels, words, step, watch, own_op = rest
    names = {}
    exec(first.replace("epochs=10", "epochs=1"), names)
    exec(by_hand, names)
    names |= {"x_train": names["x_train"][:256], "y_train": names["y_train"][:256]}
    names |= {"x_test": names["x_test"][:10], "y_test": names["y_test"][:10]}
    exec(images.replace("epochs=10", "epochs=1"), names)
    exec(vae.replace("epochs=20", "epochs=1"), names)
    exec(own_vae, names)
    assert names["vae"].latent_dim == 8
    monkeypatch.setenv("MINIGEN_CACHE", str(tmp_path / "cache"))
    exec(gan.replace("epochs=8", "epochs=1"), names)
    exec(cgan.replace("epochs=12", "epochs=1"), names)
    assert names["sevens"].shape == (10, 784)
    exec(own_gan, names)
    names["gan"].fit(names["x_train"], verbose=0)
    assert names["gan"].noise_dim == 16
    exec(own_step, names)
    mine = names["MyGAN"](names["generator"], names["discriminator"])
    mine.compile()
    assert set(mine.fit(names["x_train"], verbose=0).history) == {"d_loss", "g_loss", "spread", "gradient_norm"}
    exec(tasks.replace("epochs=10", "epochs=1"), names)
    assert {"vae_gan/kl", "digit/accuracy", "loop/loss"} <= set(names["history"].history)
    exec(afar, names)
    exec(pixels.replace("PixelCNN()", "PixelCNN(filters=4, blocks=1)").replace("epochs=3", "epochs=1"), names)
    exec(words.replace("text.documentation()", "text.documentation()[:9000]").replace("epochs=15", "epochs=1"), names)
    exec(watch, names)
    exec(step.replace("breakpoint()\n", ""), {})
    exec(own_op, {})
    out = capsys.readouterr().out
    assert "the mean image" in out and "BinaryCrossentropy" in out and "ok: worst relative error" in out
    written = {p.name for p in tmp_path.iterdir()}
    assert {
        "graph.png",
        "denoised.png",
        "map.png",
        "new-digits.png",
        "gan-digits.png",
        "vae-gan.png",
        "step.png",
        "pixels.png",
    } <= written


def test_contributing_program_runs():
    import numpy as np

    names = {}
    exec("from minigen import *\n" + textwrap.dedent(programs(ROOT / "CONTRIBUTING.md")[0]), names)
    names["gradcheck"](names["cube"], [np.random.default_rng(0).random((2, 3))], order=2)


@pytest.mark.parametrize("script", TUTORIALS, ids=lambda p: p.stem)
def test_tutorial_runs_and_keeps_its_promises(script, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", script, "--quick", "--out", tmp_path],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.glob("*.png"))


@pytest.mark.parametrize("script", TUTORIALS, ids=lambda p: p.stem)
def test_tutorial_is_a_short_flat_script(script):
    text = script.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    assert text.count("# %%") >= 3
    assert "xp" not in re.findall(r"\w+", text)
