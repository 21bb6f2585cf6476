#!/usr/bin/env bash
# NumPy: the area under a curve of uint8 numbers is a float64, and incorrect.
#
# Expected: np.trapezoid([200, 200, 100]) of bytes (a profile through an image) is 350.0. The result is a float because
# of the division by 2, so the numbers are converted first; np.mean and np.gradient of bytes are correct.
#
# Actual: neighbours are added as uint8 before the division, without a warning:
# (200 + 200) mod 256 = 144, (200 + 100) mod 256 = 44, and (144 + 44) / 2 = 94.0.
#     uint8 94.0   int16 350.0   mean of the bytes 166.67   dtype of the area float64
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"; "$folder/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
"$folder/env/bin/python" -W error - <<'PYTHON'
import numpy as np
print("numpy", np.__version__)
y = np.array([200, 200, 100], "uint8")
area, right = np.trapezoid(y), np.trapezoid(y.astype("int16"))
print("uint8", area, "int16", right, "mean of the bytes", round(float(y.mean()), 2), "dtype of the area", area.dtype)
assert area == 94.0 and right == 350.0 and area.dtype == "float64"
PYTHON
