/** Figures as they are written. */

import assert from "node:assert/strict";
import test from "node:test";

import { formatTickLoss } from "../../dashboard/static/dashboard/format.js";

test("a tick of an axis loses the zeros that say nothing, and no others", () => {
  const written = [0, 0.5, 1, 15, 500, 1000, 1500, 20000, 2e10, 1e-10, -0.25].map(formatTickLoss);
  const wanted = ["0", "0.5", "1", "15", "500", "1000", "1500", "20000", "2e10", "1e-10", "-0.25"];
  assert.deepEqual(written, wanted);
});
