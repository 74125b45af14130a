/** The plane of a latent: places, groups, and the point under the pointer. */

import assert from "node:assert/strict";
import test from "node:test";

import { groupsOf, nearestAt, placed } from "../../dashboard/static/dashboard/plane.js";

test("points keep their distances and stay inside", () => {
  const box = { width: 220, height: 120, margin: 10 };
  const places = placed([[0, 0], [10, 0], [0, 5]], box); // prettier-ignore
  assert.deepEqual(places, [[10, 110], [210, 110], [10, 10]]); // prettier-ignore
});

test("one point is in the middle", () => {
  assert.deepEqual(placed([[3, 4]], { width: 100, height: 60, margin: 5 }), [[50, 30]]);
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
