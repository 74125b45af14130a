/** Metrics over the steps of a job, and which evaluation is nearest to a step; pure. */

/** Return the place of the point nearest to a step; -1 where there is none. */
export function nearestPoint(points, step) {
  return points.reduce((best, point, at) => {
    if (best < 0) return at;
    return Math.abs(point.step - step) < Math.abs(points[best].step - step) ? at : best;
  }, -1);
}

/**
 * Return the least and the greatest value of the points in sight; where all are equal, `isFlat` and
 * two values around them.
 */
export function reachOf(points, sight) {
  const seen = points.filter(({ step, value }) => value !== null && isIn(step, sight));
  if (seen.length === 0) return null;
  const values = seen.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (high > low) return { low, high };
  const room = Math.abs(low) * 0.05 || 0.5;
  return { low: low - room, high: high + room, isFlat: true };
}

/**
 * Return where the points of a metric are drawn, in order.
 *
 * @param points `[{step, value}]`; a value that is no finite number is null and has no place
 * @param {(step: number) => number} xOf pixels from the left edge of the curves
 * @param {{low: number, high: number}} reach
 * @param {{height: number, margin: number}} box
 * @returns {{x: number, y: number, point: object}[]}
 */
export function placesOf(points, xOf, reach, { height, margin }) {
  const share = (value) => (value - reach.low) / (reach.high - reach.low);
  return points
    .filter(({ value }) => value !== null)
    .map((point) => ({
      x: xOf(point.step),
      y: height - margin - share(point.value) * (height - 2 * margin),
      point,
    }));
}

/**
 * Return the evaluations that have pictures, in order of their steps, each with those of every
 * dataset that it was made of.
 *
 * @param rows `[{eval_id, step, dataset, sheet, psnr}]` in order
 */
export function framesOf(rows) {
  const frames = new Map();
  for (const row of rows) {
    if (!frames.has(row.eval_id)) frames.set(row.eval_id, { step: row.step, sets: [] });
    frames.get(row.eval_id).sets.push(row);
  }
  return [...frames.values()];
}

/** Return the mean of the likenesses that are numbers; null where none is. */
export function meanOf(psnr) {
  const known = psnr.filter((value) => value !== null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}

function isIn(step, { from, to }) {
  return step >= from && step <= to;
}
