/** Points of a plane: where they are drawn, in which colour, and which one is under the pointer; pure. */

/** So many classes can be told apart by colour; beyond them colours repeat with other shapes. */
export const COLOURS = 8;

/** Ranges into which values are put that are no classes. */
const RANGES = 5;

/**
 * Return where values are drawn, in pixels; both axes have one scale, so that distances are true.
 *
 * `place` gives the pixels of a point, `reach` the lowest and the highest value of each axis that
 * is in sight.
 *
 * @param {[number, number][]} points
 * @param {{width: number, height: number, margin: number, left?: number, bottom?: number}} box
 *   `left` and `bottom` are kept free for the axes, `margin` within the rest.
 */
export function frameOf(points, { width, height, margin, left = 0, bottom = 0 }) {
  const room = [width - left, height - bottom];
  const bounds = [0, 1].map((axis) => {
    const values = points.map((point) => point[axis]);
    return { low: Math.min(...values), high: Math.max(...values) };
  });
  const scale = Math.min(
    ...bounds.map(({ low, high }, axis) => (room[axis] - 2 * margin) / (high - low || 1)),
  );
  const middles = bounds.map(({ low, high }) => (low + high) / 2);
  return {
    place: ([x, y]) => [
      left + room[0] / 2 + (x - middles[0]) * scale,
      room[1] / 2 - (y - middles[1]) * scale,
    ],
    reach: middles.map((middle, axis) => {
      const half = room[axis] / 2 / scale;
      return { low: middle - half, high: middle + half };
    }),
  };
}

/** Return round values from `low` to `high` with their texts, about as many as `wanted` says. */
export function ticksOf({ low, high }, wanted) {
  const rough = (high - low) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((times) => times * power >= rough) * power;
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, at) => {
    const value = (first + at) * step;
    return { value, text: value.toFixed(decimals).replace(/^-(?=[0.]+$)/, "") };
  });
}

/**
 * Return the group of each point, and what the groups are called.
 *
 * Classes are groups of their own; other values are put into ranges of equal width.
 */
export function groupsOf({ points, targets, target_type: type }) {
  if (targets === null || targets === undefined) {
    return { of: points.map(() => 0), names: ["images"] };
  }
  if (type === "classes") {
    const classes = [...new Set(targets)].sort((one, other) => one - other);
    const places = new Map(classes.map((value, at) => [value, at]));
    return { of: targets.map((value) => places.get(value)), names: classes.map(String) };
  }
  const [low, high] = [Math.min(...targets), Math.max(...targets)];
  const width = (high - low) / RANGES || 1;
  const of = targets.map((value) => Math.min(RANGES - 1, Math.floor((value - low) / width)));
  const names = Array.from({ length: RANGES }, (_, at) =>
    [low + at * width, low + (at + 1) * width].map((edge) => edge.toPrecision(3)).join(" to "),
  );
  return { of, names };
}

/** Return the point nearest to a place, within `reach` pixels; -1 where none is. */
export function nearestAt(places, x, y, reach) {
  let best = -1;
  let least = reach * reach;
  for (const [at, [left, top]] of places.entries()) {
    const distance = (left - x) ** 2 + (top - y) ** 2;
    if (distance > least) continue;
    best = at;
    least = distance;
  }
  return best;
}
