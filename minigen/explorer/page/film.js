"use strict";

// A film: the same pictures at several times, such as those of one noise after each epoch of a training.

const SECONDS_PER_FRAME = 0.2;

// Images side by side: about as many as one below the other, and without a gap at the end where there is such a number.
function columnsFor(images) {
  const root = Math.sqrt(images);
  let across = Math.ceil(root);
  while (images % across !== 0 && across < 2 * root) across++;
  return images % across === 0 ? across : Math.ceil(root);
}

class Film {
  // frames: a tensor (frames, images, rows, columns, channels) of bytes
  constructor(view, index) {
    const { title, frames, captions, curves } = view.films[index];
    Object.assign(this, { view, index, title, frames, captions });
    [this.count, this.images, this.rows, this.columns] = frames.shape;
    this.across = columnsFor(this.images);
    const size = { width: this.across * this.columns, height: Math.ceil(this.images / this.across) * this.rows };
    this.canvas = make("canvas", { class: "picture film", role: "img", "aria-label": title, ...size });
    this.caption = make("figcaption", {});
    this.slider = slider("Frame", { min: 0, max: this.count - 1, step: 1 }, (frame) => this.moveTo(frame));
    const last = Math.max(1, this.count - 1);
    const place = () => view.state.frames[index] / last;
    const moveTo = (share) => this.moveTo(Math.round(share * last));
    this.player = new Player("film", this.count * SECONDS_PER_FRAME, place, moveTo);
    this.curves = Object.keys(curves || {}).length ? new Curves(curves) : null;
    const figure = make("figure", {}, this.canvas, this.caption);
    const buttons = make("div", { class: "buttons" }, this.player.button);
    const controls = make("div", {}, buttons, this.slider.element, this.curves && this.curves.element);
    this.element = group(title, make("div", { class: "row" }, figure, controls));
  }

  moveTo(frame) {
    const frames = this.view.state.frames.slice();
    frames[this.index] = Math.min(frame, this.count - 1);
    this.view.change({ frames });
  }

  draw() {
    const frame = this.view.state.frames[this.index];
    const shape = this.frames.shape.slice(2);
    const n = product(shape);
    for (let i = 0; i < this.images; i++) {
      const from = (frame * this.images + i) * n;
      const left = (i % this.across) * this.columns;
      const top = Math.floor(i / this.across) * this.rows;
      paint(this.canvas, shape, [0, 255], this.frames.data.subarray(from, from + n), left, top);
    }
    const caption = this.captions[frame] || `${frame + 1}`;
    this.caption.textContent = caption;
    this.canvas.setAttribute("aria-label", `${this.title}: ${caption}`);
    this.slider.show(frame, `${frame + 1} of ${this.count}`);
    if (this.curves) this.curves.show(frame / Math.max(1, this.count - 1));
  }

  inWords() {
    return this.caption.textContent;
  }
}
