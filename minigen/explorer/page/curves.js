"use strict";

// Curves such as the two losses of a GAN, with a marker that moves along with a film.

const STYLES = [["solid", []], ["dashed", [7, 4]], ["dotted", [2, 3]]]; // as a border, and as a line of a canvas

class Curves {
  // curves: {name: numbers}; null stands for a number that is not known
  constructor(curves) {
    this.names = Object.keys(curves);
    this.curves = Object.values(curves);
    this.place = 1;
    const known = this.curves.flat().filter(Number.isFinite);
    this.low = Math.min(0, ...known);
    this.high = Math.max(this.low + 1e-6, ...known);
    this.canvas = sharpCanvas({ class: "curves", role: "img", "aria-label": "curves" }, () => this.draw());
    this.numbers = this.names.map(() => make("span"));
    const items = this.names.map((name, i) => make("li", {}, make("i", {}), ` ${name} `, this.numbers[i]));
    this.legend = make("ul", { class: "legend" }, ...items);
    this.element = make("div", {}, this.canvas, this.legend);
  }

  // Moves the marker to a place from 0, the first number, to 1, the last.
  show(place) {
    this.place = place;
    const texts = this.curves.map((values) => {
      const value = values[Math.round(place * (values.length - 1))];
      return Number.isFinite(value) ? value.toPrecision(3) : "unknown";
    });
    texts.forEach((text, i) => (this.numbers[i].textContent = text));
    const described = this.names.map((name, i) => `${name} ${texts[i]}`).join(", ");
    this.canvas.setAttribute("aria-label", `Curves, here at ${described}`);
    this.draw();
  }

  draw() {
    const { canvas } = this;
    const context = canvas.getContext("2d");
    const zoom = devicePixelRatio;
    const box = { left: 44 * zoom, top: 6 * zoom, right: canvas.width - 8 * zoom, bottom: canvas.height - 8 * zoom };
    context.fillStyle = cssColour("--paper");
    context.fillRect(0, 0, canvas.width, canvas.height);
    this.drawTicks(context, box, zoom);
    this.curves.forEach((values, i) => this.drawCurve(context, box, zoom, values, i));
    context.setLineDash([]);
    context.strokeStyle = cssColour("--ink");
    context.lineWidth = zoom;
    const x = box.left + this.place * (box.right - box.left);
    line(context, x, box.top, x, box.bottom);
  }

  height(value, box) {
    return box.bottom - ((value - this.low) / (this.high - this.low)) * (box.bottom - box.top);
  }

  drawTicks(context, box, zoom) {
    const step = roundStep(this.high - this.low);
    context.font = `${11 * zoom}px system-ui, sans-serif`;
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.lineWidth = zoom;
    for (let k = Math.ceil(this.low / step); k * step <= this.high; k++) {
      const y = this.height(k * step, box);
      context.strokeStyle = cssColour("--line");
      line(context, box.left, y, box.right, y);
      context.fillStyle = cssColour("--quiet");
      context.fillText(String(Number((k * step).toPrecision(3))), box.left - 5 * zoom, y);
    }
  }

  drawCurve(context, box, zoom, values, i) {
    const [border, dash] = STYLES[i % STYLES.length];
    const swatch = this.legend.children[i].firstChild;
    swatch.style.borderTop = `3px ${border} ${colourOf(i)}`;
    context.strokeStyle = colourOf(i);
    context.lineWidth = 2 * zoom;
    context.setLineDash(dash.map((length) => length * zoom));
    context.beginPath();
    let isDrawing = false;
    values.forEach((value, k) => {
      const x = box.left + (k / Math.max(1, values.length - 1)) * (box.right - box.left);
      if (!Number.isFinite(value)) isDrawing = false;
      else if (isDrawing) context.lineTo(x, this.height(value, box));
      else {
        context.moveTo(x, this.height(value, box));
        isDrawing = true;
      }
    });
    context.stroke();
  }
}

function line(context, x, y, toX, toY) {
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(toX, toY);
  context.stroke();
}
