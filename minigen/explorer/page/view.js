"use strict";

// A view of one model: its state, its parts on the page, and the way between them.
//
// A part reads the state and draws itself. When a person moves it, it calls view.change({...}), which changes the
// state, runs the decoder and draws all parts again: there is no other way.

class View {
  // data: a VIEW as minigen/explorer/views.py writes it; arrays: its tensors; onChange() is called after each change
  constructor(data, arrays, onChange) {
    Object.assign(this, data);
    const tensor = (number) => (number === null || number === undefined ? null : arrays[number]);
    this.decoder = withWeights(data.decoder, arrays);
    this.encoder = withWeights(data.encoder, arrays);
    this.codes = tensor(data.codes);
    this.labels = tensor(data.labels);
    this.examples = tensor(data.examples);
    this.films = data.films.map((film) => ({ ...film, frames: arrays[film.frames] }));
    this.hasCodes = this.decoder !== null && data.kind !== "reconstruction";
    this.isGan = data.kind.includes("gan"); // its codes are called noise, and its decoder generator
    this.usualSeed = this.hasCodes && this.prior && this.latent > 2 ? 1 : 0;
    this.state = this.usualState(this.usualSeed);
    this.onChange = onChange;
    this.code = null; // of a drawing: {mu, sigma}
    this.addParts();
  }

  // The state of a new page, for a seed. Seed 0 starts at a fixed code, any other at a draw from the prior.
  usualState(seed) {
    const frames = this.films.map((film) => film.frames.shape[0] - 1);
    const rest = { label: 0, from: null, to: null, along: null, example: null, noise: this.noise, frames };
    return { seed, z: this.hasCodes ? this.firstCode(seed) : null, ...rest };
  }

  firstCode(seed) {
    if (seed > 0 && this.prior) return normal(seed, this.latent);
    return this.prior || !this.codes ? new Float32Array(this.latent) : this.codes.data.slice(0, this.latent);
  }

  // ---- the parts, in the order in which they are drawn

  addParts() {
    const models = this.hasCodes ? this.partsOfCodes() : [];
    const others = this.kind === "reconstruction" ? [new Reconstruction(this)] : [];
    const films = this.films.map((_, i) => new Film(this, i));
    this.parts = [...models, ...others, ...films];
    const rest = [...others, ...films].map((part) => part.element);
    const columns = this.hasCodes ? [this.columns] : [];
    this.element = make("section", { class: "view" }, make("h2", {}, this.title), ...columns, ...rest);
  }

  partsOfCodes() {
    const encoder = this.encoder ? new Encoder(this) : null;
    const board = this.latent === 2 ? new Plane(this) : new Sliders(this);
    const path = new Path(this);
    const classes = this.classes.length ? new Classes(this) : null;
    this.picture = new Picture(this, this.isGan ? "generated" : "decoded");
    const another = this.prior ? button("Another sample", () => this.sampleAgain()) : null;
    const decoded = make("div", { class: "row decoded" }, this.picture.element, another);
    board.element.append(path.element);
    const side = [decoded, classes && classes.element, encoder && encoder.element];
    this.columns = make("div", { class: "columns" }, board.element, make("div", { class: "side" }, ...side));
    return [encoder, board, classes, path].filter((part) => part !== null);
  }

  // z ~ N(0, I), by the next seed
  sampleAgain() {
    const seed = this.state.seed + 1;
    this.change({ seed, z: normal(seed, this.latent) });
  }

  // ---- changes

  change(changes) {
    const begin = performance.now();
    Object.assign(this.state, changes);
    this.draw();
    explorer.times.push(performance.now() - begin);
    this.onChange(this);
  }

  draw() {
    this.near = this.hasCodes && this.codes && this.labels ? this.nearestName() : null;
    for (const part of this.parts) part.draw();
    if (this.hasCodes) this.picture.show(this.decoded(), this.neighbour());
  }

  // The picture of the code z, of the class where there is one. It is kept: a film can play without it.
  decoded() {
    const { z, label } = this.state;
    if (z !== this.decodedZ || label !== this.decodedLabel) {
      const given = this.classes.length ? [oneHot(label, this.classes.length)] : [];
      [this.decodedPixels] = run(this.decoder, [z, ...given]);
      [this.decodedZ, this.decodedLabel] = [z, label];
    }
    return this.decodedPixels;
  }

  // The name of the class of the test image whose code is nearest to z.
  nearestName() {
    const { codes, latent } = this;
    let [best, least] = [0, Infinity];
    for (let i = 0; i < codes.shape[0]; i++) {
      let squared = 0;
      for (let k = 0; k < latent; k++) squared += (codes.data[i * latent + k] - this.state.z[k]) ** 2;
      if (squared < least) [best, least] = [i, squared];
    }
    return this.names[this.labels.data[best]];
  }

  neighbour() {
    return this.near === null ? "" : `Nearest test image: ${this.near}`;
  }

  // The state in words, for a screen reader.
  inWords() {
    const label = this.classes.length ? `, class ${this.classes[this.state.label]}` : "";
    const code = this.hasCodes ? [`z = ${codeInWords(this.state.z)}${label}`, this.neighbour()] : [];
    const rest = this.parts.filter((part) => part.inWords).map((part) => part.inWords());
    return `${this.title}: ${[...code, ...rest].filter((text) => text !== "").join(". ")}`;
  }
}

// A button for each class.
class Classes {
  constructor(view) {
    this.view = view;
    const name = `class of ${view.index}`;
    this.inputs = view.classes.map((_, i) => make("input", { type: "radio", name, value: i }));
    this.inputs.forEach((input, i) => input.addEventListener("change", () => view.change({ label: i })));
    const labels = this.inputs.map((input, i) => make("label", {}, input, ` ${view.classes[i]}`));
    this.element = group("Class", make("div", { class: "classes" }, ...labels));
  }

  draw() {
    this.inputs.forEach((input, i) => (input.checked = i === this.view.state.label));
  }
}
