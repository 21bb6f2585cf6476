"use strict";

// Layers without weights that put numbers into other places: up-sampling and concatenation.

// Every image s x t times as large. "nearest" repeats each pixel; "bilinear" takes pixel i of the large image to lie at
// (i + 1/2) / s - 1/2 of the small one and interpolates linearly, with the edge repeated beyond it.
function upSampling([x], { size, interpolation }) {
  const [rows, columns, channels] = x.shape;
  const down = places(rows, size[0], interpolation);
  const across = places(columns, size[1], interpolation);
  const y = zeros([down.length, across.length, channels]);
  down.forEach((terms, i) => {
    across.forEach((others, j) => {
      const at = (i * across.length + j) * channels;
      for (const [row, a] of terms) {
        for (const [column, b] of others) {
          const from = (row * columns + column) * channels;
          addMultiple(y.data, at, a * b, x.data, from, channels);
        }
      }
    });
  });
  return y;
}

// For each pixel of a large axis the pixels of the small one that it is made of, as [pixel, weight].
function places(n, factor, interpolation) {
  return Array.from({ length: n * factor }, (_, i) => {
    if (interpolation === "nearest") return [[Math.floor(i / factor), 1]];
    const place = Math.min(Math.max((i + 0.5) / factor - 0.5, 0), n - 1);
    const first = Math.floor(place);
    const share = place - first;
    return share === 0 ? [[first, 1]] : [[first, 1 - share], [first + 1, share]];
  });
}

// [a, b, ...] joined along `axis`, 0 for the first one. Before that axis the numbers of a tensor come in blocks; the
// result has a block of the first tensor, a block of the second, ..., and again.
function concatenate(tensors, { axis }) {
  const shape = [...tensors[0].shape];
  shape[axis] = tensors.reduce((sum, x) => sum + x.shape[axis], 0);
  const y = zeros(shape);
  const blocks = product(shape.slice(0, axis));
  let at = 0;
  for (let block = 0; block < blocks; block++) {
    for (const x of tensors) {
      const n = x.data.length / blocks;
      y.data.set(x.data.subarray(block * n, (block + 1) * n), at);
      at += n;
    }
  }
  return y;
}
