"use strict";

// Elements of the page. Text that comes from data becomes a text node or an attribute, and is never read as markup.

// An element with attributes and children; a child that is a string becomes text. An attribute `true` stands alone, one
// that is false, null or undefined is left out.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function button(text, onClick) {
  const element = make("button", { type: "button" }, text);
  element.addEventListener("click", onClick);
  return element;
}

// Controls that belong together, with a heading that a screen reader says before each of them.
function group(legend, ...children) {
  return make("fieldset", {}, make("legend", {}, legend), ...children);
}

// A range of numbers with its name and its value in words: `show(value, words)` moves it, onInput(value) is called when
// a person does.
function slider(name, { min, max, step }, onInput) {
  const input = make("input", { type: "range", min, max, step, "aria-label": name });
  const words = make("span", { class: "number" });
  const element = make("label", { class: "slider" }, make("span", { class: "name" }, name), input, words);
  input.addEventListener("input", () => onInput(input.valueAsNumber));
  const show = (value, text) => {
    input.value = value;
    input.setAttribute("aria-valuetext", text);
    words.textContent = text;
  };
  return { element, input, show };
}

// A canvas that has as many pixels as the screen shows of it: calls draw() whenever its size or the colours change.
function sharpCanvas(attributes, draw) {
  const canvas = make("canvas", attributes);
  const fit = () => {
    const { width, height } = canvas.getBoundingClientRect();
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    if (canvas.width > 0 && canvas.height > 0) draw();
  };
  new ResizeObserver(fit).observe(canvas);
  isDark.addEventListener("change", fit);
  return canvas;
}

// Whether a pointer draws: the mouse with its left button pressed, a pen, or the first finger.
function isDrawing(event) {
  return event.isPrimary && (event.buttons & 1) === 1;
}

// A number with two digits, and a code as "(0.50, -1.20)", of which the first four numbers are enough.
function inWords(value) {
  return value.toFixed(2).replace("-0.00", "0.00");
}

function codeInWords(z) {
  const numbers = Array.from(z.slice(0, 4), inWords);
  return `(${numbers.join(", ")}${z.length > 4 ? ", ..." : ""})`;
}

let speaking = 0;

// Says a text to a screen reader, when nothing more has been said for a moment.
function speak(text) {
  clearTimeout(speaking);
  speaking = setTimeout(() => (document.getElementById("spoken").textContent = text), 400);
}
