#!/usr/bin/env bash
# Keras: where the first val_loss is NaN, EarlyStopping and ReduceLROnPlateau act although the loss falls in every epoch.
#
# Expected: the best value so far begins at infinity, and a NaN is no improvement, as it is for a NaN in any later epoch.
# With patience 2 and a val_loss of nan, 1.0, 0.8, 0.6, 0.4 the training runs to its end, the best value is 0.4, and the
# learning rate is not reduced.
#
# Actual: the first value is taken as the best one without a comparison. No number is less than NaN, so the best value
# stays NaN, and no later epoch is an improvement: EarlyStopping stops in the third epoch (restore_best_weights then
# goes back to the weights of the NaN), and ReduceLROnPlateau reduces the rate twice. A NaN in the second epoch does no
# harm.
#     first value nan: stopped in epoch 3, best nan of epoch 1, rate 0.25   second: not stopped, best 0.4 of 5, rate 1.0
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"; "$folder/env/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 numpy==2.4.6 scipy==1.17.1 jax==0.10.2
# the NumPy backend, which imports jax and scipy, is enough: nothing is trained
KERAS_BACKEND=numpy KERAS_HOME="$folder/keras" "$folder/env/bin/python" - <<'PYTHON'
import keras
import numpy as np


class Optimizer:
    learning_rate = 1.0


class Model:
    stop_training = False

    def __init__(self):
        self.optimizer = Optimizer()


def run(callback, values):
    """The model, after a training with these values of val_loss, and the epoch in which it ended."""
    model = Model()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values, 1):
        callback.on_epoch_end(epoch - 1, {"val_loss": value})
        if model.stop_training:
            break
    return model, epoch


nan = float("nan")
print("keras", keras.__version__, "numpy", np.__version__)
for name, values in (("first", [nan, 1.0, 0.8, 0.6, 0.4]), ("second", [1.2, nan, 0.8, 0.6, 0.4])):
    stopping = keras.callbacks.EarlyStopping(patience=2)
    plateau = keras.callbacks.ReduceLROnPlateau(patience=2, factor=0.5)
    stopped, end = run(stopping, values)
    rate = float(run(plateau, values)[0].optimizer.learning_rate)
    print(name, "value nan: stopped", stopped.stop_training, "after", end, "best", stopping.best, "rate", rate)
    if name == "first":
        assert stopped.stop_training and end == 3 and np.isnan(stopping.best) and stopping.best_epoch == 0
        assert rate == 0.25
    else:
        assert not stopped.stop_training and end == 5 and stopping.best == 0.4 and stopping.best_epoch == 4
        assert rate == 1.0
PYTHON
