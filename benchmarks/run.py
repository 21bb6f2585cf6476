"""Time training steps of minigen and of other libraries, interleaved: python benchmarks/run.py [MODEL ...]

Every contender runs in its own worker process (worker.py). In each round every worker trains for a moment while the
others wait; the next round has the opposite order. A temporary slowdown of the machine affects all of them, so that the
ratios within a round are more reliable than the times. A round in which other processes used more than a small share of
the CPU is discarded and repeated.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

WORKER = pathlib.Path(__file__).with_name("worker.py")
THREADS = "2"
SAME_THREADS = {f"{name}_NUM_THREADS": THREADS for name in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM")}
# settings of glibc's malloc: keep large blocks instead of returning them to the system after each use
TUNED = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**31 - 1)}
# contender: its module (see worker.py) and its environment variables. It runs the models that its module contains.
CONTENDERS = {
    "minigen": ("minigen_models", {}),
    "PyTorch": ("torch_models", {}),
    "PyTorch tuned": ("torch_models", TUNED),
    "PyTorch channels_last": ("torch_models", {"TORCH_CHANNELS_LAST": "1"}),
    "DeZero": ("dezero_models", {}),
}
CALM = 0.15  # share of one core that other processes may use
PAUSE = 0.1  # seconds before a turn: the idle threads of the previous worker spin briefly before they sleep
PATIENCE = 5  # seconds to wait for a calm machine before a turn


class Worker:
    """A running worker process."""

    def __init__(self, module, settings, *model):
        start = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, WORKER, module, *model],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | SAME_THREADS | settings,
        )
        self.first = self.read()
        self.seconds = time.perf_counter() - start  # from the start of the process to the end of the first step
        self.loss = self.ask("learn") if model else {}  # before the next worker starts

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit("a worker stopped: see its error above")
        return json.loads(line)

    def ask(self, *command):
        print(*command, file=self.process.stdin, flush=True)
        return self.read()

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def available(contenders):
    """{contender: its models}; one whose library is missing is left out, and a line is printed."""
    models = {}
    for contender, (module, settings) in contenders.items():
        worker = Worker(module, settings)
        worker.stop()
        if worker.first["models"]:
            models[contender] = worker.first["models"]
        else:
            print(f"{contender} is left out: {worker.first['why']}")
    return models


def busy_seconds():
    """CPU time that all processes of this machine have used so far, and steal time of a hypervisor; 0 if unknown."""
    try:
        user, nice, system, _, _, irq, softirq, steal = map(int, pathlib.Path("/proc/stat").read_text().split()[1:9])
    except OSError:
        return 0.0
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def turn(worker, steps, seconds):
    """(ms per step, whether other processes were idle)"""
    for _ in range(int(PATIENCE / PAUSE)):
        before = busy_seconds()
        time.sleep(PAUSE)
        if busy_seconds() - before < CALM * PAUSE:
            break
    start, before = time.perf_counter(), busy_seconds()
    answer = worker.ask("run", steps, seconds)
    others = busy_seconds() - before - answer["cpu"]
    return answer["ms"], others < CALM * (time.perf_counter() - start)


def session(model, contenders, rounds, steps, seconds):
    """Start the workers, let them train in turns until `rounds` rounds were calm, and stop them: (the report of each,
    the calm rounds, the disturbed rounds), each round {contender: ms per step}."""
    workers = {contender: Worker(module, settings, model) for contender, (module, settings) in contenders.items()}
    calm, disturbed = [], []
    while len(calm) < rounds and len(disturbed) < 2 * rounds:
        order = list(workers)[:: -1 if (len(calm) + len(disturbed)) % 2 else 1]
        turns = {contender: turn(workers[contender], steps, seconds) for contender in order}
        quiet = all(quiet for _, quiet in turns.values())
        (calm if quiet else disturbed).append({contender: ms for contender, (ms, _) in turns.items()})
    reports = {contender: w.ask("report") | w.loss | {"seconds": w.seconds} for contender, w in workers.items()}
    for worker in workers.values():
        worker.stop()
    return reports, calm, disturbed


def measure(model, contenders, sessions, rounds, steps, seconds):
    """{contender: [ms per step in each round]}, {contender: report}, a note about the rounds.

    There are several sessions because the memory layout of a process may make it slow or fast as a whole.
    """
    done = [session(model, contenders, rounds, steps, seconds) for _ in range(sessions)]
    calm, disturbed = ([one for d in done for one in d[i]] for i in (1, 2))
    used = calm if len(calm) >= sessions else calm + disturbed
    fate = "set aside" if used is calm else "AMONG THEM: repeat this on a quiet machine"
    note = f"{len(used)} rounds, {len(disturbed)} disturbed ones {fate}" if disturbed else f"{len(used)} rounds"
    typical = {
        c: {k: v if isinstance(v, str) else statistics.median(d[0][c][k] for d in done) for k, v in first.items()}
        for c, first in done[0][0].items()
    }
    return {c: [one[c] for one in used] for c in contenders}, typical, note


def middle(ms):
    """The median with three digits."""
    return f"{float(f'{statistics.median(ms):.3g}'):g}"


def ratio(ours, theirs):
    """The median of the ratios of all rounds, and their range."""
    ratios = sorted(a / b for a, b in zip(ours, theirs, strict=True))
    return f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"


def table(ms, reports):
    """The results of one model as a Markdown table."""
    peers = [c for c in reports if c != "minigen"]
    first = peers[:1]  # memory varies less than time: one ratio is enough
    rows = [["", "ms a step", *(f"ms / {p}" for p in peers), "peak MB", *(f"MB / {p}" for p in first)]]
    rows[0] += ["first step, s", "loss, step 10"]
    for c, r in reports.items():
        times = ["" if c == p else ratio(ms[c], ms[p]) for p in peers]
        memory = ["" if c == p else f"{r['mb'] / reports[p]['mb']:.2f}" for p in first]
        row = [c, middle(ms[c]), *times, f"{r['mb']:.0f}", *memory]
        rows.append([*row, f"{r['seconds']:.2f}", f"{r['loss']:.4f}"])
    return markdown(rows)


def markdown(rows):
    """Rows of strings as a Markdown table; the first one is the header."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    rows = [rows[0], ["-" * w for w in widths], *rows[1:]]
    padded = [[f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in padded)


def processor():
    """The name of the CPU."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def heading():
    """Date and machine of the measurement."""
    return f"{time.strftime('%Y-%m-%d')}, {processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def versions(reports):
    """The versions of all libraries, each once."""
    return "; ".join(dict.fromkeys(f"{r['version']}, {r['threads']} threads" for r in reports.values()))


def options(description):
    """A parser with the options for the length of the measurement."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--sessions", type=int, default=5, help="how often all processes are restarted (default 5)")
    parser.add_argument("--rounds", type=int, default=3, help="calm rounds in a session (default 3)")
    parser.add_argument("--steps", type=int, default=5, help="steps in a turn, at least (default 5)")
    parser.add_argument("--seconds", type=float, default=0.3, help="time of a turn, at least (default 0.3)")
    return parser


def main():
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="MODEL", help="which models (default: all)")
    parser.add_argument("--before", metavar="FOLDER", help="another checkout of minigen, as a further contender")
    parser.add_argument("--save", metavar="FILE", help="append the rounds to this file, for summary.py")
    args = parser.parse_args()
    if args.before:
        CONTENDERS["before"] = ("minigen_models", {"PYTHONPATH": args.before})
    models = available(CONTENDERS)
    known = models["minigen"]
    unknown = [m for m in args.models if m not in known]
    if unknown:
        parser.error(f"no model {', '.join(unknown)}; there are {', '.join(known)}")
    print(heading())
    for model in args.models or known:
        contenders = {c: CONTENDERS[c] for c in models if model in models[c]}
        ms, reports, note = measure(model, contenders, args.sessions, args.rounds, args.steps, args.seconds)
        print(f"\n{model}: {note}\n{versions(reports)}\n\n{table(ms, reports)}", flush=True)
        if args.save:
            line = {"model": model, "machine": heading(), "versions": versions(reports), "rounds": note}
            with open(args.save, "a", encoding="utf-8") as file:
                print(json.dumps(line | {"ms": ms, "reports": reports}), file=file)


if __name__ == "__main__":
    main()
