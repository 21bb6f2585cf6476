"use strict";

// More than two latent variables: a slider for each, those first that carry most information about the image.

const UNUSED = 0.01; // nats: a latent variable with less says nothing about the image
const FIRST = 10; // sliders that are shown at once

// The numbers of the latent variables, sorted by their KL where it is known.
function orderOf(view) {
  const all = Array.from({ length: view.latent }, (_, i) => i);
  return view.kl ? all.sort((i, j) => view.kl[j] - view.kl[i]) : all;
}

// [lowest, highest] number of a latent variable: ±3 standard deviations of the prior, or the range of the codes.
function rangeOf(view, i) {
  if (view.prior || !view.codes) return [-3, 3];
  const values = Array.from({ length: view.codes.shape[0] }, (_, row) => view.codes.data[row * view.latent + i]);
  const low = Math.min(...values);
  return [low, Math.max(...values, low + 1e-3)];
}

class Sliders {
  constructor(view) {
    this.view = view;
    this.sliders = new Map(orderOf(view).map((i) => [i, this.sliderOf(i)]));
    const elements = [...this.sliders.values()].map((s) => s.element);
    const rest = elements.slice(FIRST);
    const more = make("summary", {}, `${rest.length} more`);
    this.reading = make("p", { class: "reading" });
    const note = view.kl ? "Sorted by the nats that each carries about an image, the KL of its codes." : null;
    const shown = make("div", { class: "sliders" }, ...elements.slice(0, FIRST));
    const name = { "aria-label": "more latent variables" };
    const hidden = rest.length ? make("details", name, more, make("div", { class: "sliders" }, ...rest)) : null;
    const all = group("Latent variables", note && make("p", { class: "help" }, note), shown, hidden);
    this.element = make("div", { class: "board" }, all, this.reading);
  }

  sliderOf(i) {
    const [min, max] = rangeOf(this.view, i);
    const nats = this.view.kl ? this.view.kl[i] : null;
    const isUnused = nats !== null && nats < UNUSED;
    const about = nats === null ? "" : isUnused ? ", not used" : `, ${inWords(nats)} nats`;
    const made = slider(`z${i + 1}${about}`, { min, max, step: (max - min) / 200 }, (value) => this.move(i, value));
    if (isUnused) made.element.classList.add("unused");
    return made;
  }

  move(i, value) {
    const z = this.view.state.z.slice();
    z[i] = value;
    this.view.change({ z });
  }

  draw() {
    const { z } = this.view.state;
    for (const [i, { show }] of this.sliders) show(z[i], inWords(z[i]));
    this.reading.textContent = this.view.neighbour();
  }
}
