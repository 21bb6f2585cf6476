"""The recipe of wrong diffusion models: each is found by one check, the right one by none."""

from helpers.recipe_runs import figures, floats, texts

from minigen import museum


def test_each_wrong_diffusion_model_is_found_by_one_check_of_its_own(cook):
    run = cook("diffusion-traps")
    found = {name.removesuffix(": caught by"): value for name, value in texts(run).items() if "caught by" in name}
    assert found.pop("right") == "none"
    assert list(found) == [exhibit.__name__ for exhibit in museum.diffusion.EXHIBITS]
    assert len(set(found.values())) == len(found) and all(value.startswith("check_") for value in found.values())
    rows = {row[0]: row[1:] for row in run.tables[0].rows}
    assert list(rows) == ["right", *found]
    spread = {name: float(row[2]) for name, row in rows.items()}
    assert spread["VarianceAsDeviation"] < 0.5 * spread["right"]
    bound = {name: float(row[5]) for name, row in rows.items()}
    assert bound["AlphaForAlphaBar"] < floats(texts(run)["entropy of the data, nats"])[0] < bound["right"]
    lowest = {name: floats(row[4])[0] for name, row in rows.items()}
    assert lowest["UnitRange"] > lowest["right"] + 0.1
    assert figures(run) == ["samples"]
