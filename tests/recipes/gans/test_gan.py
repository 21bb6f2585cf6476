"""The recipe of the GAN with another game, another noise and another size."""

from minigen import cli
from minigen.storage import npz


def test_the_game_the_noise_and_the_size_of_a_gan(tmp_path, capsys):
    flags = ["--quick", "--data", "sample", "--epochs", "1", "--out", str(tmp_path), "--batch-size", "500"]
    assert cli.main(["train", "gan", *flags, "--loss", "hinge", "--latent-dim", "3", "--preset", "gpu"]) == 0
    page = (tmp_path / "gan" / "report.html").read_text(encoding="utf-8")
    assert "hinge" in page and "gpu" in page and "3 latent variables" in page
    arrays, _ = npz.read(tmp_path / "gan" / "weights.npz")
    assert arrays["generator/dense/kernel"].shape == (3, 512)
