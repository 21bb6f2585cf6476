"use strict";

// Activations: functions of one number, but for softmax, which is one of a row.

// The distribution function of N(0, 1), Φ(x) = (1 + erf(x/√2)) / 2, for the GELU. erf to seven digits by formula 7.1.26
// of Abramowitz and Stegun 1964.
function normalCdf(x) {
  const u = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * u);
  const polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = (polynomial * Math.exp(-u * u)) / 2; // the share of N(0, 1) beyond |x|
  return x < 0 ? tail : 1 - tail;
}

const ACTIVATIONS = {
  relu: (x) => Math.max(x, 0),
  leaky_relu: (x, slope) => (x > 0 ? x : slope * x),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  silu: (x) => x / (1 + Math.exp(-x)),
  gelu: (x) => x * normalCdf(x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: (x) => Math.tanh(x),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), // log(1 + eˣ) without overflow
};

// yᵢ = e^xᵢ / Σⱼ e^xⱼ along the last axis. The largest x is subtracted first, so that no power overflows.
function softmax(data, n) {
  for (let row = 0; row < data.length; row += n) {
    const x = data.subarray(row, row + n);
    const largest = x.reduce((a, b) => Math.max(a, b));
    let sum = 0;
    for (let i = 0; i < n; i++) sum += x[i] = Math.exp(x[i] - largest);
    for (let i = 0; i < n; i++) x[i] /= sum;
  }
}

// Replaces the numbers of y, which its layer has just made, by activation(y).
function activate(y, name, slope) {
  if (name === "softmax") softmax(y.data, y.shape[y.shape.length - 1]);
  else if (name !== "linear") {
    if (!Object.hasOwn(ACTIVATIONS, name)) throw new Error(`unknown activation: ${name}`);
    const f = ACTIVATIONS[name];
    for (let i = 0; i < y.data.length; i++) y.data[i] = f(y.data[i], slope);
  }
  return y;
}
