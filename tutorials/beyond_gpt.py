"""
Beyond the chapter: a text that looks back
==========================================

The chapter names GPT and leaves it out. A recurrent network has to keep the past in a state of fixed size; a
Transformer keeps all of it, in a window, and each character takes a mean over those before it, with weights that it
computes. How good is it, what can two of these means do that one cannot, and what does it cost to write?

``--quick`` takes a few seconds.
"""

import numpy as np

from minigen import AdamW, models, plot, seed
from minigen.cli import tutorial_flags
from minigen.datasets import text
from minigen.optimizers import CosineDecay

ARGS = tutorial_flags(__doc__, epochs=10, quick_epochs=1, batch_size=16)


def optimizer(rate, steps):
    """AdamW with a rate that rises in the first tenth of the steps and then falls along a cosine."""
    warm = steps // 10 + 1
    return AdamW(CosineDecay(0.0, steps, warmup_target=rate, warmup_steps=warm), beta_2=0.99)


# %%
# A Markov source of order 2, whose entropy is known exactly. Who sees only the last character cannot get below
# conditional_entropy(1); who sees two cannot get below the entropy rate. The network is told neither: its one attention
# has to find out that the last two places count, and how.

source = text.MarkovSource("abc", order=2)
words, new = source.sample(40_000, seed=1), source.sample(10_000, seed=2)
model = models.GPT("abc", blocks=1, heads=2, width=32, window=8, tied=False)
model.compile(optimizer(1e-2, 200))
model.fit(words, batch_size=64, steps_per_epoch=200, verbose=0)
nats, rate = model.nll(new), source.entropy_rate()
one = source.conditional_entropy(1)
print(f"GPT {nats:.4f} nats per character, entropy rate {rate:.4f}, given one character {one:.4f}")
assert 0.98 * rate < nats < 1.03 * rate < one

# %%
# No position may see its future: what is predicted for a place is the same, to the last bit, whatever comes after it.
# And the weights of a place are those of a mean: they add up to 1, and are 0 for what comes later.

first, second = (model.predict(model.vocabulary.encode(some)[None])[0] for some in ("abcabcab", "abcacbba"))
assert (first[:4] == second[:4]).all() and (first[4] != second[4]).any()
maps = model.attention_maps("abcabcab")
print(f"{maps.shape}: blocks, heads, and for each character what it looks at")
assert np.allclose(maps.sum(axis=-1), 1, atol=1e-5) and not np.triu(maps, 1).any()

# %%
# A string that repeats itself, of random length: after its first copy everything is known. The way to know it is to
# find the last occurrence of the present character, and to see what came after it. One attention cannot: a place can be
# found by the character in it, but not by the one before. Of two, the first tells each place what is before it, and
# the second looks for that (Olsson et al. 2022 call it induction).

steps = 40 if ARGS.quick else 280
codes, _ = text.repeats(32 * steps, 17)
seen, known = text.repeats(300, 17, seed=1)
left = {}
for blocks in (2,) if ARGS.quick else (1, 2):
    seed(0)
    copier = models.GPT("abcdefgh", blocks, heads=1, width=32, window=16, tied=False)
    copier.compile(optimizer(3e-3, steps))
    for i in range(0, len(codes), 32):
        copier.train_on_batch(codes[i : i + 32, :-1], codes[i : i + 32, 1:])
    p = np.take_along_axis(copier.predict(seen[:, :-1]), seen[:, 1:, None], axis=-1)[..., 0]
    left[blocks] = -np.log(p)[known[:, 1:]].mean()
    print(f"{blocks} block(s): {left[blocks]:.3f} nats for a character that is known")
assert ARGS.quick or (left[2] < 0.1 and left[1] > 0.8)
shown = "cafebcafebcafebc"
figure = plot.attention(copier.attention_maps(shown), shown)
print(plot.save(figure, f"{ARGS.out}/tutorial-induction.png"))

# %%
# Writing. Keys and values depend on what is before them alone, so they stay as they are while the text grows: with this
# cache a character costs one query for each head, not a pass over all that is written. It is the same text.

texts = []
for cache in (True, False):
    seed(0)
    texts.append(model.sample(100, "abc", cache=cache))
assert texts[0] == texts[1]
print(texts[0][:60])

# %%
# Natural text: the documentation in minigen's source. A k-gram counts; the network has to learn even that the nearest
# characters count most. A short training gets below the counts of two characters; `minigen train gpt` has a larger
# network, and three times as many epochs.

prose = text.documentation()[: 9_000 if ARGS.quick else None]
train, held_out = text.split(prose)
counted = {k: models.KGram(train, k, text.Vocabulary(prose)).nll(held_out) for k in range(1, 7)}
best = min(counted, key=counted.__getitem__)
seed(0)
size = {"width": 32, "window": 32} if ARGS.quick else {"width": 96, "window": 96}
writer = models.GPT(prose, blocks=3, heads=4, dropout=0.1, **size)
writer.compile(optimizer(2e-3, ARGS.epochs * len(train) // (ARGS.batch_size * writer.window)))
writer.fit(train, ARGS.batch_size, ARGS.epochs, validation_text=held_out)
nats = writer.nll(held_out)
print(f"GPT {nats:.3f} nats per character, a 2-gram {counted[2]:.3f}, the {best}-gram {counted[best]:.3f}")
assert ARGS.epochs < 10 or nats < counted[2], "the text has changed; try more epochs"
print(writer.sample(200, held_out[:30], temperature=0.7, top_k=20))
