"""The recipe of the chapter's first autoencoder, and the files that it leaves."""

from minigen import cli


def test_train_writes_weights_figures_and_a_page(tmp_path, capsys):
    assert cli.main(["train", "fc-autoencoder", "--quick", "--data", "sample", "--out", str(tmp_path)]) == 0
    folder = tmp_path / "fc-autoencoder"
    names = sorted(p.name for p in folder.iterdir())
    assert names == ["checkpoint.npz", "history.json", "loss.png", "reconstructions.png", "report.html", "weights.npz"]
    out = capsys.readouterr().out
    assert "50,992 parameters" in out and "epoch 5/5" in out
