"""How the time of a training step grows: python benchmarks/scaling.py [--plot FILE]

Four sizes grow one at a time: the batch of conv_ae, the width of a dense network, the edge of the images of a
convolutional autoencoder and the window of an LSTM. The cost is what the arithmetic grows with: images, the square of
the width, pixels, steps. In a plot with two logarithmic axes a time that is proportional to its cost is a line of
slope 1. The slope that is printed is that of the line of least squares; for the batch, through batches of 32 and more.
"""

import argparse
import statistics

import numpy as np
from data import images, symbols
from minigen_models.sequences import text_layers
from minigen_models.training import training
from run import heading, markdown
from worker import run

from minigen import LSTM, Adadelta, Adam, Conv2D, Dense, Input, MaxPooling2D, Sequential, Tensor, UpSampling2D


def conv_ae(batch=32, edge=28):
    """A step of the second listing of the chapter, on square images."""
    layers = [Input(shape=(edge, edge, 1))]
    for _ in range(2):
        layers += [Conv2D(32, 3, activation="relu", padding="same"), MaxPooling2D()]
    for _ in range(2):
        layers += [Conv2D(32, 3, activation="relu", padding="same"), UpSampling2D()]
    layers.append(Conv2D(1, 3, activation="sigmoid", padding="same"))
    x = Tensor(images(batch, edge, edge, 1))
    return training(Sequential(layers), Adadelta(1.0), "binary_crossentropy", x, x)


def dense(width):
    """A step of four dense layers of one width, batch 256."""
    layers = [Input(shape=(width,)), *(Dense(width, activation="relu") for _ in range(4))]
    x = Tensor(images(256, width))
    return training(Sequential(layers), Adam(1e-3), "mse", x, x)


def lstm(window):
    """A step of an LSTM with a loss at each step, batch 128."""
    layers = [Input(shape=(window,), dtype="int64"), *text_layers(LSTM(128, return_sequences=True))[1:]]
    text = symbols(128, window + 1)
    return training(Sequential(layers), Adam(1e-3), "sparse_categorical_crossentropy", text[:, :-1], text[:, 1:])


# what grows: (a step of that size, the sizes, the smallest size of the line, the power of the size that the cost is)
SERIES = {
    "batch of conv_ae": (conv_ae, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512], 32, 1),
    "width of a dense network": (dense, [256, 384, 512, 768, 1024, 1536], 256, 2),
    "edge of the images": (lambda edge: conv_ae(edge=edge), [28, 40, 56, 80, 112], 28, 2),
    "window of an LSTM": (lstm, [10, 20, 40, 80, 160], 10, 1),
}


def slope(sizes, times, power):
    """Of the line of least squares through log time against log cost."""
    return np.polyfit(power * np.log(sizes), np.log(times), 1)[0]


def plot(found, path):
    """One panel for each series; the dashed line has slope 1."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, len(found), figsize=(4 * len(found), 3.6), layout="constrained")
    for panel, (name, (sizes, times, first, power, slope_of_line)) in zip(panels, found.items(), strict=True):
        start = sizes.index(first)
        panel.loglog(sizes, times, "o-")
        line = [times[-1] * (n / sizes[-1]) ** power for n in sizes]
        panel.loglog(sizes, line, "--", color="gray", label="proportional to the cost")
        panel.set_xticks(sizes, list(map(str, sizes)))
        panel.minorticks_off()
        panel.set(xlabel=name, ylabel="ms a step", title=f"slope {slope_of_line:.2f} from {sizes[start]} on")
        panel.legend()
    figure.savefig(path, dpi=100)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plot", metavar="FILE", help="save a picture")
    args = parser.parse_args()
    print(f"{heading()}\n")
    rows, found = [["what grows", "sizes", "ms a step", "slope"]], {}
    for name, (make, sizes, first, power) in SERIES.items():
        times = [statistics.median(run(make(n), 5, 1.0)) for n in sizes]
        line = slice(sizes.index(first), None)
        found[name] = sizes, times, first, power, slope(sizes[line], times[line], power)
        cells = " ".join(map(str, sizes)), " ".join(f"{t:.3g}" for t in times), f"{found[name][4]:.2f}"
        rows.append([name, *cells])
    print(markdown(rows))
    if args.plot:
        plot(found, args.plot)


if __name__ == "__main__":
    main()
