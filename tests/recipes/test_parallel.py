"""Recipes one by one and several at a time: the order in which they run."""

from minigen.recipes import Settings, execute_all, registry
from minigen.recipes.parallel import in_turn


def test_the_scorer_is_cooked_before_the_recipes_that_ask_it():
    turn = in_turn(registry.in_order())
    assert turn[0].name == "scorer" and sorted(r.name for r in turn) == sorted(registry.recipes)
    uses_scorer = [r.uses_scorer for r in turn[1:]]
    assert uses_scorer == sorted(uses_scorer) and 8 <= sum(uses_scorer) < len(uses_scorer)


def test_recipes_one_by_one_are_cooked_as_they_stand(tmp_path):
    recipes = [registry.recipes["pca"], registry.recipes["logistic-regression"]]
    settings = Settings(out=str(tmp_path), data="sample", quick=True, verbose=0)
    assert [run.recipe for run in execute_all(recipes, settings, jobs=1)] == recipes
    assert list(execute_all([], settings, jobs=2)) == []
