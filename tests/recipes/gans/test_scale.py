"""The recipe of the scorer: a scale for its distance."""

from helpers.recipe_runs import figures, floats


def test_images_are_listed_from_the_smallest_distance_to_the_largest(cook):
    run = cook("scorer")
    rows = {name.partition(":")[0]: floats(value) for name, value, _ in run.numbers if "distance" in name}
    distances = [distance for distance, _, _ in rows.values()]
    assert len(rows) == 7 and distances == sorted(distances)
    assert next(iter(rows)) == "training digits" and rows["training digits"][2] > 9.5
    assert rows["the mean image"][2] == 1 and figures(run) == ["scale"]  # one image is one digit
