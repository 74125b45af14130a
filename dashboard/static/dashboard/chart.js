/** Draws the curves with Chart.js, which a classic script has put into `window.Chart`. */

import { absencesOf, withBreaks } from "./absences.js";
import { breakMarks, crosshairLine, eventLines, stepPixel } from "./chart_plugins.js";
import { TOTAL } from "./follow.js";
import { formatCount, formatLoss } from "./format.js";
import { cssColour, styleOf } from "./palette.js";
import { smooth, thin } from "./series.js";

/** Return the events of a job that are worth a line on its curves. */
export function remarkable(events) {
  return events.filter((event) => !event.routine);
}

/** The chart of one canvas. */
export class LossChart {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {(name: string) => number} placeOf a task's place in the palette
   */
  constructor(canvas, placeOf) {
    this.placeOf = placeOf;
    this.datasets = new Map();
    /** Told after each drawing, be it of new points or in a new size. */
    this.onDrawn = () => {};
    const drawn = { id: "accDrawn", afterRender: () => this.onDrawn() };
    this.chart = new window.Chart(canvas, {
      type: "line",
      data: { datasets: [] },
      options: baseOptions(),
      plugins: [eventLines, breakMarks, crosshairLine, drawn],
    });
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
   * Show a state of `follow`.
   *
   * @param {{logarithmic: boolean, span: number, hidden: Set<string>, chosen: number|null}} view
   *   `span`: steps to smooth over, 0 for none; `chosen`: the step of the event that is looked at
   */
  draw(state, view) {
    const { chart } = this;
    chart.options.scales.y.type = view.logarithmic ? "logarithmic" : "linear";
    chart.options.scales.x.max = Math.max(state.lastStep, 2);
    chart.options.plugins.accEvents.steps = remarkable(state.events).map((event) => event.step);
    chart.options.plugins.accEvents.chosen = view.chosen;
    // The total is drawn last, so it lies under the tasks' lines.
    const names = [...state.series.keys()].filter((name) => name !== TOTAL);
    const absences = absencesOf(state.events);
    chart.data.datasets = [...names, TOTAL].flatMap((name) =>
      view.hidden.has(name)
        ? []
        : this.lines(name, state.series.get(name), view, absences.get(name)),
    );
    chart.update("none");
  }

  /** Return the datasets of one series: its points, and their smoothed course if wanted. */
  lines(name, series, view, spans) {
    const columns = Math.max(50, Math.floor(this.chart.width));
    const thinned = thin(series, columns);
    const raw = this.dataset(name, view.span > 0);
    raw.data = withBreaks(points(thinned.steps, thinned.values, view.logarithmic), spans);
    raw.accMarks = series.marks;
    if (view.span === 0) return [raw];
    const course = this.dataset(`${name} smoothed`, false, name);
    const values = smooth(series.steps, series.values, view.span);
    const fine = thin({ steps: series.steps, values, marks: [] }, columns);
    course.data = withBreaks(points(fine.steps, fine.values, view.logarithmic), spans);
    return [course, raw];
  }

  dataset(key, faint, name = key) {
    const id = `${key} ${faint}`;
    if (!this.datasets.has(id)) this.datasets.set(id, this.newDataset(id, name, faint));
    return this.datasets.get(id);
  }

  newDataset(id, name, faint) {
    const place = name === TOTAL ? 0 : this.placeOf(name);
    const colour = cssColour(name, place);
    return {
      label: id,
      accColour: colour,
      borderColor: faint ? `${colour}40` : colour,
      borderWidth: name === TOTAL ? 1.5 : 1.75,
      borderDash: name !== TOTAL && styleOf(place).dashed ? [6, 3] : [],
      data: [],
    };
  }

  /** Return the step under a position of the pointer; null outside of the curves. */
  stepAt(clientX) {
    const { canvas, chartArea, scales } = this.chart;
    const x = clientX - canvas.getBoundingClientRect().left;
    if (!chartArea || x < chartArea.left || x > chartArea.right) return null;
    return Math.max(1, Math.round(scales.x.getValueForPixel(x)));
  }

  /** Return where the mark of an event is, in pixels of the canvas; null outside of the curves. */
  pixelOf(step) {
    const { chartArea, scales } = this.chart;
    if (!chartArea) return null;
    const x = stepPixel(scales.x, step);
    return x < chartArea.left - 1 || x > chartArea.right + 1 ? null : x;
  }

  /** Draw the crosshair at a step, or none for null. */
  point(step) {
    if (this.chart.accStep === step) return;
    this.chart.accStep = step;
    this.chart.draw();
  }

  destroy() {
    this.chart.destroy();
  }
}

/** Return what Chart.js draws; NaN is a break, and a logarithm has no place for 0 and below. */
function points(steps, values, logarithmic) {
  return steps.map((x, at) => ({ x, y: logarithmic && values[at] <= 0 ? NaN : values[at] }));
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
        min: 1,
        title: title("step"),
        border: {},
        grid: { display: false },
        ticks: {
          maxRotation: 0,
          autoSkipPadding: 28,
          precision: 0,
          callback: (step) => formatCount(step),
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
  if (this.type !== "logarithmic") return formatLoss(value).replace(/\.?0+$/, "") || "0";
  const digit = Number(value.toExponential().split("e")[0]);
  const decades = Math.log10(ticks[ticks.length - 1].value / ticks[0].value);
  const shown = decades > 3 ? [1] : decades > 1.5 ? [1, 3] : [1, 2, 3, 5, 7];
  if (!shown.includes(digit)) return null;
  const isShort = value >= 1e-4 && value < 1e5;
  return isShort ? String(Number(value.toPrecision(2))) : value.toExponential(0);
}
