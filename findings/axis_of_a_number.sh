#!/usr/bin/env bash
# NumPy: for an array without axes, sum accepts axis 0 and mean does not.
#
# Expected: np.array(2.0) has no axis, so x.sum(axis=0) raises AxisError as x.sum(axis=1) does; and the functions sum,
# mean, nanmean, max, cumsum and sort all behave in the same way.
#
# Actual: sum, max, argmax, nanmean and every ufunc.reduce accept axis 0 and -1 and return the number; mean, var, median
# and sort raise AxisError; and sum rejects the same axis in a tuple, axis=(0,). cumsum returns an array with one axis
# more than its input.
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
