"use strict";

// A drawing is moved to where MNIST has its digits: their centre of mass, with brightness as the weight, lies in the
// middle of the image (LeCun, Cortes and Burges: The MNIST database of handwritten digits, 1998), at pixel (14, 14) of
// 28 x 28, counted from 0. A network that has learnt on them takes a digit in a corner for something else.

// The picture moved by whole pixels, with its centre of mass as near to that place as it can come. An empty picture,
// all of it black = `low`, stays as it is.
function centred(data, shape, low) {
  const [rows, columns, channels] = shape;
  let [mass, across, down] = [0, 0, 0];
  for (let at = 0; at < data.length; at++) {
    const pixel = Math.floor(at / channels);
    const brightness = data[at] - low;
    mass += brightness;
    across += brightness * (pixel % columns);
    down += brightness * Math.floor(pixel / columns);
  }
  if (mass === 0) return data;
  const [right, lower] = [Math.floor(columns / 2) - across / mass, Math.floor(rows / 2) - down / mass];
  return moved(data, shape, low, Math.round(right), Math.round(lower));
}

// The picture moved to the right and down: black comes in on one side, and what leaves the image on the other is lost.
function moved(data, [rows, columns, channels], low, right, down) {
  return data.map((_, at) => {
    const pixel = Math.floor(at / channels);
    const row = Math.floor(pixel / columns) - down;
    const column = (pixel % columns) - right;
    const isInside = row >= 0 && row < rows && column >= 0 && column < columns;
    return isInside ? data[(row * columns + column) * channels + (at % channels)] : low;
  });
}
