"use strict";

// What lies behind the crosshair of the plane and does not move: the prior, the grid and the codes of test images.

function drawBackdrop(context, size, axes, view) {
  context.fillStyle = cssColour("--paper");
  context.fillRect(0, 0, size, size);
  if (view.prior) drawDensity(context, size, axes);
  drawGrid(context, size, axes);
  if (view.codes) drawCodes(context, size, axes, view);
  if (view.prior) drawRings(context, size, axes);
}

// The density of the prior, p(z) = e^(-‖z‖²/2) / 2π, as shading: darkest at 0.
function drawDensity(context, size, axes) {
  const [x, y] = axes.place([0, 0], size);
  const unit = size / axes.width; // pixels of one standard deviation
  const shading = context.createRadialGradient(x, y, 0, x, y, 3 * unit);
  const colour = cssColour("--prior"); // red, green, blue
  for (let i = 0; i <= 12; i++) {
    const density = Math.exp(-((i / 4) ** 2) / 2); // relative to the one at 0
    shading.addColorStop(i / 12, `rgba(${colour}, ${(0.4 * density).toFixed(3)})`);
  }
  context.fillStyle = shading;
  context.fillRect(0, 0, size, size);
}

function drawGrid(context, size, axes) {
  const line = cssColour("--line");
  const zoom = devicePixelRatio;
  context.lineWidth = zoom;
  context.font = `${11 * zoom}px system-ui, sans-serif`;
  for (const i of [0, 1]) {
    for (const tick of axes.ticks(i)) {
      const at = axes.place([tick, tick], size)[i];
      context.strokeStyle = line;
      context.beginPath();
      context.moveTo(i === 0 ? at : 0, i === 0 ? 0 : at);
      context.lineTo(i === 0 ? at : size, i === 0 ? size : at);
      context.stroke();
      context.fillStyle = cssColour("--quiet");
      context.textAlign = i === 0 ? "center" : "left";
      context.textBaseline = i === 0 ? "bottom" : "middle";
      const text = String(Number(tick.toPrecision(3)));
      context.fillText(text, i === 0 ? at : 4 * zoom, i === 0 ? size - 3 * zoom : at);
    }
  }
}

// Circles at 1, 2 and 3 standard deviations of the prior: 39 %, 86 % and 99 % of the codes should lie inside.
function drawRings(context, size, axes) {
  const [x, y] = axes.place([0, 0], size);
  context.strokeStyle = cssColour("--ring");
  context.lineWidth = 1.5 * devicePixelRatio;
  for (const radius of [1, 2, 3]) {
    context.beginPath();
    context.arc(x, y, (radius * size) / axes.width, 0, 2 * Math.PI);
    context.stroke();
  }
}

// Every code as the sign of its class, or as a point where there are no labels.
function drawCodes(context, size, axes, { codes, labels, names }) {
  const signs = signsOf(names);
  const height = Math.min(Math.max(size / 40, 8 * devicePixelRatio), 12 * devicePixelRatio);
  context.font = `bold ${height}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let i = 0; i < codes.shape[0]; i++) {
    const [x, y] = axes.place(codes.data.subarray(2 * i, 2 * i + 2), size);
    context.fillStyle = labels ? colourOf(labels.data[i]) : cssColour("--ink");
    context.fillText(labels ? signs[labels.data[i]] : "·", x, y);
  }
}
