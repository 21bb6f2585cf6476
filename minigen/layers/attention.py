"""Multi-head attention: each position of a sequence takes a mean over others, with weights that it computes."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..checks.values import positive_integer, switch
from ..ops.checks import dropout_rate
from ..tensor import Tensor
from ..types import Shape
from .base import Layer
from .checks import as_attention_mask, as_output_features, check_attention_inputs
from .input_spec import InputSpec


class ToHeads(Layer):
    """y = x W + b in several heads: (batch, n, in) -> (batch, heads, n, dim).

    kernel W (in, heads, dim), bias b (heads, dim). The product is one of two matrices, and y is a view of its result.
    """

    def __init__(
        self,
        heads: int,
        dim: int,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.heads, self.dim, self.use_bias = heads, dim, use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer

    def build(self, input_shape: Shape) -> None:
        self.kernel = self.add_weight("kernel", (input_shape[-1], self.heads, self.dim), self.kernel_initializer)
        self.bias = self.add_weight("bias", (self.heads, self.dim), self.bias_initializer) if self.use_bias else None

    def call(self, x: Tensor) -> Tensor:
        y = rows_times(x, self.kernel.reshape((x.shape[-1], -1)), self.bias)  # (batch, n, heads · dim)
        return y.reshape((*x.shape[:2], self.heads, self.dim)).transpose((0, 2, 1, 3))


class FromHeads(Layer):
    """y = x W + b of the heads side by side: (batch, heads, n, dim) -> (batch, n, units).

    kernel W (heads, dim, units), bias b (units,). Without units y is as wide as the heads side by side.
    """

    def __init__(
        self,
        units: int | None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.units, self.use_bias = units, use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer

    def build(self, input_shape: Shape) -> None:
        _, heads, _, dim = input_shape
        units = self.units or heads * dim
        self.kernel = self.add_weight("kernel", (heads, dim, units), self.kernel_initializer)
        self.bias = self.add_weight("bias", (units,), self.bias_initializer) if self.use_bias else None

    def call(self, x: Tensor) -> Tensor:
        batch, heads, n, dim = x.shape
        side_by_side = x.transpose((0, 2, 1, 3)).reshape((batch, n, heads * dim))
        return rows_times(side_by_side, self.kernel.reshape((heads * dim, -1)), self.bias)


def rows_times(x: Tensor, w: Tensor, b: Tensor | None) -> Tensor:
    """x W + b along the last axis, the bias in any shape."""
    return x @ w if b is None else ops.dense(x, w, b.reshape((-1,)))


class MultiHeadAttention(Layer):
    """y = concat(P₁ V₁, P₂ V₂, ...) Wᵒ + bᵒ,   Pₕ = softmax(Qₕ Kₕᵀ / √key_dim)

    Q = query Wq + bq, K = key Wk + bk and V = value Wv + bv, each split into heads; the rule of a head is
    ops.Attention. layer(x, x) is self-attention; with use_causal_mask=True position i looks at positions 0..i alone.

    num_heads, key_dim  how many heads, and the size of a query and of a key in each
    value_dim           the size of a value in each head, by default key_dim
    dropout             the share of the weights in P that are dropped while training
    output_shape        the features of y, by default those of the query

    call(query, value, key=None, attention_mask=None, return_attention_scores=False, use_causal_mask=False): the key is
    the value unless it is given. attention_mask is boolean, True = may look, and broadcasts to (batch, n, m) or (batch,
    heads, n, m); a position that may look at nothing gets bᵒ. With return_attention_scores a list comes back, y and P
    (batch, heads, n, m), before dropout.

    Shapes: query (batch, n, in), value and key (batch, m, any) -> (batch, n, out); query/kernel and key/kernel (in,
    heads, key_dim), value/kernel (in, heads, value_dim), attention_output/kernel (heads, value_dim, out). Raises
    ValueError for sizes that are not positive, for inputs that are no sequences or differ in length, and for a mask of
    another shape; TypeError for integer data and a mask that is not boolean. Source: Vaswani et al. 2017.
    """

    input_spec = InputSpec("float", ndim=3, fix="an Embedding before it")
    computes_in_blocks = True

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        *,
        output_shape: int | tuple[int] | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        example = "MultiHeadAttention(num_heads=4, key_dim=32)"
        self.num_heads = positive_integer(f"{self.label}: num_heads", num_heads, example)
        self.key_dim = positive_integer(f"{self.label}: key_dim", key_dim, example)
        value_dim = key_dim if value_dim is None else value_dim
        self.value_dim = positive_integer(f"{self.label}: value_dim", value_dim, example)
        self.dropout = dropout_rate(self.label, dropout)
        self.use_bias = switch(f"{self.label}: use_bias", use_bias)
        self.output_shape = as_output_features(self.label, output_shape)
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        how = (self.use_bias, kernel_initializer, bias_initializer)
        self.query = ToHeads(self.num_heads, self.key_dim, *how, name="query")
        self.key = ToHeads(self.num_heads, self.key_dim, *how, name="key")
        self.value = ToHeads(self.num_heads, self.value_dim, *how, name="value")
        self.attention_output = FromHeads(self.output_shape, *how, name="attention_output")

    def build(self, input_shape: Shape) -> None:
        if self.output_shape is None:
            self.attention_output.units = input_shape[-1]

    def __call__(self, query: Any, *others: Any, **keywords: Any) -> Any:  # type: ignore[override]
        """As in any layer; the query may be given by its name."""
        return super().__call__(query, *others, **keywords)

    def call(  # type: ignore[override]
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor | None = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        key = value if key is None else key
        check_attention_inputs(self.label, query, value, key)
        shape = (len(query), self.num_heads, query.shape[1], key.shape[1])
        mask = as_attention_mask(self.label, attention_mask, use_causal_mask, shape)
        q, k, v = self.query(query), self.key(key), self.value(value)  # (batch, heads, n or m, dim)
        if not return_attention_scores and not (training and self.dropout):
            return self.attention_output(ops.attention(q, k, v, mask))
        p = ops.attention_weights(q, k, mask)  # (batch, heads, n, m)
        y = self.attention_output((ops.dropout(p, self.dropout) if training else p) @ v)
        return [y, p] if return_attention_scores else y
