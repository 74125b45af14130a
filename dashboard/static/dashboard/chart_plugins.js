/** What Chart.js does not draw: breaks, what was done to the job, and the crosshair. */

const CROSS_SIZE = 3.5;
const SPIKE_SIZE = 4.5;

/** Return where the mark of an event is; what came before the first step stands at it. */
export function stepPixel(chart, step) {
  return chart.scales.x.getPixelForValue(chart.accAxis.of(Math.max(step, 1)));
}

function pixel(scale, value) {
  return scale.getPixelForValue(value);
}

/** Fills the range of each bucket behind its curve: `dataset.accBand`. */
export const bands = {
  id: "accBands",
  beforeDatasetsDraw(chart) {
    const { ctx, chartArea, scales } = chart;
    ctx.save();
    ctx.beginPath();
    ctx.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height);
    ctx.clip();
    for (const { accBand, accColour } of chart.data.datasets) {
      if (!accBand?.length) continue;
      ctx.fillStyle = `${accColour}38`;
      ctx.beginPath();
      for (const { x, high } of accBand) ctx.lineTo(pixel(scales.x, x), pixel(scales.y, high));
      for (const { x, low } of [...accBand].reverse()) {
        // A logarithm has no place for 0 and below: the band then goes down to the edge.
        const foot = pixel(scales.y, low);
        ctx.lineTo(pixel(scales.x, x), Number.isFinite(foot) ? foot : chartArea.bottom);
      }
      ctx.fill();
    }
    ctx.restore();
  },
};

/** Marks losses that are not finite: a small cross at the top edge, in the task's colour. */
export const breakMarks = {
  id: "accBreaks",
  afterDatasetsDraw(chart) {
    const { ctx, chartArea } = chart;
    ctx.save();
    ctx.lineWidth = 2;
    for (const dataset of chart.data.datasets) {
      ctx.strokeStyle = dataset.accColour;
      for (const { step } of dataset.accMarks ?? []) {
        const x = stepPixel(chart, step);
        if (x < chartArea.left || x > chartArea.right) continue;
        const y = chartArea.top + CROSS_SIZE + 2;
        ctx.beginPath();
        ctx.moveTo(x - CROSS_SIZE, y - CROSS_SIZE);
        ctx.lineTo(x + CROSS_SIZE, y + CROSS_SIZE);
        ctx.moveTo(x + CROSS_SIZE, y - CROSS_SIZE);
        ctx.lineTo(x - CROSS_SIZE, y + CROSS_SIZE);
        ctx.stroke();
      }
    }
    ctx.restore();
  },
};

/** Points at spikes from the top edge, in the colour of their task: `options.spikes`. */
export const spikeMarks = {
  id: "accSpikes",
  afterDatasetsDraw(chart) {
    const { ctx, chartArea, options } = chart;
    const shown = chart.data.datasets.filter(({ accTask }) => accTask);
    const colours = new Map(shown.map(({ accTask, accColour }) => [accTask, accColour]));
    ctx.save();
    for (const { step, task } of options.plugins.accEvents.spikes ?? []) {
      const x = stepPixel(chart, step);
      if (!colours.has(task) || x < chartArea.left || x > chartArea.right) continue;
      ctx.fillStyle = colours.get(task);
      ctx.beginPath();
      ctx.moveTo(x - SPIKE_SIZE, chartArea.top);
      ctx.lineTo(x + SPIKE_SIZE, chartArea.top);
      ctx.lineTo(x, chartArea.top + 2 * SPIKE_SIZE);
      ctx.fill();
    }
    ctx.restore();
  },
};

/** Draws a line where something was done to the job: at `options.steps`, one of them `chosen`. */
export const eventLines = {
  id: "accEvents",
  beforeDatasetsDraw(chart, _args, options) {
    const { ctx, chartArea } = chart;
    ctx.save();
    for (const step of options.steps ?? []) {
      const isChosen = step === options.chosen;
      ctx.strokeStyle = isChosen ? options.chosenColour : options.colour;
      ctx.fillStyle = ctx.strokeStyle;
      ctx.lineWidth = isChosen ? 2.5 : 1;
      ctx.setLineDash(isChosen ? [] : [2, 4]);
      const x = Math.round(stepPixel(chart, step)) + 0.5;
      if (x < chartArea.left || x > chartArea.right) continue;
      ctx.beginPath();
      ctx.moveTo(x, chartArea.top);
      ctx.lineTo(x, chartArea.bottom);
      ctx.stroke();
      ctx.beginPath();
      ctx.moveTo(x - 4, chartArea.bottom);
      ctx.lineTo(x + 4, chartArea.bottom);
      ctx.lineTo(x, chartArea.bottom - 6);
      ctx.fill();
    }
    ctx.restore();
  },
};

/** Draws the vertical line under the pointer; `chart.accStep` says where, null for nowhere. */
export const crosshairLine = {
  id: "accCrosshair",
  afterDatasetsDraw(chart, _args, options) {
    if (chart.accStep === null || chart.accStep === undefined) return;
    const { ctx, chartArea } = chart;
    const x = Math.round(stepPixel(chart, chart.accStep)) + 0.5;
    if (x < chartArea.left || x > chartArea.right + 1) return;
    ctx.save();
    ctx.strokeStyle = options.colour;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(x, chartArea.top);
    ctx.lineTo(x, chartArea.bottom);
    ctx.stroke();
    ctx.restore();
  },
};
