/** One curve: its steps and values, kept small however long the job runs. */

/**
 * Points that a series may hold. Above it the series is thinned to half; no screen is wide
 * enough to show the difference, and every spike stays.
 */
export const HELD_MAX = 8000;

/** Marks (points that are not finite) that a series may hold; the oldest go first. */
const MARKS_MAX = 500;

/** @returns a series without points. `values` are finite or NaN; NaN has its kind in `marks`. */
export function emptySeries() {
  return { steps: [], values: [], marks: [] };
}

/** Return the series with more points after it; the steps must ascend. */
export function append(series, steps, values, marks = []) {
  if (steps.length === 0) return series;
  const grown = {
    steps: series.steps.concat(steps),
    values: series.values.concat(values),
    marks: series.marks.concat(marks).slice(-MARKS_MAX),
  };
  return grown.steps.length > HELD_MAX ? thin(grown, HELD_MAX / 4) : grown;
}

/** Return the series without the points after a step. */
export function truncate(series, lastStep) {
  const count = firstAfter(series.steps, lastStep);
  if (count === series.steps.length) return series;
  return {
    steps: series.steps.slice(0, count),
    values: series.values.slice(0, count),
    marks: series.marks.filter((mark) => mark.step <= lastStep),
  };
}

/** Return the index of the first step greater than `step`; the length if there is none. */
export function firstAfter(steps, step) {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] <= step) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Return the index of the step nearest to `step`; -1 for an empty series. */
export function nearest(steps, step) {
  const after = firstAfter(steps, step);
  if (after === 0) return steps.length ? 0 : -1;
  if (after === steps.length) return after - 1;
  return steps[after] - step < step - steps[after - 1] ? after : after - 1;
}

/**
 * Return the series in at most two points a column (three where a point is not finite).
 *
 * Each column keeps its least and greatest value in their order, so that a spike of one step
 * is still there; a value that is not finite stays too, since it breaks the line.
 */
export function thin(series, columns) {
  const { steps, values, marks } = series;
  if (steps.length <= 2 * columns) return series;
  const first = steps[0];
  const width = (steps[steps.length - 1] - first + 1) / columns;
  const kept = [];
  let start = 0;
  while (start < steps.length) {
    const column = Math.floor((steps[start] - first) / width);
    let end = start;
    let low = -1;
    let high = -1;
    let broken = -1;
    while (end < steps.length && Math.floor((steps[end] - first) / width) === column) {
      const value = values[end];
      if (Number.isNaN(value)) broken = end;
      else {
        if (low < 0 || value < values[low]) low = end;
        if (high < 0 || value >= values[high]) high = end;
      }
      end += 1;
    }
    kept.push(...[...new Set([low, high, broken])].filter((at) => at >= 0).sort((a, b) => a - b));
    start = end;
  }
  return { steps: kept.map((at) => steps[at]), values: kept.map((at) => values[at]), marks };
}

/**
 * Return the values smoothed by an exponential mean over `span` steps to either side.
 *
 * Both sides, so that a falling curve is not drawn too late. It goes by steps and not by
 * points, so a thinned series smooths like a whole one; a value that is not finite stays as it
 * is and counts for none of the others.
 */
export function smooth(steps, values, span) {
  const before = decayingSums(steps, values, span);
  const after = decayingSums([...steps].reverse(), [...values].reverse(), span).reverse();
  return values.map((value, at) => {
    if (Number.isNaN(value)) return value;
    // The point itself is in both sums.
    return (before[at].sum + after[at].sum - value) / (before[at].weight + after[at].weight - 1);
  });
}

function decayingSums(steps, values, span) {
  let sum = 0;
  let weight = 0;
  return values.map((value, at) => {
    const keep = at === 0 ? 0 : Math.exp(-Math.abs(steps[at] - steps[at - 1]) / span);
    const counts = Number.isNaN(value) ? 0 : 1;
    sum = keep * sum + (counts ? value : 0);
    weight = keep * weight + counts;
    return { sum, weight };
  });
}
