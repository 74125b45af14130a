/** The metrics of a job's evaluations, each on a small chart of its own under the loss curves. */

import { getJson } from "./api.js";
import { nearestPoint, placesOf, reachOf } from "./eval_series.js";
import { formatCount, formatLoss } from "./format.js";
import { styleOf } from "./palette.js";

const SVG = "http://www.w3.org/2000/svg";
const BOX = { height: 56, margin: 7 };

/** The charts of one job; they share the steps in sight and the crosshair with its losses. */
export class EvalCurves {
  /**
   * @param {HTMLElement} place shown once there is an evaluation
   * @param {number} job
   * @param {(name: string) => number} placeOf a task's place in the palette
   * @param {{onNews: () => void, onRefused: (error: Error) => void}} told
   */
  constructor(place, job, placeOf, told) {
    Object.assign(this, { place, job, placeOf, told });
    this.charts = new Map();
    this.series = [];
    this.step = null;
    this.load();
  }

  async load() {
    try {
      const { series } = await getJson("/eval/curves", { job: this.job });
      this.series = series;
      this.told.onNews();
    } catch (error) {
      this.told.onRefused(error);
    }
  }

  /**
   * Draw what is known, in step with the losses.
   *
   * @param {{from: number, to: number}} sight
   * @param {import("./chart.js").LossChart} chart that of the losses
   */
  draw(sight, chart) {
    this.place.hidden = this.series.length === 0;
    if (this.place.hidden) return;
    const { left, right } = chart.area();
    const inset = left - this.place.getBoundingClientRect().left;
    const keys = new Set();
    for (const one of this.series) {
      const key = `${one.task_name}\n${one.metric}`;
      keys.add(key);
      if (!this.charts.has(key)) this.charts.set(key, this.add(one));
      const view = this.charts.get(key);
      Object.assign(view, { one, sight });
      view.figure.style.setProperty("--inset", `${inset}px`);
      view.figure.style.setProperty("--width", `${right - left}px`);
      drawOne(view, (step) => chart.screenX(step) - left);
    }
    for (const [key, view] of this.charts) {
      if (keys.has(key)) continue;
      view.figure.remove();
      this.charts.delete(key);
    }
    this.point(this.step);
  }

  /** Show what each metric was at the evaluation nearest to a step; the newest for null. */
  point(step) {
    this.step = step;
    for (const view of this.charts.values()) pointOne(view, step);
  }

  add({ task_name: task, metric }) {
    const figure = document.createElement("figure");
    figure.className = "evals__one";
    const swatch = element("span", "swatch");
    const { colour } = styleOf(this.placeOf(task));
    swatch.dataset.colour = colour;
    figure.style.setProperty("--own", `var(--task-${colour})`);
    const head = element("figcaption", "evals__head");
    const value = element("span", "evals__value");
    head.append(swatch, element("span", "evals__name", `${task} ${metric}`), value);
    const svg = svgElement("svg", { class: "evals__chart", role: "img" });
    const line = svgElement("polyline", { class: "evals__line" });
    const dots = svgElement("g", {});
    const cross = svgElement("line", { class: "evals__cross", y1: 0, y2: BOX.height });
    svg.append(cross, line, dots);
    const high = element("span", "evals__tick evals__tick--high");
    const low = element("span", "evals__tick evals__tick--low");
    figure.append(head, high, low, svg);
    this.place.append(figure);
    return { figure, value, svg, line, dots, cross, high, low, places: [] };
  }
}

function drawOne(view, xOf) {
  const { one, sight, svg } = view;
  const reach = reachOf(one.points, sight);
  view.places = reach ? placesOf(one.points, xOf, reach, BOX) : [];
  // Around equal values the ends are made up: an accuracy of 1 would seem to reach beyond it.
  const hasEnds = reach !== null && !reach.isFlat;
  view.high.textContent = hasEnds ? formatLoss(reach.high) : "";
  view.low.textContent = hasEnds ? formatLoss(reach.low) : "";
  view.line.setAttribute("points", view.places.map(({ x, y }) => `${x},${y}`).join(" "));
  view.dots.replaceChildren(
    ...view.places.map(({ x, y, point }) => {
      const dot = svgElement("circle", { class: "evals__dot", cx: x, cy: y, r: 3 });
      dot.classList.toggle("evals__dot--untrained", Boolean(point.untrained));
      return dot;
    }),
  );
  const told = one.points.slice(-5).map((point) => `${textOf(one, point)} at step ${point.step}`);
  svg.setAttribute("aria-label", `${one.task_name} ${one.metric}: ${told.join(", ")}`);
}

function pointOne(view, step) {
  const { one, places, cross, dots } = view;
  const at = step === null ? one.points.length - 1 : nearestPoint(one.points, step);
  const point = one.points[at];
  const shown = step === null ? -1 : places.findIndex((place) => place.point === point);
  cross.toggleAttribute("hidden", shown < 0);
  if (shown >= 0) for (const end of ["x1", "x2"]) cross.setAttribute(end, places[shown].x);
  for (const [index, dot] of [...dots.children].entries()) {
    dot.classList.toggle("evals__dot--shown", index === shown);
  }
  const better = one.better ? `, ${one.better} is better` : "";
  const untrained = point.untrained ? ", untrained" : "";
  view.value.textContent =
    `${textOf(one, point)} at step ${formatCount(point.step)}${untrained}${better}`;
}

function textOf({ unit }, { value, nonfinite }) {
  return `${value === null ? (nonfinite ?? "–") : formatLoss(value)}${unit ? ` ${unit}` : ""}`;
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function svgElement(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
