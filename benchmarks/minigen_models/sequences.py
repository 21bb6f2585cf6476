"""Recurrent networks on a text of 64 symbols."""

from data import symbols

from minigen import GRU, LSTM, Adam, Dense, Embedding, Input, Sequential, SimpleRNN

from .training import training


def text_layers(recurrent):
    """A recurrent layer between an embedding of 64 symbols in 64 numbers and a softmax for each of 40 steps."""
    return [Input(shape=(40,), dtype="int64"), Embedding(64, 64), recurrent, Dense(64, activation="softmax")]


def text_model(recurrent):
    """A step on windows of 40 symbols; the loss is the mean over all steps."""
    text, model = symbols(128, 41), Sequential(text_layers(recurrent))
    return training(model, Adam(1e-3), "sparse_categorical_crossentropy", text[:, :-1], text[:, 1:])


def char_rnn():
    return text_model(SimpleRNN(128, return_sequences=True))


def lstm():
    return text_model(LSTM(128, return_sequences=True))


def gru():
    return text_model(GRU(128, return_sequences=True))


MODELS = char_rnn, lstm, gru
