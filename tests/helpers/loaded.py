"""What models compute that a fresh interpreter loads: python loaded.py FOLDER prints it as JSON, by the names of files.

FOLDER holds files of models, such as vae.minigen and vae.keras, and beside them vae.npz with the data x0, ..., y0, ...
"""

import json
import sys
from pathlib import Path

import numpy as np

import minigen
from minigen.checks.values import as_list


def numbers(model, data):
    """What predict() of a graph returns, and evaluate(), for the arrays x0, x1, ... and y0, y1, ..., for JSON."""
    xs, ys = ([a for name, a in data.items() if name[0] == kind] for kind in "xy")
    x = xs if len(xs) > 1 else xs[0]
    found = np.hstack([y.ravel() for y in as_list(model.predict(x))]).tolist() if model.has_graph else []
    if model.optimizer is not None or not model.has_graph:
        minigen.seed(0)  # a VAE draws its codes
        found.append(model.evaluate(x, *([ys if len(ys) > 1 else ys[0]] if ys else [])))
    return found


def main():
    results = {}
    for path in sorted(Path(sys.argv[1]).iterdir()):
        if path.suffix != ".npz":
            try:
                with np.load(path.with_suffix(".npz")) as data:
                    results[path.name] = numbers(minigen.load_model(path), dict(data))
            except ValueError as error:
                results[path.name] = str(error)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
