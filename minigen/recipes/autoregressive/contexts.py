"""Section 9.3: how long must the context of a model be?"""

from __future__ import annotations

import numpy as np

from ... import plot
from ...datasets.binary import binarize, how_text
from ...models.autoregressive.markov import ContextCounts, neighbours, window_network
from ..checks import check_grey, check_size
from ..recipe import recipe
from ..run import Run

THRESHOLD = 0.5  # pixels above it are white


@recipe("markov", "9.3", "A context window: counted, and learnt", epochs=(6, 1), batch_size=32, optimizer=None)
def markov(run: Run) -> None:
    """The chapter restricts the past to a context window: p(xᵢ | xᵢ₋ₖ, ..., xᵢ₋₁), the pixels row after row. For a few
    pixels all contexts can be counted, but a longer window soon stops helping: the pixel above is 28 steps back, and
    2²⁸ contexts are too many to occur often enough. Four neighbours in the plane carry more information than sixteen
    pixels of the row. A network generalises across contexts and can use windows of 28 pixels and more.
    """
    data = run.flat_images()
    x, x_test = data.x_train, data.x_test
    if len(x_test) == 10_000:  # of the full set: half of the test digits to learn from, half to score
        x, x_test = x_test[:5000], x_test[5000:]
    rows, columns, channels = run.image_shape
    check_grey(run.recipe.name, channels)
    check_size(f"recipe {run.recipe.name}: images", run.images().x_train.shape, least=5)  # windows of up to 16 pixels
    x, x_test = (binarize(images, THRESHOLD).reshape(-1, rows, columns) for images in (x, x_test))
    lengths = [0, 1, 2, 4, 8, 12, 16]
    counted = [float(ContextCounts(k).fit(x).nll(x_test).mean()) for k in lengths]
    near = {k: float(ContextCounts(neighbours(k)).fit(x).nll(x_test).mean()) for k in (4, 10)}
    table = [[f"{k} pixels before, counted", f"{nats:.1f}"] for k, nats in zip(lengths, counted, strict=True)]
    table += [[f"{k} nearest neighbours, counted", f"{nats:.1f}"] for k, nats in near.items()]
    learnt = {}
    in_a_row, in_a_row_test = (images.reshape(-1, 1, rows * columns, 1) for images in (x, x_test))
    windows = [16, *(k for k in (columns, 2 * columns) if k > 16)]  # 16, 28 and 56 pixels
    for k in windows:
        model = window_network(k, pixels=rows * columns)
        model.compile(run.decaying_adam(len(x), run.batch_size, 3e-3))
        run.fit(model, in_a_row, in_a_row, name=f"network-{k}")
        learnt[k] = float(model.nll(in_a_row_test).mean())
        table.append([f"{k} pixels before, network of 32 + 32", f"{learnt[k]:.1f}"])
    caption = f"-log p(x) in nats per image, {how_text(THRESHOLD)}; {len(x):,} digits, scored on {len(x_test):,} others"
    run.table(caption, ["window", "nats"], table)
    run.number("k = 16, counted", f"{counted[-1]:.2f}")
    run.number("4 neighbours, counted", f"{near[4]:.2f}")
    places = np.array([*lengths, *windows[1:]])
    lines = {
        "counted": counted + [np.nan] * (len(windows) - 1),
        "learnt": [np.nan] * (len(lengths) - 1) + list(learnt.values()),
        **{f"{k} neighbours, counted": [nats] * len(places) for k, nats in near.items()},
    }
    axes_names = ("pixels in the window", "nats per image")
    figure = plot.functions(places, {"The effect of a longer window": lines}, axes_names)
    run.figure("windows", figure, f"-log p(x) of test digits. The pixel above is {columns} pixels back.")
