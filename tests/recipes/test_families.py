"""The table of all families, made of the measured numbers."""

import pytest
from helpers.recipe_runs import prepared

from minigen.recipes import registry
from minigen.recipes.families import FAMILIES, HEADER, side_by_side
from minigen.recipes.measured import Measurement, Number, measurements
from minigen.recipes.table import Table


def measured(recipe, numbers=None, time=None, epochs=None, tables=()):
    found = tuple(Number(name, value) for name, value in (numbers or {}).items())
    return Measurement(recipe, None, None, epochs, None, None, time, None, found, tables)


def cells(family, *runs):
    """{header: cell} of one family, for cells that are not empty."""
    (row,) = (row for row in side_by_side(runs).rows if row[0] == family)
    return {name: cell for name, cell in zip(HEADER[1:], row[1:], strict=True) if cell}


def test_without_measurements_all_cells_are_empty():
    assert cells("GAN") == {} and len(side_by_side([]).rows) == len(FAMILIES)


def test_numbers_stand_in_their_columns_without_what_follows_them():
    numbers = {
        "weights": "2,000",
        "scorer distance to the test digits": "6.8 (training digits 1.3)",
        "mean confidence of the scorer in {n} samples": "0.947",
        "share of the rarest and of the commonest digit": "6.1% to 12.5%, e^entropy 9.9",
        "seconds for 1,000 samples": "0.02",
    }
    assert cells("GAN", measured("gan", numbers), measured("dcgan", {"weights": "1"})) == {
        "parameters": "2,000",
        "scorer distance": "6.8",
        "confidence": "0.947",
        "rarest, commonest digit": "6.1% to 12.5%",
        "seconds for 1,000": "0.02",
    }


@pytest.mark.parametrize(
    ("time", "epochs", "minutes"), [("6 minutes", 20, "6"), ("14 s an epoch", 20, "4.7"), ("144 s an epoch", 10, "24")]
)
def test_times_are_minutes(time, epochs, minutes):
    assert cells("GAN", measured("gan", time=time, epochs=epochs)) == {"minutes": minutes}


def test_nats_say_of_which_pixels_and_whether_they_are_a_bound():
    made = measured("made", {"-log p(x) of test digits, pixels drawn with probability x": "92.73"})
    assert cells("MADE", made) == {"-log p(x), nats": "92.73", "of pixels": "black and white"}
    bound = "bound on -log p(x) = prior + steps + reconstruction, nats per image"
    flow = measured("flow", {bound: "900.1 = 0.00 + 800.0 + 100.1"})
    assert cells("flow matching", flow) == {"-log p(x), nats": "at most 900.1", "of pixels": "256 grey levels"}


def test_the_first_measured_value_counts_and_a_distance_may_stand_in_a_table():
    runs = [measured("gan", {"weights": None}), measured("gan", {"weights": "1"}), measured("gan", {"weights": "2"})]
    assert cells("GAN", *runs) == {"parameters": "1"}
    table = Table("", ["", "energy", "scorer distance"], [["new digits of the VAE-GAN", "62.6", "36"]])
    family = "VAE-GAN, 16 latent variables"
    assert cells(family, measured("vae-gan", tables=(table,))) == {"scorer distance": "36"}


def test_every_family_has_a_recipe():
    assert {family.recipe for family in FAMILIES} <= set(registry.recipes)


def test_the_numbers_of_the_file_are_found():
    found = {row[0]: dict(zip(HEADER, row, strict=True)) for row in side_by_side(measurements()).rows}
    in_file = {run.recipe for run in measurements()}
    assert found["DCGAN"]["scorer distance"] == "4.7" and found["PixelCNN"]["-log p(x), nats"] == "85.13"
    assert found["VAE-GAN, 16 latent variables"]["minutes"] == "4.7"
    unmeasured = {family.name for family in FAMILIES if family.recipe not in in_file}
    assert {name for name, row in found.items() if not row["parameters"]} == unmeasured


def test_the_recipe_shows_the_table(tmp_path):
    run = prepared("families", tmp_path).execute()
    assert run.tables == [side_by_side(measurements())] and not run.numbers
