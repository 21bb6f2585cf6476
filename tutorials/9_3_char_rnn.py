"""
Section 9.3: the next character from the characters before it
=============================================================

The same idea for text, "also the basis for large language models". A recurrent network summarises the past in a state
of fixed size, h ← f(x, h), and predicts the next character from it. How good is it? It is compared with counts: first
on a source whose entropy is known exactly, then on the documentation in minigen's source code.

``--quick`` takes a few seconds.
"""

from minigen import GRU, Adam, Dense, Embedding, Input, Sequential, models, plot
from minigen.cli import tutorial_flags
from minigen.datasets import text
from minigen.optimizers import LinearDecay

ARGS = tutorial_flags(__doc__, epochs=15, quick_epochs=1, batch_size=16)

# %%
# A Markov source of order 2: each character depends on the previous two. The uncertainty that a window of k characters
# leaves is a sum over all contexts, and exact: conditional_entropy(k). More than two characters carry no further
# information.

source = text.MarkovSource("abc", order=2, seed=1)
words, new = source.sample(20_000 if ARGS.quick else 40_000), source.sample(10_000, seed=1)
print(words[:60])
lengths = [1, 2, 3, 4]
floors = [source.conditional_entropy(k) for k in lengths]
assert floors[0] > floors[1] == floors[2] == source.entropy_rate()

# %%
# Networks with windows of k characters, and k-grams, which count. Both reach the lower bound of their window and no
# less (except for a few thousandths, because 10,000 characters are a finite sample); where the window is too short, a
# larger network would not help.

vocabulary, nets, grams = text.Vocabulary(words), [], []
for k in lengths:
    (x, y), (x_new, y_new) = (text.windows(vocabulary.encode(some), k) for some in (words, new))
    net = Sequential([Input((k,), dtype="int64"), Embedding(3, 8), GRU(32), Dense(3, activation="softmax")])
    net.compile(Adam(LinearDecay(0.01, len(words) // 100)), "sparse_categorical_crossentropy")
    net.fit(x, y, batch_size=100, verbose=0)
    nets.append(net.evaluate(x_new, y_new))
    grams.append(models.KGram(words, k).nll(new))
    print(f"window {k}: floor {floors[k - 1]:.4f}, net {nets[-1]:.4f}, counted {grams[-1]:.4f} nats per character")
assert abs(nets[0] / floors[0] - 1) < 0.02 and abs(nets[1] / floors[1] - 1) < 0.02
lines = {"floor": floors, "net": nets, "counted": grams}
figure = plot.functions(lengths, {"A source of order 2": lines}, ("characters in the window", "nats"))
print(plot.save(figure, f"{ARGS.out}/tutorial-source.png"))

# %%
# Natural text is not a Markov chain of low order, and there are more contexts than the text can contain. The larger k,
# the smaller the share of contexts that occur in the training text, so that a k-gram is best at some k.

prose = text.documentation()[: 20_000 if ARGS.quick else None]
train, held_out = text.split(prose)
counted = {k: models.KGram(train, k, text.Vocabulary(prose)).nll(held_out) for k in range(1, 7)}
best = min(counted, key=counted.__getitem__)
print(f"{len(train):,} characters; " + ", ".join(f"{k}-gram {nats:.3f}" for k, nats in counted.items()))

# %%
# The network reads the text at 16 places at once, window after window. Its state is carried from one window to the
# next, but no gradient passes between them: truncated back-propagation through time. The norm of the gradient is
# clipped.

model = models.CharRNN(prose, "lstm", units=160, dropout=0.2)
steps = ARGS.epochs * (len(train) // (ARGS.batch_size * 50))
model.compile(Adam(LinearDecay(6e-3, max(1, steps)), global_clipnorm=1.0))
model.fit(train, window=50, epochs=ARGS.epochs, batch_size=ARGS.batch_size, validation_text=held_out)
nats = model.nll(held_out)
print(f"LSTM {nats:.3f} nats per character, the best k-gram {counted[best]:.3f}")
assert ARGS.epochs < 15 or nats < counted[best], "the text has changed; try more epochs"

# %%
# What it writes. A low temperature prefers the most likely characters and repeats itself; a high one invents words.

for temperature in (0.2, 0.7, 1.2):
    print(f"\ntemperature {temperature}: {held_out[:30]}|{model.sample(200, held_out[:30], temperature)}")
