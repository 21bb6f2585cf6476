"use strict";

// Numbers as pixels.

// Puts an image (rows, columns, channels) of numbers in range = [low, high] into a canvas, with its corner at (left,
// top). One channel is grey, three are red, green and blue.
function paint(canvas, [rows, columns, channels], [low, high], data, left = 0, top = 0) {
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    for (let c = 0; c < 3; c++) {
      const value = data[i * channels + (channels < 3 ? 0 : c)];
      pixels.data[4 * i + c] = (255 * (value - low)) / (high - low); // the array clips and rounds
    }
    pixels.data[4 * i + 3] = 255;
  }
  context.putImageData(pixels, left, top);
}

// A picture with a caption. The canvas has the pixels of the image; the style sheet makes it larger.
class Picture {
  constructor(view, caption) {
    this.view = view;
    this.caption = caption;
    const [rows, columns] = view.image;
    const size = { width: columns, height: rows };
    this.canvas = make("canvas", { class: "picture", role: "img", "aria-label": caption, ...size });
    const words = make("figcaption", {}, caption);
    this.element = make("figure", {}, this.canvas, words);
  }

  // `words` say what there is to see.
  show(data, words) {
    paint(this.canvas, this.view.image, this.view.range, data);
    this.canvas.setAttribute("aria-label", words ? `${this.caption}: ${words}` : this.caption);
  }
}
