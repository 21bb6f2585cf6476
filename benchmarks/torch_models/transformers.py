"""A small GPT on a text of 100 symbols."""

import torch
from data import symbols
from torch import nn
from torch.nn import functional as F

from .training import on_device


class Block(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x))."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        parts = self.qkv(self.norm_1(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(*parts, is_causal=True)  # (batch, heads, steps, width / heads)
        x = x + self.out(y.transpose(1, 2).flatten(2))
        return x + self.mlp(self.norm_2(x))


class GPT(nn.Module):
    """Four blocks; the head is the embedding, transposed."""

    def __init__(self, symbols=100, window=128, width=128, heads=4, blocks=4):
        super().__init__()
        self.embedding, self.place = nn.Embedding(symbols, width), nn.Embedding(window, width)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(blocks)))
        self.norm = nn.LayerNorm(width)
        for name, weight in self.named_parameters():
            if weight.ndim == 2:  # what adds to the stream begins smaller
                adds = name.endswith(("out.weight", "mlp.2.weight"))
                nn.init.normal_(weight, std=0.02 / (2 * blocks) ** 0.5 if adds else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)

    def forward(self, x):
        h = self.embedding(x) + self.place.weight[: x.shape[1]]
        return F.linear(self.norm(self.blocks(h)), self.embedding.weight)


def gpt(batch=32, window=128):
    """A step on windows of 128 symbols; the loss is the mean over all of them."""
    model, text = GPT(), on_device(symbols(batch, window + 1, kinds=100))
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, weight_decay=0.01)
    x, y = text[:, :-1], text[:, 1:]

    def step():
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
        loss.backward()
        optimizer.step()
        return loss

    return step


MODELS = (gpt,)
