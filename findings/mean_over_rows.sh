#!/usr/bin/env bash
# NumPy: the column means of a float32 array are at least 500 times less accurate than the row means of its transpose.
#
# Expected: NumPy sums pairwise, so 0.1 averaged over 200,704 rows (256 images of 28 x 28 pixels, as in a batch
# normalization) is 0.1 to six digits, for any axis.
#
# Actual: the sum is pairwise only along the axis that is contiguous in memory. Over the first axis of a C-ordered array
# the rows are added one by one to a float32 that becomes large, and the error is 2e-3:
#     x.mean(axis=0)                        0.09979681   relative error -2.0e-03
#     the same numbers, columns contiguous  0.1          relative error below 1e-6
#     dtype="float64"                       0.1          relative error below 1e-6
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"; "$folder/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import numpy as np
print("numpy", np.__version__)
x = np.full((200_704, 8), 0.1, "float32")
rows = x.mean(axis=0)
columns = np.ascontiguousarray(x.T).mean(axis=1)
wide = x.mean(axis=0, dtype="float64")
for name, mean in (("over the first axis", rows), ("contiguous", columns), ("in float64", wide)):
    print(f"{name:20} {mean[0]:.8f}  relative error {mean[0] / np.float64(np.float32(0.1)) - 1:.1e}")
error = lambda m: abs(m[0] / np.float64(np.float32(0.1)) - 1)
assert error(rows) > 1e-3 and error(columns) < 1e-6 and error(wide) < 1e-6
PYTHON
