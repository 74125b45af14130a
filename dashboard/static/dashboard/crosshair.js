/** The table of values under the pointer. */

import { isAbsent } from "./absences.js";
import { remarkable } from "./chart.js";
import { curveName } from "./curve_table.js";
import { TOTAL } from "./follow.js";
import { formatCount, formatLoss } from "./format.js";
import { paintSwatch } from "./palette.js";
import { isWithin, nearest } from "./series.js";

/** Pixels around an event's line within which the table names it. */
const EVENT_REACH = 6;

/** Pixels beyond the end of a curve within which the table still tells of it. */
const CURVE_REACH = 8;

/** Shows, beside the pointer, what each visible curve is at that step. */
export class Crosshair {
  /**
   * @param {HTMLElement} frame holds the canvas and the table
   * @param {import("./chart.js").LossChart} chart
   * @param {() => {curves: object[], state: object, axis: object}} look what the chart shows now
   */
  constructor(frame, chart, look) {
    Object.assign(this, { frame, chart, look });
    this.tip = frame.querySelector(".chart__tip");
    frame.addEventListener("pointermove", (event) => this.move(event));
    frame.addEventListener("pointerleave", () => this.hide());
  }

  hide() {
    this.tip.hidden = true;
    this.chart.point(null);
  }

  move(event) {
    const { curves, state, axis } = this.look();
    const asked = curves ? this.chart.stepAt(event.clientX) : null;
    const rows = asked === null ? [] : readRows(curves, asked, this.stepsBeside(event.clientX));
    if (rows.length === 0) {
      this.hide();
      return;
    }
    // The nearest recorded step of any curve, so that line and table speak of the same one.
    const near = rows.reduce((best, row) =>
      Math.abs(row.last - asked) < Math.abs(best.last - asked) ? row : best,
    );
    const step = (near.first + near.last) / 2;
    this.chart.point(step);
    const close = remarkable(state.events).filter((happened) => this.isNear(happened.step, step));
    const said = axis.say(step);
    this.tip.replaceChildren(
      line("chart__tip-step", stepsText(near)),
      ...(said ? [line("chart__tip-step", said)] : []),
      ...rows.map((row) => rowElement(row)),
      ...close.map((happened) => line("chart__tip-event", saidBy(happened))),
    );
    this.tip.hidden = false;
    this.place(event.clientX);
  }

  /** Return how many steps lie within reach of the pointer, on the side that has more. */
  stepsBeside(clientX) {
    const at = (x) => this.chart.stepAtEdge(x);
    return Math.max(at(clientX + CURVE_REACH) - at(clientX), at(clientX) - at(clientX - CURVE_REACH));
  }

  isNear(eventStep, step) {
    const [one, other] = [this.chart.pixelOf(eventStep), this.chart.pixelOf(step)];
    return one !== null && other !== null && Math.abs(one - other) <= EVENT_REACH;
  }

  /** Put the table beside the pointer, on the side that has room. */
  place(clientX) {
    const frame = this.frame.getBoundingClientRect();
    const x = clientX - frame.left;
    const width = this.tip.offsetWidth;
    const left = x + 16 + width > frame.width ? x - 16 - width : x + 16;
    this.tip.style.left = `${Math.max(0, left)}px`;
  }
}

function rowElement({ curve, text, range }) {
  const row = document.createElement("div");
  row.className = "chart__tip-row";
  const swatch = document.createElement("span");
  swatch.className = "swatch";
  paintSwatch(swatch, curve.name, curve.place);
  const loss = line("", text);
  if (range) loss.append(line("chart__tip-range", range));
  row.append(swatch, line("chart__tip-name", curveName(curve)), loss);
  return row;
}

function readRows(curves, step, reach) {
  const rows = [];
  for (const curve of curves) {
    const { series, spans } = curve;
    const at = nearest(series, step);
    if (at < 0 || !isWithin(series, step, reach) || isAbsent(spans, step, reach)) continue;
    const [first, last] = [series.firsts[at], series.steps[at]];
    const mark = series.marks.find((candidate) => candidate.step === last);
    const isMean = series.counts[at] > 1;
    rows.push({
      curve,
      first,
      last,
      text: mark?.kind ?? `${isMean ? "mean " : ""}${formatLoss(series.values[at])}`,
      range: isMean ? `${formatLoss(series.lows[at])} to ${formatLoss(series.highs[at])}` : null,
    });
  }
  // The total first, as it is the sum of what follows.
  const order = ({ curve: { name, job } }) => 2 * (job !== null) - (name === TOTAL);
  return rows.sort((one, other) => order(one) - order(other));
}

function stepsText({ first, last }) {
  const steps = [...new Set([first, last])].map((step) => formatCount(step));
  return steps.length > 1 ? `steps ${steps.join(" to ")}` : `step ${steps[0]}`;
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
