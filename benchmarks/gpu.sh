#!/usr/bin/env bash
# Everything about a GPU in one command, for a machine with an NVIDIA card:
#
#     benchmarks/gpu.sh              a new environment, the GPU's tests, parity with NumPy, speed beside PyTorch
#     benchmarks/gpu.sh --dry-run    the same commands on the stand-in for CuPy, in this environment, without a card
#
# It writes benchmarks/gpu-CARD.md. WHEELS=FOLDER installs from a folder of wheels, without a network. The script itself
# has been run with --dry-run only.
set -euo pipefail
cd "$(dirname "$0")/.."
case ${1:-} in
    "" | --dry-run) ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
python=${PYTHON:-python3}

if [ "${1:-}" = --dry-run ]; then
    "$python" -m pytest -q -p no:cacheprovider tests/models/test_device_steps.py | tail -1 | sed 's/^/Tests: /' | tee "$out/tests"
    "$python" benchmarks/gpu_parity.py --dry-run | tee "$out/parity"
    "$python" benchmarks/gpu.py --dry-run --seconds 0.1 --before "$out/tests" "$out/parity" --out "${2:-out/gpu-dry-run.md}"
    exit
fi

"$python" -m venv .venv-gpu
python=$PWD/.venv-gpu/bin/python
from=()
if [ -n "${WHEELS:-}" ]; then from=(--no-index --find-links "$WHEELS"); fi
"$python" -m pip install --quiet "${from[@]}" --editable ".[dev,gpu]" "cupy-cuda12x[ctk]" cutensor-cu12 "torch==2.13.0"
"$python" -c 'import minigen; print(minigen.use("cupy"))' # stops here, with the reason, where no card can be used

# a failed test is a line of the table: the rest is measured all the same
MINIGEN_REQUIRE_GPU=1 "$python" -m pytest -q -m gpu tests | tee "$out/log" || true
tail -1 "$out/log" | sed 's/^/Tests marked gpu: /' > "$out/tests"
"$python" benchmarks/gpu_parity.py | tee "$out/parity" || true
"$python" benchmarks/gpu.py --before "$out/tests" "$out/parity"
