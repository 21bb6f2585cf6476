#!/usr/bin/env bash
# NumPy: x == 0.1 finds a number in a float32 array; np.isin(x, 0.1) and np.searchsorted(x, 0.1) do not.
#
# Expected: all of them agree. Since NumPy 2 a Python float takes the precision of the array in an operation, and
# np.isin(x, v) is described as "for each element of x: is it in v?".
#
# Actual: the operator converts 0.1 to float32, and the numbers are equal. The functions first convert it to a float64
# array, where 0.1 and float32(0.1) = 0.10000000149 differ; so searchsorted places 0.1 before the equal number, even
# with side="right".
#     x == 0.1              [ True]
#     np.isin(x, 0.1)       [False]
#     searchsorted "right"  0   (1 with np.float32(0.1))
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"; "$folder/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import numpy as np
print("numpy", np.__version__)
x = np.array([0.1], "float32")
places = np.searchsorted(x, 0.1, side="right"), np.searchsorted(x, np.float32(0.1), side="right")
print("x == 0.1", x == 0.1, " np.isin(x, 0.1)", np.isin(x, 0.1), " searchsorted, right", *places)
assert (x == 0.1).all() and not np.isin(x, 0.1).any() and places == (0, 1)
PYTHON
