"use strict";

// Colours and signs of the classes. A class is drawn as a character in a colour: the character alone tells it.

const isDark = matchMedia("(prefers-color-scheme: dark)");

// Ten colours for a light page and ten for a dark one. They were chosen by a search for ten colours whose smallest
// distance in Oklab is large, as seen with and without each kind of colour blindness (Machado et al. 2009).
const LIGHT = "#0087ff #870021 #ab8721 #4521ab #e666ab #666600 #0000ff #cc2166 #662166 #ab45ab".split(" ");
const DARK = "#00e687 #cc00ff #abab00 #e62187 #abffcc #0087ab #ffff66 #ff66ff #878700 #ffabff".split(" ");
const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

function colourOf(label) {
  const colours = isDark.matches ? DARK : LIGHT;
  return colours[label % colours.length];
}

// A colour of the style sheet: cssColour("--ink").
function cssColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// One character for each class: the names themselves where they have one, their first letters where these differ, else
// 0, 1, ..., 9, A, B, ...
function signsOf(names) {
  const firsts = names.map((name) => ([...name.trim()][0] || "").toUpperCase());
  const differ = new Set(firsts).size === names.length && !firsts.includes("");
  return differ ? firsts : names.map((_, i) => LETTERS[i % LETTERS.length]);
}

// What the signs mean, as a list.
function legend(names) {
  const signs = signsOf(names);
  const list = make("ul", { class: "legend", "aria-label": "signs of the classes" });
  const paint = () => [...list.children].forEach((item, i) => (item.firstChild.style.color = colourOf(i)));
  names.forEach((name, i) => {
    const isNamed = signs[i] === name.trim().toUpperCase();
    list.append(make("li", {}, make("b", {}, signs[i]), isNamed ? "" : ` ${name}`));
  });
  isDark.addEventListener("change", paint);
  paint();
  return list;
}
