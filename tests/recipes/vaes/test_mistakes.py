"""The recipe of wrong VAEs: each is found by a check, the right one by none."""

from helpers.recipe_runs import figures, texts, values

from minigen import museum


def test_each_wrong_vae_is_found_by_a_check(cook):
    run = cook("vae-traps")
    found = {name.removesuffix(": caught by"): value for name, value in texts(run).items() if "caught by" in name}
    assert found.pop("right") == "none"
    assert list(found) == [exhibit.__name__ for exhibit in museum.vae.EXHIBITS]
    assert all(value.startswith("check_") for value in found.values())
    logged, heads = values(run, "right: Loss z in the log, KL of its heads")
    assert logged == heads
    logged, heads = values(run, "KLByMean: Loss z in the log, KL of its heads")
    assert 2 * logged == heads or abs(2 * logged - heads) < 0.02  # the mean over two latent variables
    assert figures(run) == ["samples", "kl"]
