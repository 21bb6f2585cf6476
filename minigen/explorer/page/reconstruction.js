"use strict";

// A network from image to image: what it makes of a picture, and of the picture with noise. A denoiser takes it away.

class Reconstruction {
  constructor(view) {
    this.view = view;
    this.pad = new Pad(view, (changes) => view.change(changes));
    this.input = new Picture(view, "input");
    this.output = new Picture(view, "output");
    this.reading = make("p", { class: "reading" });
    const settings = { min: 0, max: 1, step: 0.01 };
    this.noise = slider("Noise in the input, its standard deviation", settings, (noise) => view.change({ noise }));
    this.another = button("Another noise", () => view.change({ seed: view.state.seed + 1 }));
    const buttons = make("div", { class: "buttons" }, this.another);
    const pictures = make("div", { class: "row" }, this.input.element, this.output.element);
    const network = group("What the network makes of it", pictures, this.reading, this.noise.element, buttons);
    this.element = make("div", { class: "halves" }, this.pad.element, network);
  }

  // x + factor ε with ε ~ N(0, 1) for each pixel, clipped to the range of the pixels, as in minigen's add_noise
  withNoise(x) {
    const { noise, seed } = this.view.state;
    const [low, high] = this.view.range;
    const epsilon = normal(seed, x.length);
    return x.map((value, i) => Math.min(Math.max(value + noise * epsilon[i], low), high));
  }

  draw() {
    this.pad.follow(this.view.state.example);
    this.pad.draw();
    const x = this.pad.forNetwork();
    const { noise } = this.view.state;
    const input = this.withNoise(x);
    const [output] = run(this.view.decoder, [input]);
    this.noise.show(noise, inWords(noise));
    this.another.disabled = noise === 0;
    this.input.show(input);
    this.output.show(output);
    const errors = [input, output].map((y) => meanSquaredError(x, y).toFixed(4));
    this.reading.textContent = `Mean squared error: input ${errors[0]}, output ${errors[1]}.`;
  }

  inWords() {
    return this.reading.textContent;
  }
}

function meanSquaredError(x, y) {
  return x.reduce((sum, value, i) => sum + (value - y[i]) ** 2, 0) / x.length;
}
