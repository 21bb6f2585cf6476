"""How long a page of the explorer is, and how fast it follows the mouse: python benchmarks/explorer.py [--moves N]

The sizes are those of pages with 1,000 test digits, and of a GAN and a diffusion model with a film. Chromium measures
the times: the mouse drags over the plane, or over a slider, of a page with random weights, one place after the other.
The time of a move runs from the event to the picture, and the page measures it; what the browser needs to show it is
not in it.
"""

import argparse
import pathlib
import statistics
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from helpers.browsers import started, why_no_browser  # noqa: E402
from helpers.explorer_sizes import KINDS, sizes  # noqa: E402
from run import markdown  # noqa: E402

import minigen  # noqa: E402
from minigen import models  # noqa: E402
from minigen.explorer import page_of  # noqa: E402

MODELS = {  # name: (model, what is dragged over, bound in ms)
    "dense decoder 2-512-784": (lambda: models.vae(2), ".plane", 8),
    "generator of dcgan(32)": (lambda: models.dcgan(32), ".slider input", 50),
    "decoder of conv_vae(2)": (lambda: models.conv_vae(2), ".plane", 50),
}


def table_of_sizes():
    """The size of a page of each kind of model in kB, and the bound: 1.2 times the weights on it and 150 kB."""
    rows = [("model", "weights in float16, kB", "page, kB", "at most, kB")]
    for name, make in KINDS.items():
        rows.append((name, *(f"{size / 1000:,.0f}" for size in sizes(page_of([make()])))))
    return markdown(rows)


def drag(driver, selector, moves):
    """Press the mouse on the element, move it to and fro, and release it."""
    script = "return document.querySelector(arguments[0]).getBoundingClientRect().toJSON()"
    box = driver.execute_script(script, selector)
    y = box["y"] + box["height"] / 2
    for i in range(moves):
        x = box["x"] + box["width"] * (0.1 + 0.8 * abs(1 - 2 * (i % 40) / 40))
        kind = "mouseMoved" if i else "mousePressed"
        event = {"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 0 if i else 1}
        driver.execute_cdp_cmd("Input.dispatchMouseEvent", event)
    driver.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": "mouseReleased", "x": x, "y": y, "button": "left"})


def times_of(driver, folder, make, selector, moves):
    """Milliseconds of so many moves, after as many that warm the page up."""
    path = minigen.explore(make(), folder / "page.html")
    driver.get(path.as_uri())
    driver.execute_async_script("explorer.ready.then(arguments[0])")
    drag(driver, selector, moves)
    driver.execute_script("explorer.times.length = 0")
    drag(driver, selector, moves)
    return driver.execute_script("return explorer.times"), path.stat().st_size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moves", type=int, default=100)
    moves = parser.parse_args().moves
    print(table_of_sizes())
    reason = why_no_browser()
    if reason:
        raise SystemExit(reason)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        driver = started(folder / "profile")
        try:
            print(driver.capabilities["browserName"], driver.capabilities["browserVersion"])
            for title, (make, selector, bound) in MODELS.items():
                times, size = times_of(driver, folder, make, selector, moves)
                ordered = sorted(times)
                line = (
                    f"median {statistics.median(times):.1f} ms, 9 of 10 below {ordered[int(0.9 * len(times))]:.1f} ms"
                )
                print(f"{title}: {line} in {len(times)} moves (bound {bound} ms); page {size / 1000:,.0f} kB")
        finally:
            driver.quit()


if __name__ == "__main__":
    main()
