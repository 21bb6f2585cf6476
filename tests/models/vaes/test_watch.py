"""The callback of a VAE: the active units, and one warning when the code stays empty for two epochs."""

import warnings

import numpy as np
import pytest

from minigen import models
from minigen.models import CollapseWarning
from minigen.models.vaes.watch import CollapseWatch


def vae():
    found = models.vae(2, hidden=4)
    found.compile()
    return found


def warned(kls, watch=None):
    """In which epochs it warns, for the KL of each latent variable epoch by epoch."""
    watch = watch or CollapseWatch()
    watch.set_model(vae())
    epochs = []
    for epoch, kl in enumerate(kls):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            watch.on_epoch_end(epoch, {"kl_per_dimension": kl})
        epochs += [epoch] * len([w for w in caught if w.category is CollapseWarning])
    return epochs


EMPTY, FULL = [0.01, 0.02], [3.0, 0.001]


@pytest.mark.parametrize(
    ("kls", "epochs"),
    [
        ([EMPTY] * 4, [1]),
        ([EMPTY], []),
        ([FULL] * 3, []),
        ([EMPTY, FULL, EMPTY, EMPTY, EMPTY], [3]),
        ([EMPTY, EMPTY, FULL, EMPTY, EMPTY], [1, 4]),
    ],
)
def test_it_warns_once_for_each_time_that_the_code_is_empty_for_two_epochs(kls, epochs):
    assert warned(kls) == epochs


def test_the_count_goes_on_after_a_break():
    watch = CollapseWatch()
    assert warned([EMPTY], watch) == []
    resumed = CollapseWatch()
    resumed.set_training_state(watch.training_state())
    assert warned([EMPTY], resumed) == [0]


def test_the_active_units():
    watch, logs = CollapseWatch(), {"kl_per_dimension": [3.0, 0.0099, 0.0101]}
    watch.on_epoch_end(0, logs)
    assert logs["active_units"] == 2
    logs = {"loss": 1.0}
    watch.on_epoch_end(0, logs)
    assert logs == {"loss": 1.0}


@pytest.mark.filterwarnings("ignore::minigen.models.CollapseWarning")
def test_a_vae_has_it_and_a_subclass_may_do_without():
    class Quiet(models.VAE):
        def own_callbacks(self):
            return []

    x = np.full((8, 784), 0.5, "float32")
    assert "active_units" in vae().fit(x, verbose=0)
    parts = vae()
    quiet = Quiet(parts.encoder, parts.decoder)
    quiet.compile()
    assert "active_units" not in quiet.fit(x, verbose=0)


def test_the_epochs_of_a_collapse_are_those_of_one_training():
    watch = CollapseWatch()
    for _ in range(2):
        watch.on_train_begin({})
        watch.on_epoch_end(0, {"kl_per_dimension": [0.0, 0.0]})
    assert watch.running == 1
