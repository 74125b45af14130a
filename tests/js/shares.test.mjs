/** Shares of the total loss, as a live message tells them. */

import assert from "node:assert/strict";
import test from "node:test";

import { sharesOf } from "../../dashboard/static/dashboard/shares.js";

test("a share is the weighted loss against the total, over all steps of the message", () => {
  const shares = sharesOf({
    series: { recon: [1, 3], kl: [20, 20] },
    weights: { recon: 1, kl: 0.1 },
    total: [3, 5],
  });
  assert.deepEqual([...shares], [["recon", 0.5], ["kl", 0.5]]);
});

test("where one task takes part a step, each has its share of the steps together", () => {
  const shares = sharesOf({
    series: { recon: [1, null, 1], kl: [null, 2, null] },
    weights: { recon: 1, kl: 1 },
    total: [1, 2, 1],
  });
  assert.deepEqual([...shares.values()], [0.5, 0.5]);
});

test("a step that is not finite does not count, and without any total there is no share", () => {
  const broken = { series: { recon: [null, 1], kl: [5, 1] }, weights: { recon: 1, kl: 1 } };
  assert.deepEqual([...sharesOf({ ...broken, total: [null, 2] }).values()], [0.5, 0.5]);
  assert.equal(sharesOf({ ...broken, total: [null, null] }).size, 0);
  const unweighted = { series: { kl: [5] }, weights: { kl: 0 }, total: [0] };
  assert.equal(sharesOf(unweighted).size, 0);
});
