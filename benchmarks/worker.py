"""One contender in its own process, started by run.py: `python worker.py minigen_models fc_ae`.

The first argument is a module with a dict MODELS and a VERSION. Without a second argument, the worker prints the names
of its models. Otherwise it trains one step, reports this, and then reads commands from its standard input. It answers
each with one line of JSON:

    learn                the steps up to the tenth; {"loss": that of the tenth}
    run STEPS SECONDS    train for at least that many steps and seconds; {"ms": median time of a step, "cpu": seconds}
    report               {"mb": peak memory, "threads": ..., "version": ...}
"""

import importlib
import json
import resource
import statistics
import sys
import time


def run(step, steps, seconds):
    """Times of at least `steps` steps, over at least `seconds`, in ms; one step before them is not timed."""
    step()
    times, start = [], time.perf_counter()
    while len(times) < steps or time.perf_counter() - start < seconds:
        before = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - before))
    return times


def peak_mb():
    """The largest resident memory of this process so far."""
    unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def threads():
    """The size of the largest thread pool (BLAS, OpenMP)."""
    from threadpoolctl import threadpool_info

    return max((pool["num_threads"] for pool in threadpool_info()), default=1)


def answer(**what):
    print(json.dumps(what), flush=True)


def models(module):
    """The names of the models in the module; none, and the reason, if its library is not installed."""
    try:
        return {"models": list(importlib.import_module(module).MODELS)}
    except ImportError as error:
        return {"models": [], "why": str(error)}


def main(module, model=None):
    if model is None:
        answer(**models(module))
        return
    contender = importlib.import_module(module)
    step = contender.MODELS[model]()
    step()
    answer(ready=model)
    for line in sys.stdin:
        command, *numbers = line.split()
        if command == "learn":
            answer(loss=[step() for _ in range(2, 11)][-1].item())
        elif command == "run":
            before = time.process_time()  # of all threads
            times = run(step, int(numbers[0]), float(numbers[1]))
            answer(ms=statistics.median(times), cpu=time.process_time() - before)
        elif command == "report":
            mb = peak_mb()
            answer(mb=mb, threads=threads(), version=contender.VERSION)


if __name__ == "__main__":
    main(*sys.argv[1:])
