/** Shares of the total loss, as live messages tell them. */

import assert from "node:assert/strict";
import test from "node:test";

import { holdsLatest, sharesOf, withLatest } from "../../dashboard/static/dashboard/shares.js";

const message = (first, series, total, weights = { recon: 1, kl: 1 }) => ({
  job: 1,
  first_step: first,
  steps: total.length,
  series,
  total,
  weights,
});

test("a share is the weighted loss against the total, over all steps of a message", () => {
  const told = message(1, { recon: [1, 3], kl: [20, 20] }, [3, 5], { recon: 1, kl: 0.1 });
  assert.deepEqual([...sharesOf([told])], [["recon", 0.5], ["kl", 0.5]]);
});

test("where one task takes part a step, each has its share of the steps together", () => {
  const turns = [
    message(1, { recon: [1], kl: [null] }, [1]),
    message(2, { recon: [null], kl: [2] }, [2]),
    message(3, { recon: [1], kl: [null] }, [1]),
  ];
  const recent = turns.reduce(withLatest, []);
  assert.deepEqual([...sharesOf(recent).values()], [0.5, 0.5]);
});

test("a step that is not finite does not count, and without any total there is no share", () => {
  const series = { recon: [null, 1], kl: [5, 1] };
  assert.deepEqual([...sharesOf([message(1, series, [null, 2])]).values()], [0.5, 0.5]);
  assert.equal(sharesOf([message(1, series, [null, null])]).size, 0);
  assert.equal(sharesOf([message(1, { kl: [5] }, [0], { kl: 0 })]).size, 0);
});

test("only the latest hundred steps count, also where a message reaches beyond them", () => {
  const early = message(1, { recon: Array(60).fill(9) }, Array(60).fill(9));
  const late = message(61, { kl: Array(90).fill(1) }, Array(90).fill(1));
  const recent = [early, late].reduce(withLatest, []);
  assert.deepEqual([...sharesOf(recent)], [["recon", 0.5], ["kl", 0.5]]);
  const later = withLatest(recent, message(151, { kl: [1] }, [1]));
  assert.equal(later.length, 3);
  assert.equal(withLatest(later, message(152, { kl: Array(99).fill(1) }, Array(99).fill(1))).length, 2);
});

test("after a gap there is nothing to say until a hundred steps are known again", () => {
  const before = withLatest([], message(1, { kl: [1] }, [1]));
  assert.ok(holdsLatest(before));
  const after = withLatest(before, message(500, { kl: [1] }, [1]));
  assert.equal(after.length, 1);
  assert.ok(!holdsLatest(after));
  const further = withLatest(after, message(501, { kl: Array(99).fill(1) }, Array(99).fill(1)));
  assert.ok(holdsLatest(further));
  assert.ok(!holdsLatest(withLatest(further, { ...message(601, { kl: [1] }, [1]), job: 2 })));
});
