/** Draws the curves with Chart.js, which a classic script has put into `window.Chart`. */

import { withBreaks } from "./absences.js";
import { STEPS } from "./axis.js";
import { bands, breakMarks, crosshairLine, eventLines, spikeMarks, stepPixel } from "./chart_plugins.js";
import { TOTAL } from "./follow.js";
import { formatTickLoss } from "./format.js";
import { cssColour, dashOf } from "./palette.js";
import { around, fold, middles, smooth } from "./series.js";

/** Of a point without a neighbour, in pixels. */
const LONE_RADIUS = 2.5;

/** Return the events of a job that are worth a mark on its curves. */
export function remarkable(events) {
  return events.filter((event) => !event.routine);
}

/** Return where the events stand: what was done as lines, spikes at the curve of their task. */
function standingOf(events, chosen) {
  const marked = remarkable(events);
  const spikes = marked.filter(({ kind }) => kind === "spike");
  return {
    // A loss that is not finite has its cross already.
    steps: marked.filter(({ found, step }) => !found || step === chosen).map(({ step }) => step),
    spikes: spikes.map(({ step, detail }) => ({ step, task: detail.task })),
    chosen,
  };
}

/** The chart of one canvas. */
export class LossChart {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.datasets = new Map();
    /** Told after each drawing, be it of new points or in a new size. */
    this.onDrawn = () => {};
    /** Told where the crosshair is; null where it went away. */
    this.onPointed = () => {};
    const drawn = { id: "accDrawn", afterRender: () => this.onDrawn() };
    this.chart = new window.Chart(canvas, {
      type: "line",
      data: { datasets: [] },
      options: baseOptions(),
      plugins: [bands, eventLines, breakMarks, spikeMarks, crosshairLine, drawn],
    });
    // The crosshair may be moved from elsewhere on the page before there is anything to draw.
    this.chart.accAxis = STEPS;
    this.restyle();
  }

  /** Take the colours from the present theme. */
  restyle() {
    const css = getComputedStyle(document.documentElement);
    const of = (name) => css.getPropertyValue(name).trim();
    const { scales, plugins } = this.chart.options;
    for (const scale of Object.values(scales)) {
      scale.ticks.color = of("--ink-3");
      scale.ticks.font = { family: of("--font"), size: 12 };
      scale.grid.color = of("--chart-grid");
      scale.border.color = of("--line");
      scale.title.color = of("--ink-3");
      scale.title.font = { family: of("--font"), size: 12 };
    }
    plugins.accEvents.colour = of("--ink-3");
    plugins.accEvents.chosenColour = of("--accent");
    plugins.accCrosshair.colour = of("--control-line");
    this.datasets.clear();
  }

  /**
   * Show curves.
   *
   * @param {{name: string, job: number|null, place: number, rank: number, series: object,
   *   spans: [number, number][]}[]} curves `job`: null for the shown job, else the one compared
   *   with it, the `rank`-th of them; `spans`: where its task took no part
   * @param {{logarithmic: boolean, span: number, weighted: boolean}} view
   *   `span`: steps to smooth over, 0 for none
   * @param {{from: number, to: number}} sight the first and the last step in sight
   * @param {ReturnType<import("./axis.js").axisOf>} axis
   * @param {object[]} events of the shown job
   */
  draw(curves, view, sight, axis, events) {
    const { chart } = this;
    const { x, y } = chart.options.scales;
    chart.accAxis = axis;
    x.title.text = axis.title;
    x.ticks.callback = (value) => axis.tick(value);
    x.min = axis.of(sight.from);
    x.max = axis.of(sight.to);
    x.ticks.stepSize = axis.spacing?.(x.max - x.min);
    x.ticks.includeBounds = !axis.spacing;
    y.type = view.logarithmic ? "logarithmic" : "linear";
    y.title.text = view.weighted ? "loss \u00d7 weight" : "loss";
    Object.assign(chart.options.plugins.accEvents, standingOf(events, view.chosen));
    chart.data.datasets = curves.flatMap((curve) => this.lines(curve, view, sight, axis));
    const reach = reachOf(chart.data.datasets, view.logarithmic);
    Object.assign(y, { suggestedMin: reach?.low, suggestedMax: reach?.high });
    chart.update("none");
  }

  /** Return the datasets of a curve: its course with its band, and what is smoothed if wanted. */
  lines(curve, view, sight, axis) {
    const columns = this.columns();
    const shown = fold(around(curve.series, sight.from, sight.to), columns);
    const raw = this.dataset(curve, view.span > 0);
    Object.assign(raw, drawnOf(shown, curve, view, axis), { accMarks: shown.marks });
    raw.accBand = bandOf(shown, axis);
    if (view.span === 0) return [raw];
    const course = this.dataset(curve, false);
    const smoothed = { ...curve.series, values: smooth(curve.series, view.span) };
    const fine = fold(around(smoothed, sight.from, sight.to), columns);
    Object.assign(course, drawnOf(fine, curve, view, axis), { accMarks: [], accBand: null });
    return [course, raw];
  }

  /** Return how many buckets side by side the screen has room for. */
  columns() {
    return Math.max(50, Math.floor(this.chart.width));
  }

  dataset(curve, faint) {
    const owner = curve.job === null ? "" : `job ${curve.job}: `;
    const id = `${owner}${curve.name}${faint ? " raw" : ""}`;
    if (!this.datasets.has(id)) this.datasets.set(id, newDataset(id, curve, faint));
    return this.datasets.get(id);
  }

  /** Return the step under a position of the pointer; null outside of the curves. */
  stepAt(clientX) {
    const { left, right } = this.area();
    return clientX < left || clientX > right ? null : this.stepAtEdge(clientX);
  }

  /** Return the step under a position, or the one at the nearest edge. */
  stepAtEdge(clientX) {
    const { left, right } = this.area();
    const { scales, canvas, accAxis } = this.chart;
    const x = Math.min(right, Math.max(left, clientX)) - canvas.getBoundingClientRect().left;
    return Math.max(1, Math.round(accAxis.step(scales.x.getValueForPixel(x))));
  }

  /** Return where the curves begin and end on the screen. */
  area() {
    const { canvas, chartArea } = this.chart;
    const box = canvas.getBoundingClientRect();
    return { left: box.left + (chartArea?.left ?? 0), right: box.left + (chartArea?.right ?? 0) };
  }

  /** Whether the pointer is over the curves themselves. */
  holds({ clientX, clientY }) {
    const { canvas, chartArea } = this.chart;
    const { left, right } = this.area();
    const y = clientY - canvas.getBoundingClientRect().top;
    const isBeside = clientX < left || clientX > right;
    return !isBeside && y >= chartArea.top && y <= chartArea.bottom;
  }

  /** Return where a step is on the screen, in sight or not. */
  screenX(step) {
    return this.chart.canvas.getBoundingClientRect().left + stepPixel(this.chart, step);
  }

  /** Return where the mark of an event is, in pixels of the canvas; null outside of the curves. */
  pixelOf(step) {
    const { chartArea } = this.chart;
    if (!chartArea) return null;
    const x = stepPixel(this.chart, step);
    return x < chartArea.left - 1 || x > chartArea.right + 1 ? null : x;
  }

  /** Draw the crosshair at a step, or none for null. */
  point(step) {
    if (this.chart.accStep === step) return;
    this.chart.accStep = step;
    this.chart.draw();
    this.onPointed(step);
  }

  destroy() {
    this.chart.destroy();
  }
}

function newDataset(id, { name, job, place, rank }, faint) {
  const colour = cssColour(name, place);
  const isOther = job !== null;
  return {
    label: id,
    accTask: isOther ? null : name,
    accColour: colour,
    pointBackgroundColor: colour,
    borderColor: `${colour}${faint ? "40" : isOther ? "b0" : ""}`,
    borderWidth: name === TOTAL || isOther ? 1.5 : 1.75,
    borderDash: dashOf(name, place, rank),
    data: [],
  };
}

/** Return what Chart.js draws; NaN is a break, and a logarithm has no place for 0 and below. */
function drawnOf(series, { spans }, view, axis) {
  const points = middles(series).map((x, at) => {
    const y = series.values[at];
    return { x, y: view.logarithmic && y <= 0 ? NaN : y };
  });
  const data = withBreaks(points, spans).map(({ x, y }) => ({ x: axis.of(x), y }));
  const alone = lonePlaces(data);
  const radii = alone.size ? data.map((_point, at) => (alone.has(at) ? LONE_RADIUS : 0)) : 0;
  return { data, pointRadius: radii };
}

/** Return the places of points without a neighbour, of which no line could be drawn. */
function lonePlaces(points) {
  const isBreak = (at) => !(at in points) || Number.isNaN(points[at].y);
  const isAlone = (at) => !isBreak(at) && isBreak(at - 1) && isBreak(at + 1);
  return new Set([...points.keys()].filter(isAlone));
}

/** Return the range behind a line, at the middle of each bucket; null where all are points. */
function bandOf(series, axis) {
  const { lows, highs, counts } = series;
  if (!counts.some((count) => count > 1)) return null;
  const cells = middles(series).map((step, at) => ({
    x: axis.of(step),
    low: lows[at],
    high: highs[at],
  }));
  return cells.filter((_cell, at) => counts[at] > 0);
}

/** Return the least and the greatest loss of all bands, so that the axis has room for them. */
function reachOf(datasets, logarithmic) {
  const cells = datasets.flatMap(({ accBand }) => accBand ?? []);
  const lows = cells.map(({ low }) => low).filter((low) => !logarithmic || low > 0);
  if (lows.length === 0) return null;
  return { low: least(lows), high: -least(cells.map(({ high }) => -high)) };
}

function least(values) {
  return values.reduce((one, other) => Math.min(one, other), Infinity);
}

function baseOptions() {
  const title = (text) => ({ display: true, text });
  return {
    animation: false,
    parsing: false,
    normalized: true,
    responsive: true,
    maintainAspectRatio: false,
    // The crosshair reads the curves itself: Chart.js would search all points at every move.
    events: [],
    spanGaps: false,
    datasets: { line: { pointRadius: 0, tension: 0, borderJoinStyle: "round" } },
    plugins: {
      legend: { display: false },
      tooltip: { enabled: false },
      accEvents: {},
      accCrosshair: {},
    },
    scales: {
      x: {
        type: "linear",
        title: title("step"),
        border: {},
        grid: { display: false },
        ticks: {
          maxRotation: 0,
          autoSkipPadding: 28,
          precision: 0,
        },
      },
      y: {
        type: "logarithmic",
        title: title("loss"),
        border: { display: false },
        grid: {},
        ticks: { autoSkip: true, maxTicksLimit: 9, callback: formatTick },
      },
    },
  };
}

/** Label the decades of a logarithmic axis, with 2 and 5 between them where there is room. */
function formatTick(value, _index, ticks) {
  if (this.type !== "logarithmic") return formatTickLoss(value);
  const digit = Number(value.toExponential().split("e")[0]);
  const decades = Math.log10(ticks[ticks.length - 1].value / ticks[0].value);
  const shown = decades > 3 ? [1] : decades > 1.5 ? [1, 3] : [1, 2, 3, 5, 7];
  if (!shown.includes(digit)) return null;
  const isShort = value >= 1e-4 && value < 1e5;
  return isShort ? String(Number(value.toPrecision(2))) : value.toExponential(0);
}
