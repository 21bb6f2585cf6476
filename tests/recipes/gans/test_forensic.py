"""The recipe of the forensic tool: three detectors against three sources of fakes."""

from helpers.recipe_runs import figures, floats


def test_three_detectors_judge_three_sources(cook):
    run = cook("forensic")
    sources = [name.partition("against ")[2].partition(":")[0] for name, _, _ in run.numbers]
    assert sources == ["this generator", "the generator of epoch 1", "a VAE"]
    for _, aucs, _ in run.numbers:
        assert len(floats(aucs)) == 3 and all(0.5 < auc <= 1 for auc in floats(aucs))
    assert list((run.folder / "generators").iterdir()) and figures(run) == ["fakes", "verdicts"]
