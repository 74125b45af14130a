/**
 * One curve: buckets of steps, kept few however long the job runs.
 *
 * A bucket has its steps (`firsts` to `steps`), its extremes (`lows`, `highs`), its mean (`values`)
 * and how many losses it holds (`counts`). A recorded point is a bucket of one step. A loss that is
 * not finite is a bucket of its own whose mean is NaN; `marks` has its kind.
 */

/**
 * Buckets that a series may hold. Above it they are folded to a quarter; no screen is wide
 * enough to show the difference, and every spike stays.
 */
export const HELD_MAX = 8000;

/** Marks (points that are not finite) that a series may hold; the oldest go first. */
const MARKS_MAX = 500;

const COLUMNS = ["firsts", "steps", "lows", "highs", "values", "counts"];

/** @returns a series without buckets */
export function emptySeries() {
  return { firsts: [], steps: [], lows: [], highs: [], values: [], counts: [], marks: [] };
}

/** Return recorded points as a series. `values` are finite or NaN; NaN has its kind in `marks`. */
export function pointSeries(steps, values, marks = []) {
  const counts = values.map((value) => (Number.isNaN(value) ? 0 : 1));
  return { firsts: steps, steps, lows: values, highs: values, values, counts, marks };
}

/**
 * Return one series of a loss_history answer with `bands=true`.
 *
 * @param band {first_step: [], last_step: [], low: [], high: [], mean: [], count: []}
 * @param {{step: number, kind: string}[]} marks the series' losses that are not finite, in order
 */
export function bandSeries(band, marks) {
  const series = emptySeries();
  let next = 0;
  const breaksBefore = (step) => {
    for (; next < marks.length && marks[next].step < step; next += 1) {
      push(series, [marks[next].step, marks[next].step, NaN, NaN, NaN, 0]);
    }
  };
  band.last_step.forEach((last, at) => {
    breaksBefore(last);
    const { first_step: firsts, low, high, mean, count } = band;
    push(series, [firsts[at], last, low[at], high[at], mean[at], count[at]]);
  });
  breaksBefore(Infinity);
  return { ...series, marks };
}

/** Return the series with another one after it. */
export function append(series, more) {
  if (more.steps.length === 0) return series;
  const grown = { marks: series.marks.concat(more.marks).slice(-MARKS_MAX) };
  for (const name of COLUMNS) grown[name] = series[name].concat(more[name]);
  return grown.steps.length > HELD_MAX ? fold(grown, HELD_MAX / 4) : grown;
}

/** Return the buckets that lie between two steps as a whole, both included. */
export function between(series, first, last) {
  const end = firstAfter(series.steps, last);
  let begin = firstAfter(series.steps, first - 1);
  while (begin < end && series.firsts[begin] < first) begin += 1;
  if (begin === 0 && end === series.steps.length) return series;
  return sliced(series, begin, end, ({ step }) => step >= first && step <= last);
}

/** Return the buckets in sight, and one more on either side so that lines reach the edges. */
export function around(series, first, last) {
  const begin = Math.max(0, firstAfter(series.steps, first - 1) - 1);
  const end = Math.min(series.steps.length, firstAfter(series.firsts, last) + 1);
  if (begin === 0 && end === series.steps.length) return series;
  return sliced(series, begin, end, ({ step }) => step >= first && step <= last);
}

function sliced(series, begin, end, isKept) {
  const cut = { marks: series.marks.filter(isKept) };
  for (const name of COLUMNS) cut[name] = series[name].slice(begin, end);
  return cut;
}

/** Whether a bucket holds steps on both sides of a step, so that nobody can part it here. */
export function straddles(series, step) {
  const at = firstAfter(series.steps, step);
  return at < series.steps.length && series.firsts[at] <= step;
}

/** Return the series with a finer copy of a part of it in that part's place. */
export function spliced(series, finer, first, last) {
  const parts = [
    between(series, 0, first - 1),
    between(finer, first, last),
    between(series, last + 1, Infinity),
  ];
  const whole = { marks: parts.flatMap(({ marks }) => marks) };
  for (const name of COLUMNS) whole[name] = parts.flatMap((part) => part[name]);
  return whole;
}

/** Return the index of the first step greater than `step`; the length if there is none. */
function firstAfter(steps, step) {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] <= step) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Return the index of the bucket nearest to `step`; -1 for an empty series. */
export function nearest({ firsts, steps }, step) {
  const after = firstAfter(steps, step - 1);
  if (after === 0) return steps.length ? 0 : -1;
  if (after === steps.length) return after - 1;
  return firsts[after] - step < step - steps[after - 1] ? after : after - 1;
}

/** Whether a series has a bucket on both sides of a step, or one within `reach` steps of it. */
export function isWithin({ firsts, steps }, step, reach) {
  return steps.length > 0 && step >= firsts[0] - reach && step <= steps.at(-1) + reach;
}

/**
 * Return the series in about one bucket a column.
 *
 * A spike of one step stays an extreme of its bucket; a value that is not finite stays too, since
 * it breaks the line. A series with at most two buckets a column stays as it is.
 */
export function fold(series, columns) {
  const { firsts, steps, values, marks } = series;
  if (steps.length <= 2 * columns) return series;
  const width = (steps[steps.length - 1] - firsts[0] + 1) / columns;
  const folded = { ...emptySeries(), marks };
  let start = 0;
  while (start < steps.length) {
    const column = Math.floor((firsts[start] - firsts[0]) / width);
    let end = start;
    while (end < steps.length && Math.floor((firsts[end] - firsts[0]) / width) === column) end += 1;
    const whole = merged(series, start, end);
    if (whole[5] > 0) push(folded, whole);
    let broken = start;
    while (broken < end && !Number.isNaN(values[broken])) broken += 1;
    if (broken < end) push(folded, [steps[broken], steps[end - 1], NaN, NaN, NaN, 0]);
    start = end;
  }
  return folded;
}

/** Return the bucket [first, last, low, high, mean, count] of those from `start` to before `end`. */
function merged({ firsts, steps, lows, highs, values, counts }, start, end) {
  let [low, high, sum, count] = [Infinity, -Infinity, 0, 0];
  for (let at = start; at < end; at += 1) {
    if (counts[at] === 0) continue;
    low = Math.min(low, lows[at]);
    high = Math.max(high, highs[at]);
    sum += values[at] * counts[at];
    count += counts[at];
  }
  return [firsts[start], steps[end - 1], low, high, sum / count, count];
}

function push(series, bucket) {
  COLUMNS.forEach((name, at) => series[name].push(bucket[at]));
}

/** Return the middle step of each bucket: where its mean is drawn. */
export function middles({ firsts, steps }) {
  return steps.map((last, at) => (firsts[at] + last) / 2);
}

/**
 * Return the means smoothed by an exponential mean over `span` steps to either side.
 *
 * Both sides, so that a falling curve is not drawn too late. It goes by steps and by the losses
 * of each bucket, so a folded series smooths like a whole one; a value that is not finite stays
 * as it is and counts for none of the others.
 */
export function smooth(series, span) {
  const steps = middles(series);
  const { values, counts } = series;
  const before = decayingSums(steps, values, counts, span);
  const reversed = [steps, values, counts].map((column) => [...column].reverse());
  const after = decayingSums(...reversed, span).reverse();
  return values.map((value, at) => {
    if (Number.isNaN(value)) return value;
    // The bucket itself is in both sums.
    const sum = before[at].sum + after[at].sum - value * counts[at];
    return sum / (before[at].weight + after[at].weight - counts[at]);
  });
}

function decayingSums(steps, values, counts, span) {
  let sum = 0;
  let weight = 0;
  return values.map((value, at) => {
    const keep = at === 0 ? 0 : Math.exp(-Math.abs(steps[at] - steps[at - 1]) / span);
    sum = keep * sum + (counts[at] ? value * counts[at] : 0);
    weight = keep * weight + counts[at];
    return { sum, weight };
  });
}
