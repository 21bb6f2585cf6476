"use strict";

// The state of the views as the part of the address behind #, so that a view can be linked:
//
//     #z=0.5,-1.2&label=3&2.z=0,0        the second view has "2." before its fields
//
// A field that has its usual value is left out. A field that does not fit the view is ignored: an address may come from
// anywhere.
//
//     seed       of the draws: with a seed above 0 the usual z is a draw from N(0, I) by it
//     z          the latent variables
//     label      the class
//     from, to   the ends of a path, and along, 0 to 1, the place on it
//     example    the number of the test image on the drawing pad
//     noise      the standard deviation of the noise in what a network from image to image gets
//     frames     the frame that each film shows

const READERS = {
  seed: (text) => whole(text, 2 ** 31),
  z: (text, view) => numbers(text, view.latent),
  label: (text, view) => whole(text, view.classes.length),
  from: (text, view) => numbers(text, view.latent),
  to: (text, view) => numbers(text, view.latent),
  along: (text) => share(text),
  example: (text, view) => whole(text, view.examples ? view.examples.shape[0] : 0),
  noise: (text) => share(text),
  frames: (text, view) => framesOf(text, view.films),
};

function numberOf(text) {
  return /^-?\d+(\.\d+)?$/.test(text) && text.length < 20 ? Number(text) : null;
}

// A whole number below `end`, or null.
function whole(text, end) {
  const value = numberOf(text);
  return Number.isInteger(value) && value >= 0 && value < end ? value : null;
}

function share(text) {
  const value = numberOf(text);
  return value !== null && value >= 0 && value <= 1 ? value : null;
}

// n numbers, or null.
function numbers(text, n) {
  const values = text.split(",").map(numberOf);
  return values.length === n && !values.includes(null) ? Float32Array.from(values) : null;
}

function framesOf(text, films) {
  const values = text.split(",").map((part, i) => (i < films.length ? whole(part, films[i].frames.shape[0]) : null));
  return values.length === films.length && !values.includes(null) ? values : null;
}

// Numbers with three digits behind the point at most.
function asText(value) {
  if (value === null) return "";
  return typeof value === "number" ? String(Number(value.toFixed(3))) : Array.from(value, asText).join(",");
}

function prefixOf(index) {
  return index === 0 ? "" : `${index + 1}.`;
}

// The states of all views -> the text behind #.
function hashOf(views) {
  const fields = [];
  views.forEach((view, index) => {
    const usual = view.usualState(view.state.seed);
    usual.seed = view.usualSeed;
    for (const name of Object.keys(READERS)) {
      const text = asText(view.state[name]);
      if (text !== asText(usual[name])) fields.push(`${prefixOf(index)}${name}=${text}`);
    }
  });
  return fields.join("&");
}

// The text behind # -> the state of one view.
function stateOf(hash, view, index) {
  const found = {};
  for (const field of hash.replace(/^#/, "").split("&")) {
    const [name, text = ""] = field.split("=");
    const key = name.startsWith(prefixOf(index)) ? name.slice(prefixOf(index).length) : "";
    const value = Object.hasOwn(READERS, key) ? READERS[key](text, view) : null;
    if (value !== null) found[key] = value;
  }
  const seed = "seed" in found ? found.seed : view.usualSeed;
  return { ...view.usualState(seed), ...found };
}
