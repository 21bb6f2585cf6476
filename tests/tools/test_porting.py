"""tools/porting.py: what is likely to be typed has an answer, and the tool can tell the outcomes apart."""

import importlib.util
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "porting.py"

# What a reader of the chapter is likely to type: its models, their training, and what stands around them in programs.
LIKELY = {
    "keras": """Input Layer Model Sequential Variable KerasTensor activations applications backend constraints datasets
        device initializers layers losses metrics models ops optimizers random regularizers utils InputSpec""",
    "keras.layers": """Activation Add Average AveragePooling2D AvgPool2D
        BatchNormalization Bidirectional Concatenate Conv1D Conv2D Conv2DTranspose Convolution2D Cropping2D Dense
        DepthwiseConv2D Dot Dropout ELU Embedding Flatten GRU GRUCell GaussianNoise
        GlobalAveragePooling1D GlobalAveragePooling2D GlobalAvgPool2D GlobalMaxPool2D GlobalMaxPooling1D
        GlobalMaxPooling2D Identity Input InputLayer InputSpec LSTM LSTMCell Lambda Layer
        LayerNormalization LeakyReLU Masking MaxPool2D MaxPooling2D Maximum Minimum Multiply Normalization PReLU
        Permute RNN ReLU RepeatVector Rescaling Reshape Resizing SeparableConv2D SimpleRNN Softmax SpatialDropout2D
        Subtract TimeDistributed UpSampling2D ZeroPadding2D add average concatenate maximum minimum multiply
        subtract""",
    "keras.ops": """abs add all any arange argmax argmin average_pool cast clip concatenate conv
        conv_transpose convert_to_numpy convert_to_tensor copy cos cumsum divide dot dtype einsum elu empty equal erf
        exp expand_dims eye flip floor full full_like gelu greater hard_sigmoid isnan leaky_relu less linspace log
        log10 log1p log2 log_sigmoid log_softmax logical_and logical_not logsumexp matmul max max_pool maximum mean
        median min minimum moveaxis multiply negative nonzero norm normalize not_equal one_hot ones ones_like outer
        pad power prod quantile ravel reciprocal relu relu6 repeat reshape roll round rsqrt selu shape sigmoid
        sign silu sin size softmax softplus softsign sort split sqrt square squeeze stack std stop_gradient subtract
        sum swapaxes swish take tan tanh tile transpose tril triu unique var vstack where zeros
        zeros_like""".replace(" dtype ", " ").replace(" size ", " "),
    "keras.optimizers": "Adadelta Adam AdamW Optimizer RMSprop SGD get schedules",
    "keras.losses": """binary_crossentropy categorical_crossentropy get mean_absolute_error mean_squared_error
        sparse_categorical_crossentropy Loss""",
    "keras.metrics": "get mean_squared_error Metric",
    "keras.initializers": """Constant GlorotNormal GlorotUniform HeNormal HeUniform Ones Orthogonal RandomNormal
        RandomUniform TruncatedNormal Zeros constant get glorot_normal glorot_uniform he_normal he_uniform lecun_normal
        ones orthogonal random_uniform truncated_normal zeros""",
    "keras.Model": """add_loss add_metric add_weight build call compute_loss compute_metrics count_params
        dtype evaluate export fit get_config get_layer get_weights jit_compile layers load_weights losses
        make_train_function metrics metrics_names non_trainable_variables output predict predict_step reset_metrics
        run_eagerly save_weights set_weights summary test_step train_on_batch train_step trainable""",
    "keras.layers.Layer": """add_loss add_metric add_weight build call compute_mask compute_output_shape count_params
        dtype get_config get_weights input_spec losses output path set_weights trainable
        trainable_weights weights""",
    "keras.optimizers.Optimizer": """apply_gradients get_config iterations
        learning_rate set_weights update_step variables""",
    "torch": """abs add allclose amax arange argmax argmin argsort as_tensor autograd bernoulli bmm bool
        broadcast_to cat chunk clamp clip clone compile concat conv2d cos cosine_similarity cuda cumsum device diag
        divide dot dropout einsum empty equal exp eye flatten flip float32 float64 from_numpy full
        full_like gather inference_mode is_tensor isnan linspace load log log1p log2 log_softmax logsumexp
        manual_seed matmul max max_pool2d mean median meshgrid min mm mul multinomial
        nan_to_num neg no_grad nonzero norm normal numel ones ones_like optim outer permute pow prod quantile rand
        randint randn randn_like randperm ravel reciprocal relu repeat_interleave reshape roll round rsqrt save
        set_default_dtype set_grad_enabled sigmoid sign sin softmax sort split sqrt square squeeze stack std sub sum
        t tanh tile topk transpose tril triu unbind unsqueeze var vstack where zeros zeros_like""",
    "torch.nn": """AdaptiveAvgPool2d AvgPool2d BCELoss BCEWithLogitsLoss BatchNorm1d BatchNorm2d Conv1d Conv2d
        ConvTranspose2d CrossEntropyLoss Dropout Dropout2d ELU Embedding Flatten GELU GRU GRUCell Hardtanh Identity
        InstanceNorm2d L1Loss LSTM LSTMCell LayerNorm LeakyReLU Linear LogSoftmax MSELoss MaxPool2d Module ModuleDict
        ModuleList NLLLoss PReLU Parameter RNN ReLU ReLU6 SELU SiLU Sigmoid Softmax Softplus Tanh Unflatten Upsample
        ZeroPad2d functional init""",
    "torch.nn.functional": """adaptive_avg_pool2d avg_pool2d binary_cross_entropy binary_cross_entropy_with_logits
        conv2d conv_transpose2d cosine_similarity cross_entropy dropout elu embedding gelu hardtanh interpolate kl_div
        l1_loss layer_norm leaky_relu linear log_softmax logsigmoid max_pool2d mse_loss nll_loss normalize one_hot pad
        relu selu sigmoid silu softmax softplus softsign tanh upsample""",
    "torch.optim": "Adadelta Adam AdamW Optimizer RMSprop SGD lr_scheduler",
    "torch.nn.Module": """apply buffers children compile cpu cuda double eval float forward half
        load_state_dict modules named_children named_modules named_parameters parameters register_buffer
        register_forward_hook register_full_backward_hook register_parameter requires_grad_ state_dict
        to train zero_grad""",
    "torch.Tensor": """T abs add add_ all allclose amax amin any argmax argmin argsort backward bernoulli bmm bool
        broadcast_to ceil chunk clamp clamp_ clip clone contiguous copy_ cos cpu cuda cumsum data detach detach_ device
        diag dim div dot double dtype eq equal exp expand expand_as fill_ flatten flip float floor gather ge
        grad grad_fn gt half index_select int is_leaf isnan item le log log1p log2 log_softmax
        logical_and logsumexp long lt masked_fill matmul max maximum mean median min minimum mm mul mul_
        multinomial ndim ne neg new_ones new_zeros nonzero norm normal_ numel numpy outer permute
        pow prod quantile ravel reciprocal register_hook relu repeat repeat_interleave requires_grad requires_grad_
        reshape retain_grad roll round rsqrt scatter_ shape sigmoid sign sin size softmax sort split sqrt square
        squeeze std sub sub_ sum swapaxes t take tanh tile to tolist topk transpose tril triu
        unbind unique unsqueeze unsqueeze_ var view view_as where zero_""",
    "torch.optim.Optimizer": "add_param_group load_state_dict state_dict step zero_grad",
}


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("porting", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def outcomes(tool):
    """{place: {name: its column}}"""
    found = {}
    for place, name, column in tool.lookups(tool.read()):
        found.setdefault(place, {})[name] = column
    return found


@pytest.mark.parametrize("place", LIKELY)
def test_what_is_likely_to_be_typed_is_there_or_answered(place, outcomes):
    names = LIKELY[place].split()
    unknown = [name for name in names if name not in outcomes[place]]
    assert not unknown, f"{place} has none of these: {unknown}"
    assert [name for name in names if outcomes[place][name] not in ("there", "answered")] == []


# Arguments about which there is nothing to say but "it without ...".
TO_LEAVE_OUT = """_freeze _weight aggregation align_corners amsgrad auto_scale_loss autocast batch_size bias
    capturable centered count_include_pad dampening differentiable dilation divisor_override ema_momentum
    ema_overwrite_frequency end_dim expand_nested foreach fused jit_compile layer_range line_length lora_alpha
    lora_rank loss_scale_factor max_norm max_shard_size maximize moving_mean_initializer moving_variance_initializer
    name noise_shape norm_type optional overwrite_with_gradient pin_memory positions print_fn quantization_config
    ragged recompute_scale_factor renorm renorm_clipping renorm_momentum return_indices scale_grad_by_freq
    show_trainable skip_mismatch sparse steps_per_execution synchronized tensor threshold unit_forget_bias unroll
    use_bias use_cudnn""".split()


def test_every_argument_of_another_name_is_answered(outcomes):
    """Of the classes and methods that minigen has too."""
    arguments = {place: columns for place, columns in outcomes.items() if place.endswith("(...)")}
    assert len(arguments) == 45
    for place, columns in arguments.items():
        assert "plain" not in columns.values(), place
        assert {name for name, column in columns.items() if column == "general"} <= set(TO_LEAVE_OUT), place


def test_no_name_as_text_and_no_name_of_a_module_is_without_an_answer(outcomes):
    for place in ("keras.layers", "keras.losses", "keras.metrics", "keras.ops", "keras.optimizers", "torch.nn"):
        assert "plain" not in outcomes[place].values()
    for place in ('activation="..."', 'kernel_initializer="..."'):
        assert set(outcomes[place].values()) <= {"there", "answered"}


def raising(text):
    def action():
        raise TypeError(text)

    return action


def test_the_tool_tells_the_outcomes_apart(tool):
    text = "f\n  expected: x\n  got:      y\n  fix:      {}"
    assert tool.outcome(lambda: 1) == "there"
    assert tool.outcome(raising("unexpected keyword argument 'lr'")) == "plain"
    assert tool.outcome(raising(text.format("learning_rate=..."))) == "answered"
    for general in ("it without name=", "class Lion(Optimizer): ...", "def dice(y_true, y_pred): ..."):
        assert tool.outcome(raising(text.format(general))) == "general"


def test_the_table_is_printed(tool, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["porting.py", "--names"])
    tool.main()
    printed = capsys.readouterr().out
    assert "keras.layers  " in printed and "torch.Tensor, plain: H absolute" in printed
    assert sum(map(int, printed.split("\nall")[1].split("\n")[0].split())) > 3000
