"""Recurrent networks on a text of 64 symbols."""

import torch
from data import symbols
from torch import nn
from torch.nn import functional as F

from .training import on_device, training


class TextModel(nn.Module):
    """A recurrent layer between an embedding of 64 symbols in 64 numbers and the logits of each step."""

    def __init__(self, recurrent):
        super().__init__()
        self.embedding = nn.Embedding(64, 64)
        self.recurrent = recurrent(64, 128, batch_first=True)
        self.dense = nn.Linear(128, 64)

    def forward(self, x):
        return self.dense(self.recurrent(self.embedding(x))[0]).transpose(1, 2)


def text_model(recurrent):
    """A step on windows of 40 symbols; the loss is the mean over all steps."""
    model, text = TextModel(recurrent), on_device(symbols(128, 41))
    return training(model, torch.optim.Adam(model.parameters(), 1e-3), F.cross_entropy, text[:, :-1], text[:, 1:])


def char_rnn():
    return text_model(nn.RNN)


def lstm():
    return text_model(nn.LSTM)


def gru():
    return text_model(nn.GRU)


MODELS = char_rnn, lstm, gru
