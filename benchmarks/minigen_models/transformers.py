"""A small GPT on a text of 100 symbols."""

from data import symbols

from minigen import AdamW, models


def gpt(batch=32, window=128):
    """A step on windows of 128 symbols; the loss is the mean over all of them."""
    characters, text = "".join(map(chr, range(100))), symbols(batch, window + 1, kinds=100)
    model = models.GPT(characters, blocks=4, heads=4, width=128, window=window)
    model.compile(AdamW(1e-3, weight_decay=0.01))
    return lambda: model.train_step(text[:, :-1], text[:, 1:])["loss"]


MODELS = (gpt,)
