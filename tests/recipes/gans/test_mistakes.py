"""The recipe of wrong GANs: each is found by one check, the right one by none."""

from helpers.recipe_runs import figures, floats, texts

from minigen import museum


def test_each_wrong_gan_is_found_by_one_check_of_its_own(cook):
    run = cook("gan-traps", 300)
    found = {name.removesuffix(": caught by"): value for name, value in texts(run).items() if "caught by" in name}
    assert found.pop("right") == "none"
    assert list(found) == [exhibit.__name__ for exhibit in museum.gan.EXHIBITS]
    assert len(set(found.values())) == len(found) and all(value.startswith("check_") for value in found.values())
    spread = {name: floats(texts(run)[f"{name}: spread, gradient_norm, digits"])[0] for name in ("right", "NoNoise")}
    assert spread["NoNoise"] == 0 < spread["right"]  # without noise all fakes are one image
    assert figures(run) == ["samples", "accuracy", "gradient_norm"]
