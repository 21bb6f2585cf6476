"""Models that predict each pixel, or character, from the preceding ones.

base.py      autoregressive models of images: exact likelihood, sampling pixel by pixel
made.py      MADE: masked dense layers
pixelcnn.py  PixelCNN: masked convolutions
markov.py    context windows: counts, and a network
kgram.py     k-grams of text
text_model.py  models of text: what the next two share
char_rnn.py  a recurrent network for text
transformer.py  blocks of attention: what the last two share
gpt.py       GPT: a Transformer for text
image_gpt.py the same for images
checks.py    input validation
"""
