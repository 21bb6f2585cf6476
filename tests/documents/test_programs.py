"""The programs of the README and of the guide run, and print what the pages say.

Long trainings are shortened here. With MINIGEN_FULL_DOCUMENTS=1 every program runs as it is written, which takes ten
minutes, and the numbers of the shortened ones are compared too: this is how the numbers in the pages were made.
"""

import os

import pytest
from helpers.programs import GUIDE, README, Session, difference, programs

FULL = os.environ.get("MINIGEN_FULL_DOCUMENTS") == "1"
PROGRAMS = [program for page in (README, *GUIDE) for program in programs(page)]

# page/program -> (text, replacement) pairs
X_TEST = 'x_test = x_test.reshape(-1, 784).astype("float32") / 255\n'
X_TRAIN = 'x_train = x_train.reshape(-1, 784).astype("float32") / 255\n'
FEW = "x_train, y_train, x_test, y_test = x_train[:256], y_train[:256], x_test[:100], y_test[:100]\n"
SHORTENED = {
    "conditional-gan/data": [(X_TRAIN, X_TRAIN + FEW)],
    "conditional-gan/conditional-gan": [("epochs=12", "epochs=1")],
    "conditional-gan/conditional-vae": [("epochs=10", "epochs=1")],
    "convolutions/data": [("/ 255  # (5000, 28, 28, 1)\n", "/ 255\ntrain, x_test = train[:256], x_test[:100]\n")],
    "convolutions/denoiser": [("epochs=10", "epochs=1")],
    "distances/scorer": [(X_TEST, X_TEST + FEW)],
    "distances/scale": [("(1000, 1)", "(256, 1)")],
    "gan/data": [(X_TEST, X_TEST + FEW)],
    "gan/gan": [("epochs=8", "epochs=1")],
    "pixels/data": [("    x_test", "    x_test")],
    "tasks/data": [(X_TEST, X_TEST + FEW)],
    "tasks/tasks": [("epochs=10", "epochs=1")],
    "text/text": [("text.documentation()", "text.documentation()[:9000]")],
    "text/char-rnn": [("units=160", "units=16"), ("epochs=15", "epochs=1")],
    "vae/data": [(X_TEST, X_TEST + FEW)],
    "vae/vae": [("epochs=20", "epochs=1")],
}

# page/program -> why its numbers are not compared; its words are
NOT_COMPARED = dict.fromkeys(
    [
        "conditional-gan/conditional-gan",
        "conditional-gan/conditional-vae",
        "convolutions/denoiser",
        "distances/scorer",
        "distances/scale",
        "gan/gan",
        "gan/logs",
        "pixels/pixelcnn",
        "pixels/made",
        "tasks/tasks",
        "tasks/probe",
        "text/char-rnn",
        "vae/vae",
        "vae/draw",
    ],
    "shortened",
) | {
    "own-op/cube": "errors of rounding",
    "own-op/model": "errors of rounding",
    "trace/trace": "times",
}
