"""The recipe of wrong diffusion models: each is found by one check, the right one by none."""

from helpers.recipe_runs import figures


def test_each_wrong_diffusion_model_is_found_by_one_check_of_its_own(cook):
    run = cook("diffusion-traps")
    print(run.numbers, run.tables, figures(run), run.seconds)
