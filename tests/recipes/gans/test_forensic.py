"""The recipe of the forensic tool: three detectors against three sources of fakes."""

from helpers.recipe_runs import figures, floats

from minigen import models
from minigen.models import train_discriminator


def test_three_detectors_judge_three_sources(cook, monkeypatch):
    """With a third of the steps of each detector."""
    shorter = lambda d, real, fake, steps, **options: train_discriminator(d, real, fake, steps // 3, **options)  # noqa: E731
    monkeypatch.setattr(models, "train_discriminator", shorter)
    run = cook("forensic", 400)
    sources = [name.partition("against ")[2].partition(":")[0] for name, _, _ in run.numbers]
    assert sources == ["this generator", "the generator of epoch 1", "a VAE"]
    for _, aucs, _ in run.numbers:
        assert len(floats(aucs)) == 3 and all(0.5 < auc <= 1 for auc in floats(aucs))
    assert list((run.folder / "generators").iterdir()) and figures(run) == ["fakes", "verdicts"]
