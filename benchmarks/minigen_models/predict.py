"""predict() of one sample and of 10,000, without training."""

from data import images, symbols

from minigen import LSTM, Sequential, models

from .images import lenet_layers
from .sequences import text_layers

MANY = 10_000


def predicting(model, x):
    """A function that predicts once and returns the mean of the outputs."""
    return lambda: model.predict(x).mean()


def predict_fc_ae(n=MANY):
    return predicting(models.fc_autoencoder(), images(n))


def predict_conv_ae(n=MANY):
    return predicting(models.conv_autoencoder(), images(n, 28, 28, 1))


def predict_lenet(n=MANY):
    return predicting(Sequential(lenet_layers()), images(n, 28, 28, 1))


def predict_lstm(n=MANY):
    return predicting(Sequential(text_layers(LSTM(128, return_sequences=True))), symbols(n, 40))


def predict_fc_ae_1():
    return predict_fc_ae(1)


def predict_conv_ae_1():
    return predict_conv_ae(1)


def predict_lenet_1():
    return predict_lenet(1)


def predict_lstm_1():
    return predict_lstm(1)


MODELS = (
    predict_fc_ae,
    predict_conv_ae,
    predict_lenet,
    predict_lstm,
    predict_fc_ae_1,
    predict_conv_ae_1,
    predict_lenet_1,
    predict_lstm_1,
)
