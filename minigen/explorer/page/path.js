"use strict";

// The straight path between two codes, (1 - t) a + t b, played as a film.

class Path {
  constructor(view) {
    this.view = view;
    const settings = { min: 0, max: 1, step: 0.01 };
    this.place = slider("Place", settings, (along) => this.moveTo(along));
    this.player = new Player("path", 4, () => this.view.state.along || 0, (along) => this.moveTo(along));
    const start = button("Start here", () => view.change({ from: view.state.z.slice(), along: null }));
    const end = button("End here", () => view.change({ to: view.state.z.slice(), along: null }));
    const other = view.prior ? button("End at a sample", () => this.endAtSample()) : null;
    const buttons = make("div", { class: "buttons" }, start, end, other, this.player.button);
    const heading = view.isGan ? "A path between two noises" : "A path between two codes";
    this.element = group(heading, buttons, this.place.element);
  }

  // From here to a new draw from the prior.
  endAtSample() {
    const seed = this.view.state.seed + 1;
    const from = this.view.state.z.slice();
    this.view.change({ seed, from, to: normal(seed, this.view.latent), along: null, z: from });
  }

  moveTo(along) {
    const { from, to } = this.view.state;
    this.view.change({ along, z: from.map((a, i) => (1 - along) * a + along * to[i]) });
  }

  draw() {
    const { from, to, along } = this.view.state;
    const isReady = from !== null && to !== null;
    this.place.input.disabled = this.player.button.disabled = !isReady;
    if (!isReady) this.player.stop();
    this.place.show(along || 0, isReady ? `${Math.round(100 * (along || 0))} %` : "needs two ends");
  }
}
