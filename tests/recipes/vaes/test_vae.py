"""The recipe of the VAE with another loss and another size of its code."""

from minigen import cli


def test_loss_and_latent_size_of_a_vae(tmp_path, capsys):
    flags = ["--quick", "--data", "sample", "--epochs", "1", "--out", str(tmp_path)]
    assert cli.main(["train", "vae", *flags, "--loss", "binary_crossentropy", "--latent-dim", "3"]) == 0
    out = capsys.readouterr().out
    assert "nats per image, binary_crossentropy: " in out and "kl_per_dimension [" in out
    folder = tmp_path / "vae"
    assert {"weights.npz", "fig-9-11.png", "samples.png", "kl.png"} <= {p.name for p in folder.iterdir()}
    assert not (folder / "fig-9-12.png").exists()  # a map needs two latent variables
