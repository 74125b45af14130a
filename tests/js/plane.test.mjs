/** The plane of a latent: places, groups, and the point under the pointer. */

import assert from "node:assert/strict";
import test from "node:test";

import { frameOf, groupsOf, nearestAt, ticksOf } from "../../dashboard/static/dashboard/plane.js";

/** Return the pixels of points in a box. */
function placed(points, box) {
  return points.map(frameOf(points, box).place);
}

test("points keep their distances and stay inside", () => {
  const box = { width: 220, height: 120, margin: 10 };
  const places = placed([[0, 0], [10, 0], [0, 5]], box); // prettier-ignore
  assert.deepEqual(places, [[10, 110], [210, 110], [10, 10]]); // prettier-ignore
});

test("one point is in the middle", () => {
  assert.deepEqual(placed([[3, 4]], { width: 100, height: 60, margin: 5 }), [[50, 30]]);
});

test("the axes have room of their own, and the values in sight are known", () => {
  const box = { width: 260, height: 150, margin: 10, left: 40, bottom: 30 };
  const points = [[0, 0], [10, 0], [0, 5]]; // prettier-ignore
  assert.deepEqual(placed(points, box), [[50, 110], [250, 110], [50, 10]]); // prettier-ignore
  assert.deepEqual(frameOf(points, box).reach, [{ low: -0.5, high: 10.5 }, { low: -0.5, high: 5.5 }]); // prettier-ignore
});

test("ticks are round values in sight", () => {
  const texts = (low, high, wanted) => ticksOf({ low, high }, wanted).map(({ text }) => text);
  assert.deepEqual(texts(-70.3, 71, 4), ["-50", "0", "50"]);
  assert.deepEqual(texts(-0.26, 0.31, 6), ["-0.2", "-0.1", "0.0", "0.1", "0.2", "0.3"]);
  assert.deepEqual(texts(3.11, 3.19, 0.4), []);
  assert.deepEqual(texts(-2.5, 2.5, 5), ["-2", "-1", "0", "1", "2"]);
});

test("classes are groups in their order", () => {
  const found = groupsOf({ points: [1, 2, 3], targets: [7, 2, 7], target_type: "classes" });
  assert.deepEqual(found, { of: [1, 0, 1], names: ["2", "7"] });
});

test("other values are put into ranges, the largest into the last", () => {
  const found = groupsOf({ points: [1, 2, 3], targets: [0, 5, 10], target_type: "float" });
  assert.deepEqual(found.of, [0, 2, 4]);
  assert.equal(found.names[0], "0.00 to 2.00");
});

test("without targets all are one group", () => {
  assert.deepEqual(groupsOf({ points: [1, 2], targets: null }), { of: [0, 0], names: ["images"] });
});

test("the nearest point within reach is found, and none beyond it", () => {
  const places = [[0, 0], [10, 0]]; // prettier-ignore
  assert.equal(nearestAt(places, 7, 1, 5), 1);
  assert.equal(nearestAt(places, 50, 50, 5), -1);
});
