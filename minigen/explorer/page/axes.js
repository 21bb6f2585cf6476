"use strict";

// The axes of the plane: which part of it is shown, and where a code lies on the canvas.

// The smallest square [z1 from, z1 to], [z2 from, z2 to] around all codes, with a margin; for a prior N(0, I) three
// standard deviations around 0 as well. A square, so that circles look like circles.
function boundsOf(codes, hasPrior) {
  const low = hasPrior ? [-3.2, -3.2] : [Infinity, Infinity];
  const high = hasPrior ? [3.2, 3.2] : [-Infinity, -Infinity];
  for (let i = 0; codes && i < codes.data.length; i++) {
    low[i % 2] = Math.min(low[i % 2], codes.data[i]);
    high[i % 2] = Math.max(high[i % 2], codes.data[i]);
  }
  if (low[0] > high[0]) return [[-3.2, 3.2], [-3.2, 3.2]];
  const half = 0.53 * Math.max(high[0] - low[0], high[1] - low[1], 1e-3);
  return [0, 1].map((i) => [(low[i] + high[i]) / 2 - half, (low[i] + high[i]) / 2 + half]);
}

// A step of 1, 2 or 5 times a power of ten that divides `width` into 4 to 9 parts.
function roundStep(width) {
  const power = 10 ** Math.floor(Math.log10(width / 4));
  return [5, 2, 1].map((m) => m * power).find((step) => width / step >= 4);
}

class Axes {
  constructor(bounds) {
    this.bounds = bounds;
    this.width = bounds[0][1] - bounds[0][0]; // of both axes
    this.step = roundStep(this.width);
  }

  // z -> pixels of a canvas of `size` x `size`: z1 grows rightwards, z2 upwards.
  place(z, size) {
    return [(size * (z[0] - this.bounds[0][0])) / this.width, (size * (this.bounds[1][1] - z[1])) / this.width];
  }

  // The code at a place, and inside of the bounds where it lies outside.
  code([x, y], size) {
    return this.inside([this.bounds[0][0] + (this.width * x) / size, this.bounds[1][1] - (this.width * y) / size]);
  }

  inside(z) {
    return Float32Array.from(z, (value, i) => Math.min(Math.max(value, this.bounds[i][0]), this.bounds[i][1]));
  }

  // Multiples of the step along one axis, without those that lie at an end.
  ticks(i) {
    const [from, to] = this.bounds[i];
    const first = Math.ceil((from + 0.03 * this.width) / this.step);
    const last = Math.floor((to - 0.03 * this.width) / this.step);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => (first + k) * this.step);
  }
}
