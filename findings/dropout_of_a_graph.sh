#!/usr/bin/env bash
# Keras: Dropout(0.5)(x, training=True) in a functional model drops units in model(x), and none in model.predict(x).
#
# Expected: the argument that the layer is called with is part of the graph, as every other argument of a call is.
# This is the usual way to write Monte Carlo dropout: predict() then returns another sample each time.
#
# Actual: predict(), predict_on_batch() and evaluate() run the graph with training=False, which takes the place of the
# True that the layer was called with. Only model(x), which says nothing about training, keeps it. The config of the
# model still says training: true.
#     model(x): about 5000 of 10000 units are 0   model.predict(x): 0   model.predict_on_batch(x): 0
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"; "$folder/env/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 numpy==2.4.6 scipy==1.17.1 jax==0.10.2
KERAS_BACKEND=numpy KERAS_HOME="$folder/keras" "$folder/env/bin/python" - <<'PYTHON'
import keras
import numpy as np

print("keras", keras.__version__, "numpy", np.__version__)
keras.utils.set_random_seed(0)
inputs = keras.Input((10_000,))
model = keras.Model(inputs, keras.layers.Dropout(0.5)(inputs, training=True))
x = np.ones((1, 10_000), "float32")


def zeros(y):
    return int((np.asarray(y) == 0).sum())


called, predicted, on_batch = zeros(model(x)), zeros(model.predict(x, verbose=0)), zeros(model.predict_on_batch(x))
print("model(x):", called, "of 10000 units are 0; model.predict(x):", predicted, "; predict_on_batch:", on_batch)
node = model.get_config()["layers"][1]["inbound_nodes"][0]
print("in the config of the model:", node["kwargs"])
assert node["kwargs"]["training"] is True
assert 4_700 < called < 5_300
assert predicted == on_batch == 0
PYTHON
