"use strict";

// Random numbers that a seed decides: the same seed gives the same picture, on every machine.

// A generator of uniform numbers in [0, 1): mulberry32, a 32-bit counter whose bits are mixed.
function uniform(seed) {
  let counter = seed >>> 0;
  return () => {
    counter = (counter + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(counter ^ (counter >>> 15), counter | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

// n draws from N(0, 1), by Box and Muller: √(-2 log u) cos(2πv) of two uniform numbers u in (0, 1] and v.
function normal(seed, n) {
  const next = uniform(seed);
  return Float32Array.from({ length: n }, () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()));
}
