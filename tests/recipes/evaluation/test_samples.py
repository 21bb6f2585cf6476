"""The scorer of a recipe."""

from helpers.refusals import refused

from minigen.recipes import Run, Settings, registry
from minigen.recipes.evaluation.samples import scorer


def test_a_recipe_that_asks_the_scorer_has_to_say_so(tmp_path):
    run = Run(registry.recipes["pca"], Settings(out=str(tmp_path), data="sample", quick=True), epochs=1)
    with refused(RuntimeError, "asks the scorer"):
        scorer(run)
