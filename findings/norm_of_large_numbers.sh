#!/usr/bin/env bash
# NumPy and SciPy: norm() of the same vector is infinite in one and right in the other; likewise 0 for small numbers.
#
# Guess, before the run: np.linalg.norm([1e200, 1e200]) is 1.41e200. BLAS has dnrm2, which scales, and numpy.linalg is
# built on BLAS and LAPACK. np.linalg.norm of [300, 300] in float16 is 424, since the largest float16 is 65504.
#
# Behaviour: NumPy takes the root of the sum of the squares in the dtype of the array, so it overflows and underflows.
# SciPy's function of the same name calls dnrm2.
#     [1e200, 1e200]         numpy inf   scipy 1.4142135623730951e+200
#     [1e-200, 1e-200]       numpy 0.0   scipy 1.4142135623730951e-200
#     float16 [300, 300]     numpy inf   (the norm, 424.26, is a float16)
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1
"$folder/env/bin/python" -W ignore - <<'PYTHON'
import numpy as np, scipy, scipy.linalg
print("numpy", np.__version__, "scipy", scipy.__version__)
for size in (1e200, 1e-200):
    print([size] * 2, "numpy", np.linalg.norm([size] * 2), "scipy", scipy.linalg.norm([size] * 2))
half = np.linalg.norm(np.array([300, 300], "float16"))
print("float16 [300, 300]", half)
assert np.linalg.norm([1e200] * 2) == np.inf and np.linalg.norm([1e-200] * 2) == 0 and half == np.inf
assert np.isclose(scipy.linalg.norm([1e200] * 2) / 1e200, 2**0.5)
assert np.isclose(scipy.linalg.norm([1e-200] * 2) / 1e-200, 2**0.5)
PYTHON
