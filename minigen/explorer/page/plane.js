"use strict";

// The plane of two latent variables: drag over it, or move with the arrow keys, and the decoder follows.

const HELP = "Drag, or use the arrow keys, with Shift for large steps; Home leads back to the start.";

class Plane {
  constructor(view) {
    this.view = view;
    this.axes = new Axes(boundsOf(view.codes, view.prior));
    const attributes = { class: "plane", role: "application", tabindex: 0, "aria-label": this.label() };
    this.canvas = sharpCanvas(attributes, () => this.redraw());
    this.backdrop = document.createElement("canvas"); // drawn once: a thousand characters take a while
    this.reading = make("p", { class: "reading" });
    const names = view.labels ? legend(view.names) : null;
    const help = make("p", { class: "help" }, [HELP, ...this.signs()].join(" "));
    this.element = make("div", { class: "board" }, this.canvas, this.reading, help, names);
    this.canvas.addEventListener("pointerdown", (event) => this.grab(event));
    this.canvas.addEventListener("pointermove", (event) => this.drag(event));
    this.canvas.addEventListener("keydown", (event) => this.press(event));
  }

  label() {
    return [`Plane of the latent variables z1 and z2 of ${this.view.title}.`, HELP, ...this.signs()].join(" ");
  }

  // What is drawn on the plane, in sentences.
  signs() {
    const { prior, encoder } = this.view;
    const rings = "The large circles are 1, 2 and 3 standard deviations of the prior.";
    const ellipses = encoder && encoder.outputs.length > 1 ? ", its ellipses 1 and 2 standard deviations" : "";
    return [...(prior ? [rings] : []), ...(encoder ? [`A cross is the code of the drawing${ellipses}.`] : [])];
  }

  // ---- moving

  grab(event) {
    if (!isDrawing(event)) return;
    this.canvas.setPointerCapture(event.pointerId); // the drag goes on outside of the canvas
    this.canvas.focus({ preventScroll: true });
    this.drag(event);
  }

  drag(event) {
    if (!isDrawing(event)) return;
    event.preventDefault();
    const box = this.canvas.getBoundingClientRect();
    const z = this.axes.code([event.clientX - box.left, event.clientY - box.top], box.width);
    this.view.change({ z });
  }

  press(event) {
    const step = (this.axes.width / 100) * (event.shiftKey ? 10 : 1);
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const { z } = this.view.state;
    if (event.key === "Home") this.view.change({ z: this.view.usualState(0).z });
    else if (Object.hasOwn(ways, event.key)) {
      this.view.change({ z: this.axes.inside(ways[event.key].map((way, i) => z[i] + way * step)) });
    } else return;
    event.preventDefault(); // the page does not scroll
  }

  // ---- drawing

  redraw() {
    const size = this.canvas.width;
    this.backdrop.width = this.backdrop.height = size;
    const context = this.canvas.getContext("2d");
    drawBackdrop(context, size, this.axes, this.view);
    this.backdrop.getContext("2d").drawImage(this.canvas, 0, 0);
    this.draw();
  }

  draw() {
    const { z, from, to } = this.view.state;
    const size = this.canvas.width;
    const context = this.canvas.getContext("2d");
    if (this.backdrop.width === size && size > 0) context.drawImage(this.backdrop, 0, 0);
    this.drawPath(context, size, from, to);
    if (this.view.code) this.drawCode(context, size, this.view.code);
    this.drawCrosshair(context, ...this.axes.place(z, size), size);
    this.reading.textContent = `z = ${codeInWords(z)}. ${this.view.neighbour()}`;
  }

  // Lines of the colour --ink on a wider line of the colour --paper, so that they can be seen on anything.
  stroke(context, width, addLines) {
    for (const [colour, extra] of [["--paper", 3], ["--ink", 0]]) {
      context.strokeStyle = cssColour(colour);
      context.lineWidth = (width + extra) * devicePixelRatio;
      context.beginPath();
      addLines();
      context.stroke();
    }
  }

  drawCrosshair(context, x, y, size) {
    context.strokeStyle = cssColour("--edge");
    context.lineWidth = devicePixelRatio;
    line(context, 0, y, size, y);
    line(context, x, 0, x, size);
    this.stroke(context, 2, () => context.arc(x, y, 8 * devicePixelRatio, 0, 2 * Math.PI));
  }

  drawPath(context, size, from, to) {
    const ends = [from, to].filter((z) => z !== null).map((z) => this.axes.place(z, size));
    if (ends.length === 2) this.stroke(context, 2, () => ends.forEach((end) => context.lineTo(...end)));
    const half = 4 * devicePixelRatio;
    for (const [x, y] of ends) this.stroke(context, 2, () => context.rect(x - half, y - half, 2 * half, 2 * half));
  }

  // The code of the drawing: a cross at mu and, where the encoder says Sigma as well, its ellipses with half axes of
  // one and two standard deviations.
  drawCode(context, size, { mu, sigma }) {
    const [x, y] = this.axes.place(mu, size);
    const r = 6 * devicePixelRatio;
    this.stroke(context, 3, () => {
      for (const way of [1, -1]) {
        context.moveTo(x - r, y - r * way);
        context.lineTo(x + r, y + r * way);
      }
    });
    if (sigma === null) return;
    const unit = size / this.axes.width;
    for (const times of [1, 2]) {
      const [across, up] = [times * sigma[0] * unit, times * sigma[1] * unit];
      this.stroke(context, 1.5, () => context.ellipse(x, y, across, up, 0, 0, 2 * Math.PI));
    }
  }
}
