/** One curve: thinning, cutting and smoothing. */

import assert from "node:assert/strict";
import test from "node:test";

import {
  append,
  emptySeries,
  HELD_MAX,
  nearest,
  smooth,
  thin,
  truncate,
} from "../../dashboard/static/dashboard/series.js";

function ramp(count, value = (step) => 1 / step) {
  const steps = Array.from({ length: count }, (_, at) => at + 1);
  return append(emptySeries(), steps, steps.map(value));
}

test("a thinned series has at most two points a column", () => {
  const thinned = thin(ramp(7000), 300);
  assert.ok(thinned.steps.length <= 600);
  assert.deepEqual(thinned.steps, [...thinned.steps].sort((a, b) => a - b));
});

test("a spike of one step survives thinning, up and down", () => {
  const thinned = thin(ramp(7000, (step) => ({ 3333: 50, 5000: -50 })[step] ?? 1), 100);
  assert.equal(thinned.values[thinned.steps.indexOf(3333)], 50);
  assert.equal(thinned.values[thinned.steps.indexOf(5000)], -50);
});

test("a break survives thinning beside its column's least and greatest value", () => {
  const thinned = thin(ramp(1000, (step) => (step === 500 ? NaN : step)), 10);
  assert.ok(thinned.values.some(Number.isNaN));
  assert.ok(thinned.values.includes(401) && thinned.values.includes(499));
});

test("memory is bounded: a series of a million points holds a few thousand", () => {
  let series = emptySeries();
  for (let first = 1; first <= 1_000_000; first += 1000) {
    const steps = Array.from({ length: 1000 }, (_, at) => first + at);
    series = append(series, steps, steps.map((step) => (step === 123_456 ? 99 : 1)));
  }
  assert.ok(series.steps.length <= HELD_MAX);
  assert.equal(series.steps[0], 1);
  assert.ok(series.values.includes(99));
});

test("truncate removes the points and marks after a step", () => {
  const series = append(emptySeries(), [1, 2, 4], [1, NaN, NaN], [
    { step: 2, kind: "nan" },
    { step: 4, kind: "inf" },
  ]);
  const cut = truncate(series, 3);
  assert.deepEqual(cut.steps, [1, 2]);
  assert.deepEqual(cut.marks, [{ step: 2, kind: "nan" }]);
  assert.equal(truncate(series, 4), series);
});

test("nearest finds the closest recorded step", () => {
  assert.equal(nearest([], 5), -1);
  assert.equal(nearest([10, 20, 30], 14), 0);
  assert.equal(nearest([10, 20, 30], 16), 1);
  assert.equal(nearest([10, 20, 30], 99), 2);
});

test("smoothing keeps a constant, damps noise and passes over a break", () => {
  assert.deepEqual(smooth([1, 2, 3], [4, 4, 4], 10), [4, 4, 4]);
  const noisy = smooth([1, 2, 3, 4], [0, 1, 0, 1], 10);
  assert.ok(Math.max(...noisy) < 0.6 && Math.min(...noisy) > 0.4);
  const broken = smooth([1, 2, 3], [1, NaN, 1], 10);
  assert.deepEqual([broken[0], Number.isNaN(broken[1]), broken[2]], [1, true, 1]);
});

test("smoothing goes by steps, so a thinned series smooths like a whole one", () => {
  const whole = ramp(2000, (step) => Math.exp(-step / 500));
  const thinned = thin(whole, 200);
  const last = (series) => smooth(series.steps, series.values, 100).at(-1);
  assert.ok(Math.abs(last(whole) - last(thinned)) < 0.005);
});

test("a falling line is smoothed to itself, not to a later one", () => {
  const line = ramp(1001, (step) => 2000 - step);
  const smoothed = smooth(line.steps, line.values, 50);
  assert.ok(Math.abs(smoothed[500] - line.values[500]) < 0.01);
});
