#!/usr/bin/env bash
# NumPy: an array without axes has an axis 0 for sum, and none for mean.
#
# Guess: np.array(2.0) has no axis, so x.sum(axis=0) raises AxisError as x.sum(axis=1) does; and whatever one of the
# functions sum, mean, nanmean, max, cumsum and sort says, all of them say.
#
# Behaviour: sum, max, argmax, nanmean and every ufunc.reduce take axis 0 and -1 and give the number back; mean, var,
# median and sort raise AxisError; and the same axis in a tuple, axis=(0,), is refused by sum too. cumsum returns an
# array with an axis more than its input had.
#     sum(axis=0) 2.0   sum(axis=(0,)) AxisError   mean(axis=0) AxisError   nanmean(axis=0) 2.0   cumsum(axis=0) shape (1,)
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"; "$folder/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
"$folder/env/bin/python" -W error - <<'PYTHON'
import numpy as np

print("numpy", np.__version__)
x = np.array(2.0)


def said(function, axis):
    try:
        return np.shape(function(x, axis=axis))
    except np.exceptions.AxisError:
        return "AxisError"


taken = {f.__name__: said(f, 0) for f in (np.sum, np.max, np.argmax, np.nanmean, np.cumsum)}
refused = {f.__name__: said(f, 0) for f in (np.mean, np.var, np.median, np.sort)}
print(taken, refused, "sum(axis=(0,)):", said(np.sum, (0,)), "sum(axis=1):", said(np.sum, 1))
assert taken == {"sum": (), "max": (), "argmax": (), "nanmean": (), "cumsum": (1,)}
assert set(refused.values()) == {"AxisError"} and said(np.sum, (0,)) == said(np.sum, 1) == "AxisError"
PYTHON
