"""Models that predict each pixel, or character, from the preceding ones.

base.py         autoregressive models of images: exact likelihood, sampling pixel by pixel
made.py         MADE: masked dense layers
pixelcnn.py     PixelCNN: masked convolutions
markov.py       context windows: counts, and a network
kgram.py        k-grams of text
text_model.py   what the networks of text share
char_rnn.py     a recurrent network for text
transformer.py  the Transformer: blocks of attention
gpt.py          GPT: a Transformer for text
image_gpt.py    the same for images
checks.py       input validation
"""
