/**
 * Which steps of the curves are in sight, as pure functions.
 *
 * A range is null for all steps, or {from, to}; `to` is null while the view ends at the last step,
 * so that what is recorded next comes into sight.
 */

/** No view is narrower than so many steps. */
const STEPS_MIN = 4;

/** Return the first and the last step in sight. */
export function visible(range, lastStep) {
  const end = Math.max(lastStep, 2);
  if (range === null) return { from: 1, to: end };
  const to = Math.min(range.to ?? end, end);
  return { from: Math.max(1, Math.min(range.from, to - 1)), to };
}

/** Return the range from one step to another, in either order; null where that is everything. */
export function rangeOf(one, other, lastStep) {
  const end = Math.max(lastStep, 2);
  let from = Math.round(Math.max(1, Math.min(one, other)));
  let to = Math.round(Math.min(end, Math.max(one, other)));
  if (to - from < STEPS_MIN) {
    const middle = (from + to) / 2;
    from = Math.max(1, Math.min(Math.floor(middle - STEPS_MIN / 2), end - STEPS_MIN));
    to = Math.min(end, from + STEPS_MIN);
  }
  if (from <= 1 && to >= end) return null;
  return { from, to: to >= end ? null : to };
}

/** Return the range with `factor` times as many steps, the step `at` staying where it is. */
export function zoomed(range, lastStep, at, factor) {
  const { from, to } = visible(range, lastStep);
  return rangeOf(at - (at - from) * factor, at + (to - at) * factor, lastStep);
}

/** Return the range moved by a share of its width, as far as there are steps. */
export function panned(range, lastStep, share) {
  const { from, to } = visible(range, lastStep);
  const width = to - from;
  const start = Math.max(1, Math.min(from + share * width, Math.max(lastStep, 2) - width));
  return rangeOf(start, start + width, lastStep);
}
