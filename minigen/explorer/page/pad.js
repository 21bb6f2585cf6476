"use strict";

// A pad with the pixels of the images, to draw on with a pointer or with the keys.

const BRUSH = 1.1; // radius in pixels: about the strokes of MNIST, where the image has 28 of them
const PAD_HELP = "Draw here. Keys: the arrows move the pen, and with Shift they draw.";
const MOVED = "The network gets it with its centre of mass in the middle, as the digits of MNIST.";

class Pad {
  // onChange({example}) is called when the picture has changed, with the number of the test image, or null.
  constructor(view, onChange) {
    this.view = view;
    this.onChange = onChange;
    const [rows, columns, channels] = view.image;
    this.data = new Float32Array(rows * columns * channels).fill(view.range[0]);
    this.isEmpty = true;
    this.shown = null; // the number of the test image on the pad
    this.version = 0; // changes with the picture
    this.pen = [columns / 2, rows / 2]; // x, y
    const attributes = { class: "picture pad", role: "application", tabindex: 0, width: columns, height: rows };
    this.canvas = make("canvas", { ...attributes, "aria-label": `Drawing pad. ${PAD_HELP}` });
    this.canvas.addEventListener("pointerdown", (event) => this.begin(event));
    this.canvas.addEventListener("pointermove", (event) => this.stretch(event));
    this.canvas.addEventListener("keydown", (event) => this.press(event));
    for (const kind of ["focus", "blur"]) this.canvas.addEventListener(kind, () => this.draw());
    const clear = button("Clear", () => this.clear());
    const example = view.examples ? button("A test image", () => this.nextExample()) : null;
    const buttons = make("div", { class: "buttons" }, clear, example);
    const help = make("p", { class: "help" }, `${PAD_HELP} ${MOVED}`);
    this.element = group("Draw", make("div", { class: "row" }, this.canvas, make("div", {}, help, buttons)));
  }

  // What the network gets: a test image as it is, a drawing moved to the middle.
  forNetwork() {
    return this.shown === null ? centred(this.data, this.view.image, this.view.range[0]) : this.data;
  }

  // ---- drawing with a pointer or with keys

  placeOf(event) {
    const box = this.canvas.getBoundingClientRect();
    const [rows, columns] = this.view.image;
    return [((event.clientX - box.left) * columns) / box.width, ((event.clientY - box.top) * rows) / box.height];
  }

  begin(event) {
    if (!isDrawing(event)) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.focus({ preventScroll: true });
    this.pen = this.placeOf(event);
    this.drawLine(this.pen);
    event.preventDefault();
  }

  stretch(event) {
    if (isDrawing(event)) this.drawLine(this.placeOf(event));
  }

  press(event) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (!Object.hasOwn(ways, event.key)) return;
    event.preventDefault();
    const limits = [this.view.image[1], this.view.image[0]];
    const to = ways[event.key].map((way, i) => Math.min(Math.max(this.pen[i] + way, 0.5), limits[i] - 0.5));
    if (event.shiftKey) this.drawLine(to);
    else this.pen = to;
    this.draw();
  }

  // A stroke from the pen to a place: a pixel at distance d of it becomes 1 inside of the brush and 0 outside, with an
  // edge one pixel wide between. What is there already stays if it is brighter.
  drawLine(to) {
    const [rows, columns, channels] = this.view.image;
    const [low, high] = this.view.range;
    for (let i = 0; i < rows * columns; i++) {
      const d = distance([(i % columns) + 0.5, Math.floor(i / columns) + 0.5], this.pen, to);
      const share = Math.min(Math.max(BRUSH + 0.5 - d, 0), 1);
      for (let c = 0; c < channels; c++) {
        const at = i * channels + c;
        this.data[at] = Math.max(this.data[at], low + (high - low) * share);
      }
    }
    this.pen = to;
    this.isEmpty = false;
    this.shown = null;
    this.version += 1;
    this.onChange({ example: null });
  }

  // ---- whole pictures

  clear() {
    this.show(null);
    this.onChange({ example: null });
  }

  nextExample() {
    const example = this.shown === null ? 0 : (this.shown + 1) % this.view.examples.shape[0];
    this.show(example);
    this.onChange({ example });
  }

  // The test image of this number, its bytes 0 to 255 as numbers in the range of the pixels; null is an empty pad.
  show(example) {
    const [low, high] = this.view.range;
    const n = this.data.length;
    if (example === null) this.data.fill(low);
    else {
      const bytes = this.view.examples.data.subarray(example * n, (example + 1) * n);
      this.data = Float32Array.from(bytes, (byte) => low + ((high - low) * byte) / 255);
    }
    this.isEmpty = example === null;
    this.shown = example;
    this.version += 1;
  }

  // Follows the state, which may have come from the address.
  follow(example) {
    if (example !== this.shown) this.show(example);
  }

  draw() {
    paint(this.canvas, this.view.image, this.view.range, this.data);
    if (document.activeElement !== this.canvas) return;
    const context = this.canvas.getContext("2d");
    context.fillStyle = cssColour("--accent");
    context.fillRect(Math.floor(this.pen[0]), Math.floor(this.pen[1]), 1, 1);
  }
}

// The distance of the point p from the straight line between a and b.
function distance(p, a, b) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length;
  const t = Math.min(Math.max(along, 0), 1);
  return Math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy);
}
