"""Names of modules of Keras and PyTorch that minigen's modules do not have, such as nn.Linear: what to write."""

# Activations, also as activation="mish".
ACTIVATIONS = {
    "hard_sigmoid": "lambda x: minigen.clip(x / 6 + 0.5, 0.0, 1.0)",
    "hard_silu": "lambda x: x * minigen.clip(x / 6 + 0.5, 0.0, 1.0)",
    "hard_swish": "lambda x: x * minigen.clip(x / 6 + 0.5, 0.0, 1.0)",
    "hard_tanh": "lambda x: minigen.clip(x, -1.0, 1.0)",
    "log_sigmoid": "lambda x: -minigen.softplus(-x)",
    "mish": "lambda x: x * minigen.tanh(minigen.softplus(x))",
    "relu6": "lambda x: minigen.clip(x, 0.0, 6.0)",
    "selu": "lambda x: 1.0507009874 * minigen.elu(x, 1.6732632424)",
    "softsign": "lambda x: x / (1 + abs(x))",
}

_ONE_AXIS = "Conv2D(32, (3, 1)) on images of one column: Reshape((steps, 1, features)) before it"

CLASSES = {
    "AdaptiveAvgPool2d": "GlobalAveragePooling2D()",
    "Attention": "MultiHeadAttention(1, 32), or minigen.ops.attention of queries, keys and values",
    "AvgPool2D": "AveragePooling2D(2)",
    "AvgPool2d": "AveragePooling2D(2)",
    "BatchNorm1d": "BatchNormalization()",
    "BatchNorm2d": "BatchNormalization()",
    "Bidirectional": "Concatenate()([GRU(8)(x), GRU(8)(Lambda(lambda x: x[:, ::-1])(x))])",
    "Conv1D": _ONE_AXIS,
    "Conv1d": _ONE_AXIS,
    "Conv2d": "Conv2D(32, 3): filters and kernel_size, without the channels of the input",
    "ConvTranspose2d": "Conv2DTranspose(32, 3, strides=2)",
    "Convolution2D": "Conv2D(32, 3)",
    "Cropping2D": "Lambda(lambda x: x[:, 1:-1, 1:-1])",
    "DepthwiseConv2D": "Conv2D(32, 3), or a custom Layer",
    "Dot": "Lambda(lambda ab: (ab[0] * ab[1]).sum(-1, keepdims=True))([a, b])",
    "Dropout2d": "Dropout(0.5), or a custom Layer",
    "ELU": 'Activation("elu")',
    "GELU": 'Activation("gelu")',
    "GRUCell": "GRU(32), which goes through all steps",
    "GlobalAveragePooling1D": "Lambda(lambda x: x.mean(1))",
    "GlobalAvgPool2D": "GlobalAveragePooling2D()",
    "GlobalMaxPool2D": "Lambda(lambda x: x.max((1, 2)))",
    "GlobalMaxPooling1D": "Lambda(lambda x: x.max(1))",
    "GlobalMaxPooling2D": "Lambda(lambda x: x.max((1, 2)))",
    "GroupNorm": "GroupNormalization(8): groups, without the channels of the input",
    "Hardtanh": f"Activation({ACTIVATIONS['hard_tanh']})",
    "Identity": 'Activation("linear")',
    "InputLayer": "Input(shape=(784,))",
    "InstanceNorm2d": "GroupNormalization(-1)",
    "LSTMCell": "LSTM(32), which goes through all steps",
    "LayerNorm": "LayerNormalization()",
    "Linear": "Dense(32): units, without the features of the input",
    "LogSoftmax": 'Activation("log_softmax")',
    "Masking": "a custom train_step whose loss omits the masked elements",
    "MaxPool2d": "MaxPooling2D(2)",
    "Module": "minigen.Model, or minigen.Layer, with call(self, x) in place of forward(self, x)",
    "ModuleDict": "self.parts = {}: the layers in a dict are parts",
    "ModuleList": "self.parts = []: the layers in a list are parts",
    "MultiheadAttention": "MultiHeadAttention(8, 32), with the size of a head in place of the features of the input",
    "Normalization": "Rescaling(1 / x_train.std(), -x_train.mean() / x_train.std())",
    "PReLU": "LeakyReLU(0.2), or a custom Layer",
    "Parameter": 'self.add_weight("scale", shape, "ones"), or minigen.Tensor(data, requires_grad=True)',
    "Permute": "Lambda(lambda x: x.transpose(0, 2, 1))",
    "RNN": "SimpleRNN(32)",
    "ReLU6": f"Activation({ACTIVATIONS['relu6']})",
    "RepeatVector": "Lambda(lambda x: minigen.stack([x] * 3, axis=1))",
    "Resizing": "UpSampling2D(2), AveragePooling2D(2), or datasets of the size that is wanted",
    "SELU": f"Activation({ACTIVATIONS['selu']})",
    "SeparableConv2D": "Conv2D(32, 3), or a custom Layer",
    "SiLU": 'Activation("silu")',
    "Sigmoid": 'Activation("sigmoid")',
    "Softmax": 'Activation("softmax")',
    "Softplus": 'Activation("softplus")',
    "SpatialDropout2D": "Dropout(0.5), or a custom Layer",
    "Tanh": 'Activation("tanh")',
    "TimeDistributed": "the layer itself: Dense(32) works on each step",
    "Unflatten": "Reshape((7, 7, 64))",
    "Upsample": "UpSampling2D(2)",
    "ZeroPad2d": "Lambda(lambda x: minigen.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)]))",
    "ZeroPadding2D": "Lambda(lambda x: minigen.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)]))",
}

_BCE = "minigen.losses.binary_crossentropy, of (y_true, y_pred): the targets come first"
_CE = "minigen.losses.sparse_categorical_crossentropy"
_BCE_OF_LOGITS = "functools.partial(minigen.losses.binary_crossentropy, from_logits=True), the targets first"
_CE_OF_LOGITS = f"functools.partial({_CE}, from_logits=True), the targets first"

LOSSES = {
    "BCELoss": _BCE,
    "BCEWithLogitsLoss": _BCE_OF_LOGITS,
    "CrossEntropyLoss": _CE_OF_LOGITS,
    "L1Loss": "minigen.losses.mean_absolute_error, of (y_true, y_pred)",
    "MSELoss": "minigen.losses.mean_squared_error, of (y_true, y_pred)",
    "NLLLoss": f"{_CE} of probabilities, the targets first",
    "binary_cross_entropy": _BCE,
    "binary_cross_entropy_with_logits": _BCE_OF_LOGITS,
    "cross_entropy": _CE_OF_LOGITS,
    "kl_div": "minigen.losses.kl_standard_normal(mu, logvar) of a VAE",
    "l1_loss": "minigen.losses.mean_absolute_error, of (y_true, y_pred)",
    "mse_loss": "minigen.losses.mean_squared_error, of (y_true, y_pred)",
    "nll_loss": f"{_CE} of probabilities, the targets first",
}

# Losses of Keras with its numbers, also as loss="huber" and losses.Huber. minigen.losses.Loss weights the samples.
KERAS_LOSSES = {
    "binary_focal_crossentropy": (
        "lambda t, p: ((t + p - 2 * t * p) ** 2 * minigen.losses.binary_crossentropy(t, p, reduction='none')).mean()"
    ),
    "categorical_focal_crossentropy": (
        "lambda t, p: (-0.25 * (1 - p) ** 2 * t * minigen.log(minigen.clip(p, 1e-7, 1))).sum(-1).mean()"
    ),
    "cosine_similarity": "lambda t, p: -((t * p).sum(-1) / ((t * t).sum(-1) * (p * p).sum(-1)) ** 0.5).mean()",
    "hinge": "lambda t, p: minigen.relu(1 - t * p).mean(), of targets -1 and 1",
    "huber": "lambda t, p: minigen.where(abs(p - t) < 1, (p - t) ** 2 / 2, abs(p - t) - 0.5).mean()",
    "kl_divergence": (
        "lambda t, p: (minigen.clip(t, 1e-7, 1) * minigen.log(minigen.clip(t, 1e-7, 1) / minigen.clip(p, 1e-7, 1)))"
        ".sum(-1).mean()"
    ),
    "log_cosh": "lambda t, p: (abs(p - t) + minigen.softplus(-2 * abs(p - t)) - 0.69314718).mean()",
    "mean_absolute_percentage_error": "lambda t, p: 100 * (abs(t - p) / minigen.maximum(abs(t), 1e-7)).mean()",
    "mean_squared_logarithmic_error": "lambda t, p: ((minigen.log(1 + p) - minigen.log(1 + t)) ** 2).mean()",
    "poisson": "lambda t, p: (p - t * minigen.log(p + 1e-7)).mean()",
}

METRICS = {
    **LOSSES,
    **{name: fix for name, fix in KERAS_LOSSES.items() if name not in ("cosine_similarity", "kl_divergence")},
    "Mean": 'nothing: fit() logs the mean of each number in the logs of a train_step: return {"loss": loss}',
}

LAYERS = {
    **CLASSES,
    **LOSSES,
    "add": "Add()([a, b])",
    "average": "Average()([a, b])",
    "concatenate": "Concatenate()([a, b])",
    "functional": "minigen.relu, minigen.softmax and others; minigen.losses",
    "init": 'Dense(32, kernel_initializer="he_normal")',
    "maximum": "Maximum()([a, b])",
    "minimum": "Minimum()([a, b])",
    "multiply": "Multiply()([a, b])",
    "subtract": "Subtract()([a, b])",
}

_SCHEDULE = "minigen.optimizers.LinearDecay(1e-3, 1000), or a function of the steps: Adam(lambda t: 1e-3 * 0.999**t)"

OPTIMIZERS = {
    "ExponentialDecay": "minigen.Adam(lambda t: 1e-3 * 0.9 ** (t / 1000))",
    "StepLR": "minigen.Adam(lambda t: 1e-3 * 0.1 ** (t // 1000))",
    "lr_scheduler": _SCHEDULE,
    "schedules": _SCHEDULE,
}

INITIALIZERS = {
    "constant": "lambda shape, dtype: 0.1 * minigen.initializers.ones(shape, dtype)",
    "kaiming_normal": '"he_normal"',
    "kaiming_uniform": '"he_uniform"',
    "lecun_normal": "minigen.initializers.RandomNormal(stddev=inputs**-0.5)",
    "random_uniform": '"uniform", which is within -0.05 and 0.05, as by default in Keras',
    "truncated_normal": "minigen.initializers.RandomNormal(stddev=0.05)",
    "xavier_normal": '"glorot_normal"',
    "xavier_uniform": '"glorot_uniform"',
}

CALLBACKS = {
    "BackupAndRestore": 'model.fit(x, y, checkpoint="run.npz", resume=True)',
    "History": "model.fit(x, y), which returns the history",
    "LambdaCallback": "class Own(Callback): def on_epoch_end(self, epoch, logs=None): ...",
    "ProgbarLogger": "model.fit(x, y, verbose=1), as by default",
}

DATASETS = {
    "boston_housing": "numpy.loadtxt of its file, or a function of one's own: fit() takes arrays",
    "emnist": '(x_train, y_train), (x_test, y_test) = minigen.datasets.load("emnist-letters")',
    "fashion_mnist": '(x_train, y_train), (x_test, y_test) = minigen.datasets.load("fashion-mnist")',
    "imdb": "minigen.datasets.text, with any text file",
    "kmnist": '(x_train, y_train), (x_test, y_test) = minigen.datasets.load("kmnist")',
    "qmnist": '(x_train, y_train), (x_test, y_test) = minigen.datasets.load("qmnist")',
}
