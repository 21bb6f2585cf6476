"""Convolutional networks."""

from data import images, labels

from minigen import (
    Adadelta,
    Adam,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    MaskedConv2D,
    MaxPooling2D,
    Model,
    Sequential,
    Tensor,
    UpSampling2D,
    models,
)

from .training import training


def conv_ae(batch=128):
    """The second listing of the chapter."""
    inputs = Input(shape=(28, 28, 1))
    y = Conv2D(32, (3, 3), activation="relu", padding="same")(inputs)
    y = MaxPooling2D((2, 2), padding="same")(y)
    y = Conv2D(32, (3, 3), activation="relu", padding="same")(y)
    y = MaxPooling2D((2, 2), padding="same")(y)
    y = Conv2D(32, (3, 3), activation="relu", padding="same")(y)
    y = UpSampling2D((2, 2))(y)
    y = Conv2D(32, (3, 3), activation="relu", padding="same")(y)
    y = UpSampling2D((2, 2))(y)
    y = Conv2D(1, (3, 3), activation="sigmoid", padding="same")(y)
    x = Tensor(images(batch, 28, 28, 1))
    return training(Model(inputs, y), Adadelta(1.0), "binary_crossentropy", x, x)


def conv_ae_1():
    return conv_ae(batch=1)


def conv_ae_16():
    return conv_ae(batch=16)


def conv_ae_512():
    return conv_ae(batch=512)


def conv_autoencoder_128():
    """Fig 9.5: 16, 8 and 8 channels, down to 128 numbers, and back."""
    x = Tensor(images(128, 28, 28, 1))
    return training(models.conv_autoencoder_128(), Adadelta(1.0), "binary_crossentropy", x, x)


def lenet_layers():
    """Two 5 x 5 convolutions with "valid" padding, 32 and 64 channels, and two dense layers."""
    return [
        Input(shape=(28, 28, 1)),
        Conv2D(32, 5, activation="relu"),
        MaxPooling2D(),
        Conv2D(64, 5, activation="relu"),
        MaxPooling2D(),
        Flatten(),
        Dense(256, activation="relu"),
        Dense(10, activation="softmax"),
    ]


def classifier(layers, batch):
    """A step of a classifier of ten digits, with Adam."""
    x, y = Tensor(images(batch, 28, 28, 1)), labels(batch, classes=10)
    return training(Sequential(layers), Adam(1e-3), "sparse_categorical_crossentropy", x, y)


def lenet():
    return classifier(lenet_layers(), batch=128)


def deep_conv():
    """Five 3 x 3 convolutions, of 64 channels on 28 x 28 pixels and of 128 on fewer."""
    layers = [Input(shape=(28, 28, 1)), *convolutions([64, 64]), MaxPooling2D()]
    layers += [*convolutions([128, 128]), MaxPooling2D(), *convolutions([128])]
    return classifier([*layers, GlobalAveragePooling2D(), Dense(10, activation="softmax")], batch=32)


def convolutions(filters, size=3, dilation=1):
    """Convolutions with "same" padding and relu."""
    return [Conv2D(n, size, padding="same", dilation_rate=dilation, activation="relu") for n in filters]


def conv_1x1():
    """A 3 x 3 convolution, two of one pixel on 64 and 128 channels."""
    layers = [Input(shape=(28, 28, 1)), *convolutions([64]), *convolutions([128, 64], size=1)]
    return classifier([*layers, GlobalAveragePooling2D(), Dense(10, activation="softmax")], batch=64)


def dilated():
    """3 x 3 convolutions of 32 channels with dilations 1, 2 and 4."""
    layers = [Input(shape=(28, 28, 1)), *convolutions([32]), *convolutions([32], dilation=2)]
    layers += convolutions([32], dilation=4)
    return classifier([*layers, GlobalAveragePooling2D(), Dense(10, activation="softmax")], batch=64)


def conv_vae():
    """Keras' example of a VAE: convolutions with stride 2, transposed convolutions, cross-entropy."""
    model, x = models.conv_vae(), Tensor(images(128, 28, 28, 1))
    model.compile(Adam(1e-3), "binary_crossentropy_per_image")
    return lambda: model.train_step(x)["loss"]


def pixelcnn():
    """7 x 7 with mask A and two 3 x 3 with mask B, 32 channels each, and 1 x 1 to one logit for each pixel."""
    layers = [
        Input(shape=(28, 28, 1)),
        MaskedConv2D(32, 7, "A", activation="relu"),
        MaskedConv2D(32, 3, "B", activation="relu"),
        MaskedConv2D(32, 3, "B", activation="relu"),
        Conv2D(1, 1, activation="sigmoid"),
    ]
    x = Tensor((images(64, 28, 28, 1) > 0.5).astype("float32"))
    return training(Sequential(layers), Adam(1e-3), "binary_crossentropy", x, x)


MODELS = (
    conv_ae,
    conv_ae_1,
    conv_ae_16,
    conv_ae_512,
    conv_autoencoder_128,
    lenet,
    deep_conv,
    conv_1x1,
    dilated,
    conv_vae,
    pixelcnn,
)
