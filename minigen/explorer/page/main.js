"use strict";

// Reads the data of the page, makes a view for each model, and keeps their states in the address.

const explorer = { views: [], times: [] }; // times: ms from each event to the drawn picture
window.explorer = explorer;

const ADDRESS_DELAY = 300; // ms after the last change: browsers allow only so many new addresses a second
let writing = 0;

function textOf(id) {
  return document.getElementById(id).textContent;
}

function writeAddress() {
  try {
    history.replaceState(null, "", `#${hashOf(explorer.views)}`);
  } catch (error) {
    // A page inside of another page, as the text of a frame, has no address of its own.
  }
}

function readAddress() {
  explorer.views.forEach((view, index) => {
    view.state = stateOf(location.hash, view, index);
    view.draw();
  });
}

function onChange(view) {
  speak(view.inWords());
  clearTimeout(writing);
  writing = setTimeout(writeAddress, ADDRESS_DELAY);
}

async function start() {
  const data = JSON.parse(textOf("data"));
  const arrays = await readArrays(textOf("arrays"), data.arrays);
  explorer.views = data.views.map((view, index) => new View({ ...view, index }, arrays, onChange));
  document.getElementById("views").replaceChildren(...explorer.views.map((view) => view.element));
  readAddress();
  window.addEventListener("hashchange", readAddress);
}

// What the part "decoder" or "encoder" of a view, by its number, makes of inputs: its first output, or another one.
explorer.run = (view, part, inputs, output = 0) => run(explorer.views[view][part], inputs)[output];

explorer.ready = start().catch((error) => {
  const words = `This page cannot be shown: ${error.message}`;
  document.getElementById("views").replaceChildren(make("p", { role: "alert" }, words));
  throw error;
});
