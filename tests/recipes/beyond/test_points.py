"""The recipe of a diffusion of points, whose answer is known."""

from helpers.recipe_runs import figures


def test_the_learnt_score_is_compared_with_the_exact_one(cook):
    run = cook("diffusion-toy")
    print(run.numbers, figures(run), run.seconds)
