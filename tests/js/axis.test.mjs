/** What the curves are drawn over. */

import assert from "node:assert/strict";
import test from "node:test";

import { axisOf, clockSpacing } from "../../dashboard/static/dashboard/axis.js";

test("ticks of time stand on whole seconds, minutes, hours and days", () => {
  assert.deepEqual(
    [6, 60, 400, 3600, 86400].map((seconds) => clockSpacing(seconds)),
    [1, 10, 60, 600, 10800],
  );
});

test("steps are where the clock says, and back", () => {
  const clock = [
    { step: 0, seconds: 0 },
    { step: 100, seconds: 50 },
  ];
  const axis = axisOf("time", { batchSize: 32, trainSizes: {}, clock });
  assert.equal(axis.of(50), 25);
  assert.equal(axis.step(25), 50);
  assert.equal(axis.tick(90), "1 min 30 s");
});
