"""The recipe of the GAN of numbers, whose optimum is known."""

import re

from helpers.recipe_runs import figures, texts, values


def test_the_toy_discriminator_is_the_optimal_one_and_its_generator_moves_towards_the_data(cook):
    run = cook("toy-gan")
    assert values(run, "largest |D - p/(p + q)| where 98 % of the draws are")[-1] < 0.03
    mean, deviation = map(float, re.fullmatch(r"N\((.*), (.*)²\)", texts(run)["fakes at the end"]).groups())
    assert -1 < mean < 1.5 and 0.5 < deviation < 1.5  # from N(-1, 1.5²) to N(1.5, 0.6²)
    gap = "largest gap between the loss of D and 2 ln 2 - 2 JSD, in the last two thirds"
    assert values(run, gap)[-1] < 0.2 and 0 < values(run, "loss of D at the end")[0] < 1.387
    assert figures(run) == ["optimum", "game", "value"]
