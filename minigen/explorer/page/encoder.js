"use strict";

// The drawing pad of a model with an encoder: the code of what is drawn, and with it the reconstruction.

class Encoder {
  constructor(view) {
    this.view = view;
    this.pad = new Pad(view, (changes) => this.encode(changes));
    this.reading = make("p", { class: "reading" });
    this.element = this.pad.element;
    this.element.append(this.reading);
  }

  // The view moves to the code of the drawing, so that its picture is the reconstruction.
  encode(changes) {
    this.update();
    const { code } = this.view;
    this.view.change(code === null ? changes : { ...changes, z: code.mu });
  }

  // Encodes the drawing anew if it, or the class, is another one.
  update() {
    const version = `${this.pad.version}, class ${this.view.state.label}`;
    if (version !== this.encoded) this.view.code = this.code();
    this.encoded = version;
  }

  // {mu, sigma}: z ~ N(μ, Σ) with standard deviations σ = e^(logvar / 2) on the diagonal of Σ^½. sigma is null where
  // the encoder says one code and no distribution, and everything is null for an empty pad.
  code() {
    if (this.pad.isEmpty) return null;
    const { classes, state } = this.view;
    const given = classes.length ? [oneHot(state.label, classes.length)] : [];
    const [mu, logvar] = run(this.view.encoder, [this.pad.forNetwork(), ...given]);
    return { mu, sigma: logvar ? logvar.map((value) => Math.exp(value / 2)) : null };
  }

  draw() {
    this.pad.follow(this.view.state.example);
    this.pad.draw();
    this.update();
    const { code } = this.view;
    if (code === null) this.reading.textContent = "Nothing is drawn yet.";
    else if (code.sigma === null) this.reading.textContent = `Its code is z = ${codeInWords(code.mu)}.`;
    else {
      const text = `Its code is N(mu, Sigma) with mu = ${codeInWords(code.mu)} and standard deviations`;
      this.reading.textContent = `${text} ${codeInWords(code.sigma)}.`;
    }
  }
}
