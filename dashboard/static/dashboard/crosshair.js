/** The table of values under the pointer. */

import { remarkable } from "./chart.js";
import { TOTAL } from "./follow.js";
import { formatCount, formatLoss } from "./format.js";
import { paintSwatch } from "./palette.js";
import { nearest } from "./series.js";

/** Pixels around an event's line within which the table names it. */
const EVENT_REACH = 6;

/** Shows, beside the pointer, what each visible curve is at that step. */
export class Crosshair {
  /**
   * @param {HTMLElement} frame holds the canvas and the table
   * @param {import("./chart.js").LossChart} chart
   * @param {() => {state: object, hidden: Set<string>}} look what the chart shows now
   * @param {(name: string) => number} placeOf
   */
  constructor(frame, chart, look, placeOf) {
    Object.assign(this, { frame, chart, look, placeOf });
    this.tip = frame.querySelector(".chart__tip");
    frame.addEventListener("pointermove", (event) => this.move(event));
    frame.addEventListener("pointerleave", () => this.hide());
  }

  hide() {
    this.tip.hidden = true;
    this.chart.point(null);
  }

  move(event) {
    const { state, hidden } = this.look();
    const asked = this.chart.stepAt(event.clientX);
    const rows = asked === null ? [] : readRows(state, hidden, asked);
    if (rows.length === 0) {
      this.hide();
      return;
    }
    // The nearest recorded step of any curve, so that line and table speak of the same one.
    const step = rows.reduce((best, row) =>
      Math.abs(row.step - asked) < Math.abs(best.step - asked) ? row : best,
    ).step;
    this.chart.point(step);
    const close = remarkable(state.events).filter((happened) => this.isNear(happened.step, step));
    this.tip.replaceChildren(
      line("chart__tip-step", `step ${formatCount(step)}`),
      ...rows.map((row) => this.rowElement(row)),
      ...close.map((happened) => line("chart__tip-event", saidBy(happened))),
    );
    this.tip.hidden = false;
    this.place(event.clientX);
  }

  isNear(eventStep, step) {
    const scale = this.chart.chart.scales.x;
    const distance = scale.getPixelForValue(eventStep) - scale.getPixelForValue(step);
    return Math.abs(distance) <= EVENT_REACH;
  }

  /** Put the table beside the pointer, on the side that has room. */
  place(clientX) {
    const frame = this.frame.getBoundingClientRect();
    const x = clientX - frame.left;
    const width = this.tip.offsetWidth;
    const left = x + 16 + width > frame.width ? x - 16 - width : x + 16;
    this.tip.style.left = `${Math.max(0, left)}px`;
  }

  rowElement({ name, text }) {
    const row = document.createElement("div");
    row.className = "chart__tip-row";
    const swatch = document.createElement("span");
    swatch.className = "swatch";
    paintSwatch(swatch, name, name === TOTAL ? 0 : this.placeOf(name));
    row.append(swatch, line("chart__tip-name", name === TOTAL ? "total" : name), line("", text));
    return row;
  }
}

function readRows(state, hidden, step) {
  const rows = [];
  for (const [name, series] of state.series) {
    const at = hidden.has(name) ? -1 : nearest(series.steps, step);
    if (at < 0) continue;
    const mark = series.marks.find((candidate) => candidate.step === series.steps[at]);
    rows.push({ name, step: series.steps[at], text: mark?.kind ?? formatLoss(series.values[at]) });
  }
  // The total first, as it is the sum of what follows.
  return rows.sort((a, b) => (b.name === TOTAL) - (a.name === TOTAL));
}

function saidBy({ words, by }) {
  return by ? `${words}, by ${by}` : words;
}

function line(className, text) {
  const element = document.createElement("div");
  element.className = className;
  element.textContent = text;
  return element;
}
