/** Points of a plane: where they are drawn, in which colour, and which one is under the pointer; pure. */

/** So many classes can be told apart by colour; beyond them colours repeat with other shapes. */
export const COLOURS = 8;

/** Ranges into which values are put that are no classes. */
const RANGES = 5;

/**
 * Return where points are drawn, in pixels; both axes have one scale, so that distances are true.
 *
 * @param {[number, number][]} points
 * @param {{width: number, height: number, margin: number}} box
 */
export function placed(points, { width, height, margin }) {
  const reach = [0, 1].map((axis) => {
    const values = points.map((point) => point[axis]);
    return { low: Math.min(...values), high: Math.max(...values) };
  });
  const spans = reach.map(({ low, high }) => high - low || 1);
  const scale = Math.min((width - 2 * margin) / spans[0], (height - 2 * margin) / spans[1]);
  const middles = reach.map(({ low, high }) => (low + high) / 2);
  return points.map(([x, y]) => [
    width / 2 + (x - middles[0]) * scale,
    height / 2 - (y - middles[1]) * scale,
  ]);
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
