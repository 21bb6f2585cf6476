"""Outputs of one sample and of 10,000, in batches of 256, without training."""

import torch
from data import images, symbols
from torch import nn

from .dense import fc_ae_layers
from .images import conv_ae_layers, lenet_layers
from .sequences import TextModel
from .training import LAYOUT, as_images, on_device

MANY = 10_000


def predicting(model, x):
    """A function that predicts once and returns the mean of the outputs."""

    def predict():
        with torch.inference_mode():
            return torch.cat([model(batch) for batch in x.split(256)]).mean()

    model.eval()
    return predict


def of_images(n, *layers):
    return predicting(nn.Sequential(*layers).to(memory_format=LAYOUT), as_images(images(n, 1, 28, 28)))


def predict_fc_ae(n=MANY):
    return predicting(nn.Sequential(*fc_ae_layers()), on_device(images(n)))


def predict_conv_ae(n=MANY):
    return of_images(n, *conv_ae_layers())


def predict_lenet(n=MANY):
    return of_images(n, *lenet_layers(), nn.Softmax(dim=1))


def predict_lstm(n=MANY):
    return predicting(nn.Sequential(TextModel(nn.LSTM), nn.Softmax(dim=1)), on_device(symbols(n, 40)))


def predict_fc_ae_1():
    return predict_fc_ae(1)


def predict_conv_ae_1():
    return predict_conv_ae(1)


def predict_lenet_1():
    return predict_lenet(1)


def predict_lstm_1():
    return predict_lstm(1)


OF_IMAGES = predict_conv_ae, predict_lenet, predict_conv_ae_1, predict_lenet_1
MODELS = predict_fc_ae, predict_lstm, predict_fc_ae_1, predict_lstm_1
