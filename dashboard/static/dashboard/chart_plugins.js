/** What Chart.js does not draw: breaks, what was done to the job, and the crosshair. */

const CROSS_SIZE = 3.5;

/** Return where the mark of an event is; what came before the first step stands at it. */
export function stepPixel(scale, step) {
  return scale.getPixelForValue(Math.max(step, scale.min));
}

/** Marks losses that are not finite: a small cross at the top edge, in the task's colour. */
export const breakMarks = {
  id: "accBreaks",
  afterDatasetsDraw(chart) {
    const { ctx, chartArea, scales } = chart;
    ctx.save();
    ctx.lineWidth = 2;
    for (const dataset of chart.data.datasets) {
      ctx.strokeStyle = dataset.accColour;
      for (const { step } of dataset.accMarks ?? []) {
        const x = scales.x.getPixelForValue(step);
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

/** Draws a line where something was done to the job: at `options.steps`, one of them `chosen`. */
export const eventLines = {
  id: "accEvents",
  beforeDatasetsDraw(chart, _args, options) {
    const { ctx, chartArea, scales } = chart;
    ctx.save();
    for (const step of options.steps ?? []) {
      const isChosen = step === options.chosen;
      ctx.strokeStyle = isChosen ? options.chosenColour : options.colour;
      ctx.fillStyle = ctx.strokeStyle;
      ctx.lineWidth = isChosen ? 2.5 : 1;
      ctx.setLineDash(isChosen ? [] : [2, 4]);
      const x = Math.round(stepPixel(scales.x, step)) + 0.5;
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
    const { ctx, chartArea, scales } = chart;
    const x = Math.round(scales.x.getPixelForValue(chart.accStep)) + 0.5;
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
