"""Make ``fit.json``: what fit() of the real Keras 3 logs with weights of samples, splits and batches of the user.

Keras is needed only to make the file, never to run the tests::

    python3 -m venv /tmp/keras-venv
    /tmp/keras-venv/bin/pip install keras==3.15.1 torch==2.13.0 numpy==2.4.6
    /tmp/keras-venv/bin/python tests/golden/make_fit.py

Every case trains the same small classifier from the same weights, without a shuffle. ``data()`` below is copied into
the test, which has no Keras. The history and the weights at the end are stored.
"""

import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np

PATH = Path(__file__).with_name("fit.json")
CLASS_WEIGHT = {0: 1.0, 1: 3.0, 2: 0.5}
OUTPUTS = {  # (units, activation, loss)
    "plain": (3, "softmax", "sparse_categorical_crossentropy"),
    "rows": (3, "softmax", "categorical_crossentropy"),
    "column": (1, "sigmoid", "binary_crossentropy"),
    "column_weight": (1, "sigmoid", "binary_crossentropy"),
}


def data():
    """(x (22, 4), labels (22,), weights (22,), the kernel at the beginning (4, 3))"""
    x = np.sin(np.arange(88.0)).reshape(22, 4).astype("float32")
    y = (np.arange(22) * 7 % 11 % 3).astype("int64")
    w = (1 + np.cos(np.arange(22.0))).astype("float32")
    return x, y, w, np.cos(np.arange(12.0)).reshape(4, 3).astype("float32")


def generator(x, y, w):
    while True:
        for i in range(0, len(x), 5):
            yield x[i : i + 5], y[i : i + 5], w[i : i + 5]


def cases(x, y, w):
    """name -> the positional arguments and the options of fit()."""
    rows = np.eye(3, dtype="float32")[y]
    return {
        "plain": ((x, y), {}),
        "sample_weight": ((x, y), {"sample_weight": w}),
        "class_weight": ((x, y), {"class_weight": CLASS_WEIGHT}),
        "rows": ((x, rows), {"class_weight": CLASS_WEIGHT}),
        "validation_split": ((x, y), {"validation_split": 0.3, "sample_weight": w}),
        "validation_data": ((x[:15], y[:15]), {"validation_data": (x[15:], y[15:], w[15:])}),
        "generator": ((generator(x, y, w),), {"steps_per_epoch": 3}),
        "column": ((x, (y == 1)[:, None].astype("int64")), {"class_weight": CLASS_WEIGHT}),
        "column_weight": ((x, (y == 1)[:, None].astype("float32")), {"sample_weight": w[:, None]}),
    }


def main():
    x, y, w, kernel = data()
    found = {}
    for name, (given, options) in cases(x, y, w).items():
        units, activation, loss = OUTPUTS.get(name, OUTPUTS["plain"])
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, activation=activation)])
        model.set_weights([kernel[:, :units], np.zeros(units)])
        model.compile(keras.optimizers.SGD(0.5), loss, metrics=["accuracy"])
        batch = {} if name == "generator" else {"batch_size": 8}
        history = model.fit(*given, epochs=3, shuffle=False, verbose=0, **batch, **options).history
        found[name] = {"history": history, "weights": [a.tolist() for a in model.get_weights()]}
    PATH.write_text(json.dumps({"keras": keras.__version__, "cases": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
