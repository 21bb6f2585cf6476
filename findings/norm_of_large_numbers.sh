#!/usr/bin/env bash
# NumPy: np.linalg.norm of two numbers is infinite, or 0, where math.hypot of the same numbers is correct.
#
# Expected: np.linalg.norm([1e200, 1e200]) is 1.41e200. BLAS has dnrm2, which scales, and numpy.linalg is built on BLAS
# and LAPACK. np.linalg.norm of [300, 300] in float16 is 424, since the largest float16 is 65504.
#
# Actual: NumPy takes the root of the sum of squares in the dtype of the array, so that it overflows and underflows.
#     [1e200, 1e200]      norm inf   hypot 1.414213562373095e+200
#     [1e-200, 1e-200]    norm 0.0   hypot 1.414213562373095e-200
#     float16 [300, 300]  norm inf   (424.26 is in the range of float16)
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"; "$folder/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
"$folder/env/bin/python" -W ignore - <<'PYTHON'
import math
import numpy as np
print("numpy", np.__version__)
for size in (1e200, 1e-200):
    print([size] * 2, "norm", np.linalg.norm([size] * 2), "hypot", math.hypot(size, size))
half = np.linalg.norm(np.array([300, 300], "float16"))
print("float16 [300, 300]", half)
assert np.linalg.norm([1e200] * 2) == np.inf and np.linalg.norm([1e-200] * 2) == 0 and half == np.inf
assert math.isclose(math.hypot(1e200, 1e200), 2**0.5 * 1e200)
PYTHON
