/** The marks of events on the chart, as buttons over the canvas: for pointer and keyboard alike. */

import { formatCount } from "./format.js";

/** Return the steps that have a mark, in order, each with what happened there in words: pure. */
export function marksOf(events) {
  const marks = new Map();
  for (const { step, words } of events) {
    if (!marks.has(step)) marks.set(step, []);
    marks.get(step).push(words);
  }
  return [...marks].sort(([one], [other]) => one - other).map(([step, said]) => ({ step, said }));
}

/** One row of buttons; the tabulator stops at one of them and the arrows go on from there. */
export class Marks {
  /**
   * @param {HTMLElement} row
   * @param {import("./chart.js").LossChart} chart
   * @param {(step: number) => void} onChosen
   */
  constructor(row, chart, onChosen) {
    Object.assign(this, { row, chart, onChosen });
    this.buttons = new Map();
    row.replaceChildren();
    row.addEventListener("keydown", (event) => this.moveAlong(event));
  }

  /** Show the marks of these events; `chosen` is the step that is looked at, or null. */
  draw(events, chosen) {
    const marks = marksOf(events);
    const steps = new Set(marks.map(({ step }) => step));
    for (const [step, button] of this.buttons) {
      if (steps.has(step)) continue;
      button.remove();
      this.buttons.delete(step);
    }
    for (const [place, { step, said }] of marks.entries()) {
      const button = this.buttons.get(step) ?? this.add(step);
      button.setAttribute("aria-label", `step ${formatCount(step)}: ${said.join("; ")}`);
      button.setAttribute("aria-pressed", String(step === chosen));
      // In the order of the steps; one that moved would lose the focus.
      const before = this.row.children[place] ?? null;
      if (before !== button) this.row.insertBefore(button, before);
    }
    this.place();
    this.rove();
  }

  /** Put each button where its step is; the chart calls it whenever it has drawn. */
  place() {
    for (const [step, button] of this.buttons) {
      const x = this.chart.pixelOf(step);
      button.hidden = x === null;
      if (x !== null) button.style.left = `${x}px`;
    }
  }

  add(step) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "chart__mark";
    button.addEventListener("click", () => this.onChosen(step));
    this.buttons.set(step, button);
    return button;
  }

  rove() {
    const all = [...this.row.children];
    const stop =
      all.find((button) => button === document.activeElement) ??
      all.find((button) => button.getAttribute("aria-pressed") === "true") ??
      all[0];
    for (const button of all) button.tabIndex = button === stop ? 0 : -1;
  }

  moveAlong(event) {
    const all = [...this.row.children].filter((button) => !button.hidden);
    const at = all.indexOf(event.target);
    const places = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: all.length - 1 };
    const to = places[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    all[Math.min(all.length - 1, Math.max(0, to))].focus();
    this.rove();
  }
}
