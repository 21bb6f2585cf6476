"use strict";

// A denoiser: a picture, the picture with noise, and what the network makes of it.

class Denoiser {
  constructor(view) {
    this.view = view;
    this.pad = new Pad(view, (changes) => view.change(changes));
    this.noisy = new Picture(view, "with noise");
    this.clean = new Picture(view, "cleaned");
    this.reading = make("p", { class: "reading" });
    const settings = { min: 0, max: 1, step: 0.01 };
    this.noise = slider("Standard deviation of the noise", settings, (noise) => view.change({ noise }));
    const another = button("Another noise", () => view.change({ seed: view.state.seed + 1 }));
    const buttons = make("div", { class: "buttons" }, another);
    const pictures = make("div", { class: "row" }, this.noisy.element, this.clean.element);
    const noise = group("Noise", this.noise.element, buttons, pictures, this.reading);
    this.element = make("div", { class: "halves" }, this.pad.element, noise);
  }

  // x + factor ε with ε ~ N(0, 1) for each pixel, clipped to the range of the pixels, as in minigen's add_noise
  withNoise(x) {
    const { noise, seed } = this.view.state;
    const [low, high] = this.view.range;
    const epsilon = normal(seed, x.length);
    return x.map((value, i) => Math.min(Math.max(value + noise * epsilon[i], low), high));
  }

  cleaned(x) {
    const { encoder, decoder } = this.view;
    return run(decoder, encoder ? run(encoder, [x]) : [x])[0];
  }

  draw() {
    this.pad.follow(this.view.state.example);
    this.pad.draw();
    const x = this.pad.data;
    const noisy = this.withNoise(x);
    const clean = this.cleaned(noisy);
    this.noise.show(this.view.state.noise, inWords(this.view.state.noise));
    this.noisy.show(noisy);
    this.clean.show(clean);
    const errors = [noisy, clean].map((y) => meanSquaredError(x, y).toFixed(4));
    this.reading.textContent = `Mean squared error: ${errors[0]} with noise, ${errors[1]} cleaned.`;
  }

  inWords() {
    return this.reading.textContent;
  }
}

function meanSquaredError(x, y) {
  return x.reduce((sum, value, i) => sum + (value - y[i]) ** 2, 0) / x.length;
}
