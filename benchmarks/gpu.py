"""minigen on CuPy beside PyTorch on one NVIDIA card, as a table: python benchmarks/gpu.py [MODEL ...] [--out FILE]

gpu.sh runs this after the tests and the comparison with NumPy, and passes their last lines. Each contender trains in
its own process (gpu_worker.py), in float32 and with TF32, three times in turn; the median counts. --dry-run takes the
stand-in for CuPy in place of a card: it shows that the commands work, and its times mean nothing.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

from run import heading, markdown

HERE = pathlib.Path(__file__).parent
CONTENDERS = ("minigen", "minigen graphs", "PyTorch", "PyTorch compiled")
MODELS = "fc_ae deep_fc_ae vae cvae conv_ae mlp_gan dcgan wgan_gp vae_gan pixelcnn char_rnn unet_ddpm gpt".split()
DRY_RUN = ["tiny_mlp"]
TIMES = 3


def card(dry_run):
    """(name, what it is) of the card that is used."""
    if dry_run:
        return "dry-run", "no card: the stand-in for CuPy, on the CPU"
    import cupy

    found = cupy.cuda.runtime.getDeviceProperties(0)
    name, driver, gib = found["name"].decode(), cupy.cuda.runtime.driverGetVersion(), found["totalGlobalMem"] / 2**30
    return name, f"{name}, {gib:.0f} GiB, driver for CUDA {driver // 1000}, CuPy {cupy.__version__}"


def installed(dry_run):
    """The contenders whose library is there."""
    try:
        import torch  # noqa: F401
    except ImportError as error:
        print(f"PyTorch is left out: {error}")
        return CONTENDERS[:2]
    return CONTENDERS[:3] if dry_run else CONTENDERS


def train(contender, model, tf32, seconds, dry_run):
    """What the worker reports; an error as {"error": its last line}."""
    command = [sys.executable, HERE / "gpu_worker.py", contender, model, str(seconds), *["--dry-run"] * dry_run]
    environment = os.environ | {"TF32": str(int(tf32)), "MINIGEN_BACKEND": "numpy"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["stopped"])[-1]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def measure(model, contenders, tf32, seconds, dry_run):
    """{contender: its typical report} of one model."""
    rounds = [{c: train(c, model, tf32, seconds, dry_run) for c in contenders} for _ in range(1 if dry_run else TIMES)]
    typical = {}
    for c in contenders:
        reports = [one[c] for one in rounds if "error" not in one[c]]
        typical[c] = {k: statistics.median(r[k] for r in reports) for k in reports[0]} if reports else rounds[0][c]
    return typical


def row(model, tf32, found):
    """A row of the table; an error stands where the times would be."""
    cells = [model, "TF32" if tf32 else "float32"]
    for c in CONTENDERS:
        report = found.get(c, {"error": "not installed"})
        cells.append(f"{report['ms']:.3f}" if "ms" in report else report["error"][:60].replace("|", "/"))
    eager = found.get("PyTorch", {}).get("ms")
    for c in CONTENDERS[:2]:
        ours = found.get(c, {}).get("ms")
        cells.append(f"{ours / eager:.2f}" if ours and eager else "")
    for c in CONTENDERS[::2]:
        cells.append(f"{found.get(c, {}).get('mb', 0):.0f}")
    return cells


def table(models, contenders, seconds, dry_run):
    """The table of all models, with and without TF32."""
    head = "|precision|minigen, ms a step|with graphs|PyTorch eager|torch.compile|minigen / eager|graphs / eager"
    head += "|minigen MB|PyTorch MB"
    rows = [head.split("|")]
    for model in models:
        for tf32 in (False, True):
            rows.append(row(model, tf32, measure(model, contenders, tf32, seconds, dry_run)))
            print(" | ".join(rows[-1]), flush=True)
    return markdown(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"which models (default: {' '.join(MODELS)})")
    parser.add_argument("--seconds", type=float, default=2.0, help="of timed steps in a process (default 2)")
    parser.add_argument("--before", nargs="*", default=[], metavar="FILE", help="outputs to put above the table")
    parser.add_argument("--out", help="the file (default: gpu-CARD.md in this folder)")
    parser.add_argument("--dry-run", action="store_true", help="the stand-in in place of a card")
    args = parser.parse_args()
    name, about = card(args.dry_run)
    models = args.models or (DRY_RUN if args.dry_run else MODELS)
    found = table(models, installed(args.dry_run), args.seconds, args.dry_run)
    parts = [f"# minigen on {name}", f"{about}. {heading()}", found]
    parts[2:2] = [pathlib.Path(file).read_text(encoding="utf-8").strip() for file in args.before]
    out = pathlib.Path(args.out or HERE / f"gpu-{name.replace(' ', '-')}.md")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    print(f"the table is in {out}")


if __name__ == "__main__":
    main()
