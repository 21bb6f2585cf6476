"use strict";

// A button that plays something from 0 to 1, such as a path or a film. Nothing plays by itself.

const wantsLessMotion = matchMedia("(prefers-reduced-motion: reduce)");
const SLOW_STEP = 700; // ms between two pictures for those who want less motion

class Player {
  // what: "path"; seconds: how long it takes; place() says where it is; show(place) moves it there.
  constructor(what, seconds, place, show) {
    Object.assign(this, { what, seconds, place, show, plays: false });
    this.button = button("", () => (this.plays ? this.stop() : this.play()));
    this.stop();
  }

  play() {
    this.plays = true;
    this.button.textContent = `Stop the ${this.what}`;
    const start = this.place() < 1 ? this.place() : 0;
    const begin = performance.now();
    const step = () => {
      if (!this.plays) return;
      const place = Math.min(1, start + (performance.now() - begin) / 1000 / this.seconds);
      this.show(place);
      if (place < 1) wantsLessMotion.matches ? setTimeout(step, SLOW_STEP) : requestAnimationFrame(step);
      else this.stop();
    };
    step();
  }

  stop() {
    this.plays = false;
    this.button.textContent = `Play the ${this.what}`;
  }
}
