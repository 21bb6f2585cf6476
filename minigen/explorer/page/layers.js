"use strict";

// The layers: functions of a list of tensors and of a call, {layer, kernel, bias, strides, ...}, to a tensor. They
// compute what those of minigen/layers/ compute, one sample at a time.

// y[at + o] += a w[from + o] for o < n. All sums of Dense and of the convolutions are made of it: one number of the
// input times one row of the kernel, which has a number for each output channel.
function addMultiple(y, at, a, w, from, n) {
  for (let o = 0; o < n; o++) y[at + o] += a * w[from + o];
}

// Every row of y is the bias: the sums begin with it.
function fillWithBias(y, bias) {
  if (bias !== null) for (let at = 0; at < y.data.length; at += bias.data.length) y.data.set(bias.data, at);
}

// y = activation(x W + b) along the last axis; kernel W (in, out)
function dense([x], { kernel, bias, activation, slope }) {
  const [n, units] = kernel.shape;
  const y = zeros([...x.shape.slice(0, -1), units]);
  fillWithBias(y, bias);
  for (let row = 0; row < x.data.length / n; row++) {
    for (let i = 0; i < n; i++) addMultiple(y.data, row * units, x.data[row * n + i], kernel.data, i * units, units);
  }
  return activate(y, activation, slope);
}

// Windows along one axis of n pixels: tap r of window j covers pixel j stride + r dilation - before.
//     "valid": the ⌊(n - k) / stride⌋ + 1 windows that lie inside, k = (taps - 1) dilation + 1
//     "same":  ⌈n / stride⌉ windows; half of the padding they need lies in front, an odd pixel behind
function windows(n, taps, stride, padding, dilation = 1) {
  const k = (taps - 1) * dilation + 1;
  if (padding === "valid") return { n, taps, stride, dilation, before: 0, count: Math.floor((n - k) / stride) + 1 };
  const count = Math.ceil(n / stride);
  const before = Math.floor(Math.max(0, (count - 1) * stride + k - n) / 2);
  return { n, taps, stride, dilation, before, count };
}

// Calls f(window, tap, pixel) for all windows on an image and all taps that lie inside of it. The three are numbers of
// places, counted row by row.
function eachTap(rows, columns, f) {
  for (let i = 0; i < rows.count; i++) {
    for (let j = 0; j < columns.count; j++) {
      for (let r = 0; r < rows.taps; r++) {
        const row = i * rows.stride + r * rows.dilation - rows.before;
        if (row < 0 || row >= rows.n) continue;
        for (let q = 0; q < columns.taps; q++) {
          const column = j * columns.stride + q * columns.dilation - columns.before;
          if (column < 0 || column >= columns.n) continue;
          f(i * columns.count + j, r * columns.taps + q, row * columns.n + column);
        }
      }
    }
  }
}

// y[window] = activation(b + Σ x[pixel] w[tap]) over the taps of the window; kernel w (kh, kw, in, out)
function conv2d([x], { kernel, bias, strides, padding, dilation = [1, 1], activation, slope }) {
  const [kh, kw, channels, filters] = kernel.shape;
  const rows = windows(x.shape[0], kh, strides[0], padding, dilation[0]);
  const columns = windows(x.shape[1], kw, strides[1], padding, dilation[1]);
  const y = zeros([rows.count, columns.count, filters]);
  fillWithBias(y, bias);
  eachTap(rows, columns, (window, tap, pixel) => {
    for (let c = 0; c < channels; c++) {
      const from = (tap * channels + c) * filters;
      addMultiple(y.data, window * filters, x.data[pixel * channels + c], kernel.data, from, filters);
    }
  });
  return activate(y, activation, slope);
}

// The adjoint of conv2d: the windows lie on y, and every number of x puts its multiple of the kernel onto its window,
//     y[pixel] += x[window] w[tap]
// n pixels become n s with "same" padding and n s + max(k - s, 0) with "valid". In minigen the kernel is (kh, kw, out,
// in); network.js has swapped its last two axes, once, so that the loop over the output channels is the inner one here
// too.
function conv2dTranspose([x], { kernel, bias, strides, padding, activation, slope }) {
  const [kh, kw, channels, filters] = kernel.shape;
  const size = (n, k, s) => n * s + (padding === "same" ? 0 : Math.max(k - s, 0));
  const rows = windows(size(x.shape[0], kh, strides[0]), kh, strides[0], padding);
  const columns = windows(size(x.shape[1], kw, strides[1]), kw, strides[1], padding);
  const y = zeros([rows.n, columns.n, filters]);
  fillWithBias(y, bias);
  eachTap(rows, columns, (window, tap, pixel) => {
    for (let c = 0; c < channels; c++) {
      const from = (tap * channels + c) * filters;
      addMultiple(y.data, pixel * filters, x.data[window * channels + c], kernel.data, from, filters);
    }
  });
  return activate(y, activation, slope);
}

// y = the largest number of each window, channel by channel; padding never wins
function maxPooling([x], call) {
  const { y, rows, columns, channels } = pooled(x, call);
  y.data.fill(-Infinity);
  eachTap(rows, columns, (window, tap, pixel) => {
    for (let c = 0; c < channels; c++) {
      const at = window * channels + c;
      y.data[at] = Math.max(y.data[at], x.data[pixel * channels + c]);
    }
  });
  return y;
}

// y = the mean of each window, channel by channel, over the pixels that lie inside of the image
function averagePooling([x], call) {
  const { y, rows, columns, channels } = pooled(x, call);
  const pixels = new Float32Array(rows.count * columns.count);
  eachTap(rows, columns, (window, tap, pixel) => {
    pixels[window] += 1;
    addMultiple(y.data, window * channels, 1, x.data, pixel * channels, channels);
  });
  for (let i = 0; i < y.data.length; i++) y.data[i] /= pixels[Math.floor(i / channels)];
  return y;
}

function pooled(x, { pool_size, strides, padding }) {
  const rows = windows(x.shape[0], pool_size[0], strides[0], padding);
  const columns = windows(x.shape[1], pool_size[1], strides[1], padding);
  const channels = x.shape[2];
  return { y: zeros([rows.count, columns.count, channels]), rows, columns, channels };
}

// y = scale x + shift for every channel, the last axis. In training a batch normalisation is γ (x - m) / √(v + ε) + β;
// with the moving m and v this is scale = γ / √(v + ε), shift = β - m scale.
function batchNormalization([x], { scale, shift }) {
  const channels = scale.data.length;
  return mapped(x, (value, i) => value * scale.data[i % channels] + shift.data[i % channels]);
}

function mapped(x, f) {
  return { shape: x.shape, data: x.data.map(f) };
}

const LAYERS = {
  Dense: dense,
  Conv2D: conv2d,
  Conv2DTranspose: conv2dTranspose,
  MaxPooling2D: maxPooling,
  AveragePooling2D: averagePooling,
  UpSampling2D: upSampling,
  BatchNormalization: batchNormalization,
  Activation: ([x], { activation, slope }) => activate(mapped(x, (value) => value), activation, slope),
  LeakyReLU: ([x], { slope }) => activate(mapped(x, (value) => value), "leaky_relu", slope),
  Rescaling: ([x], { scale, offset }) => mapped(x, (value) => value * scale + offset),
  Reshape: ([x], { shape }) => ({ shape, data: x.data }),
  Flatten: ([x]) => ({ shape: [x.data.length], data: x.data }),
  Concatenate: concatenate,
  Add: (tensors) => mapped(tensors[0], (_, i) => tensors.reduce((sum, x) => sum + x.data[i], 0)),
};
