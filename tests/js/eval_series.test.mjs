/** Metrics over the steps of a job, and the evaluation nearest to a step. */

import assert from "node:assert/strict";
import test from "node:test";

import {
  framesOf,
  meanOf,
  nearestPoint,
  placesOf,
  reachOf,
} from "../../dashboard/static/dashboard/eval_series.js";

const POINTS = [
  { step: 50, value: 10 },
  { step: 100, value: null },
  { step: 150, value: 20 },
];

test("the nearest evaluation is found from both sides, and none among none", () => {
  assert.equal(nearestPoint(POINTS, 0), 0);
  assert.equal(nearestPoint(POINTS, 80), 1);
  assert.equal(nearestPoint(POINTS, 9999), 2);
  assert.equal(nearestPoint([], 5), -1);
});

test("the reach is that of the values in sight, and has room where all are equal", () => {
  assert.deepEqual(reachOf(POINTS, { from: 0, to: 200 }), { low: 10, high: 20 });
  assert.deepEqual(reachOf(POINTS, { from: 0, to: 60 }), { low: 9.5, high: 10.5, isFlat: true });
  assert.equal(reachOf(POINTS, { from: 90, to: 110 }), null);
});

test("points stand where their steps do, the highest on top, and one that is no number nowhere", () => {
  const box = { height: 50, margin: 5 };
  const places = placesOf(POINTS, (step) => step * 2, { low: 10, high: 20 }, box);
  assert.deepEqual(
    places.map(({ x, y }) => [x, y]),
    [
      [100, 45],
      [300, 5],
    ],
  );
});

test("pictures of one evaluation are one frame, whatever datasets they are of", () => {
  const row = (eval_id, step, dataset) => ({ eval_id, step, dataset, sheet: "", psnr: [] });
  const frames = framesOf([row(1, 50, "a"), row(1, 50, "b"), row(2, 100, "a")]);
  assert.deepEqual(
    frames.map(({ step, sets }) => [step, sets.map(({ dataset }) => dataset)]),
    [
      [50, ["a", "b"]],
      [100, ["a"]],
    ],
  );
});

test("the mean passes over what is no number", () => {
  assert.equal(meanOf([10, null, 20]), 15);
  assert.equal(meanOf([null]), null);
});
