/** Which steps are in sight: zooming and moving. */

import assert from "node:assert/strict";
import test from "node:test";

import { panned, rangeOf, visible, zoomed } from "../../dashboard/static/dashboard/range.js";

test("the whole view grows with the job, and so does one that ends at the last step", () => {
  assert.deepEqual(visible(null, 100), { from: 1, to: 100 });
  assert.deepEqual(visible(null, 200), { from: 1, to: 200 });
  const end = rangeOf(50, 100, 100);
  assert.deepEqual(end, { from: 50, to: null });
  assert.deepEqual(visible(end, 200), { from: 50, to: 200 });
});

test("a part in the middle stays where it is while the job goes on", () => {
  const part = rangeOf(60, 40, 100);
  assert.deepEqual(part, { from: 40, to: 60 });
  assert.deepEqual(visible(part, 5000), { from: 40, to: 60 });
});

test("zooming in and out again at a step comes back to the whole", () => {
  const inside = zoomed(null, 10_000, 2500, 0.5);
  const { from, to } = visible(inside, 10_000);
  assert.ok(Math.abs(to - from - 5000) <= 1);
  // The step under the pointer stays at its place.
  assert.ok(Math.abs((2500 - from) / (to - from) - 0.25) < 0.001);
  assert.equal(zoomed(inside, 10_000, 2500, 2.1), null);
});

test("no view is narrower than a few steps, wherever it is", () => {
  for (const at of [1, 50, 100]) {
    let range = null;
    for (let times = 0; times < 40; times += 1) range = zoomed(range, 100, at, 0.5);
    const { from, to } = visible(range, 100);
    assert.ok(to - from >= 3 && from >= 1 && to <= 100, `${from} to ${to}`);
    assert.ok(from <= at && at <= to);
  }
});

test("moving keeps the width and stops at either end", () => {
  const part = { from: 40, to: 60 };
  assert.deepEqual(panned(part, 100, 0.5), { from: 50, to: 70 });
  assert.deepEqual(panned(part, 100, 99), { from: 80, to: null });
  assert.deepEqual(panned(part, 100, -99), { from: 1, to: 21 });
  assert.equal(panned(null, 100, 0.5), null);
});

test("a range beyond a job's end shows what there is", () => {
  assert.deepEqual(visible({ from: 500, to: 900 }, 100), { from: 99, to: 100 });
});
