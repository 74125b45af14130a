/** One curve: thinning, cutting and smoothing. */

import assert from "node:assert/strict";
import test from "node:test";

import {
  append,
  bandSeries,
  between,
  emptySeries,
  fold,
  HELD_MAX,
  isWithin,
  nearest,
  pointSeries,
  smooth,
  spliced,
  straddles,
} from "../../dashboard/static/dashboard/series.js";

function ramp(count, value = (step) => 1 / step) {
  const steps = Array.from({ length: count }, (_, at) => at + 1);
  return pointSeries(steps, steps.map(value));
}

test("a folded series has at most two buckets a column, in order, and no step twice", () => {
  const folded = fold(ramp(7000), 300);
  assert.ok(folded.steps.length <= 600);
  folded.firsts.slice(1).forEach((first, at) => assert.equal(first, folded.steps[at] + 1));
});

test("a spike of one step is still an extreme after folding, up and down", () => {
  const folded = fold(ramp(7000, (step) => ({ 3333: 50, 5000: -50 })[step] ?? 1), 100);
  const at = folded.steps.findIndex((last) => last >= 3333);
  assert.deepEqual([folded.lows[at], folded.highs[at]], [1, 50]);
  assert.equal(Math.min(...folded.lows), -50);
});

test("the mean of a bucket is that of its losses, however often it was folded", () => {
  const line = ramp(6400, (step) => step);
  const twice = fold(fold(line, 640), 64);
  twice.steps.forEach((last, at) =>
    assert.ok(Math.abs(twice.values[at] - (twice.firsts[at] + last) / 2) < 1e-6),
  );
  assert.equal(twice.counts.reduce((sum, count) => sum + count), 6400);
});

test("a break survives folding beside its column's least and greatest value", () => {
  const folded = fold(ramp(1000, (step) => (step === 500 ? NaN : step)), 10);
  assert.equal(folded.values.filter(Number.isNaN).length, 1);
  assert.ok(folded.lows.includes(401) && folded.highs.includes(499));
});

test("memory is bounded: a series of a million points holds a few thousand", () => {
  let series = emptySeries();
  for (let first = 1; first <= 1_000_000; first += 1000) {
    const steps = Array.from({ length: 1000 }, (_, at) => first + at);
    const losses = steps.map((step) => (step === 123_456 ? 99 : 1));
    series = append(series, pointSeries(steps, losses));
  }
  assert.ok(series.steps.length <= HELD_MAX);
  assert.equal(series.firsts[0], 1);
  assert.ok(series.highs.includes(99));
});

test("the server's buckets and its losses that are not finite become one series", () => {
  const band = { first_step: [1, 5], last_step: [4, 8], low: [1, 2], high: [9, 3] };
  const marks = [{ step: 3, kind: "nan" }, { step: 9, kind: "inf" }];
  const series = bandSeries({ ...band, mean: [4, 2.5], count: [3, 4] }, marks);
  assert.deepEqual(series.steps, [3, 4, 8, 9]);
  assert.deepEqual(series.values.map(Number.isNaN), [true, false, false, true]);
  assert.deepEqual(series.marks, marks);
});

test("a cut keeps whole buckets and the marks of its steps", () => {
  const marks = [{ step: 2, kind: "nan" }, { step: 4, kind: "inf" }];
  const series = pointSeries([1, 2, 4], [1, NaN, NaN], marks);
  const cut = between(series, 0, 3);
  assert.deepEqual(cut.steps, [1, 2]);
  assert.deepEqual(cut.marks, [{ step: 2, kind: "nan" }]);
  assert.equal(between(series, 0, 4), series);
});

test("only a bucket with steps on both sides of a step straddles it", () => {
  const folded = fold(ramp(100), 10);
  assert.deepEqual([10, 15].map((step) => straddles(folded, step)), [false, true]);
});

test("a finer copy takes its part's place, and no step is there twice", () => {
  const coarse = fold(ramp(1000, (step) => step), 10);
  const finer = between(ramp(1000, (step) => step), 151, 349);
  const whole = spliced(coarse, finer, 151, 349);
  const inside = between(whole, 151, 349);
  assert.deepEqual(inside.values, finer.values);
  whole.firsts.slice(1).forEach((first, at) => assert.ok(first > whole.steps[at]));
});

test("nearest finds the closest bucket", () => {
  const series = pointSeries([10, 20, 30], [1, 1, 1]);
  assert.equal(nearest(emptySeries(), 5), -1);
  assert.deepEqual([14, 16, 99, 20].map((step) => nearest(series, step)), [0, 1, 2, 1]);
});

test("smoothing keeps a constant, damps noise and passes over a break", () => {
  assert.deepEqual(smooth(pointSeries([1, 2, 3], [4, 4, 4]), 10), [4, 4, 4]);
  const noisy = smooth(pointSeries([1, 2, 3, 4], [0, 1, 0, 1]), 10);
  assert.ok(Math.max(...noisy) < 0.6 && Math.min(...noisy) > 0.4);
  const broken = smooth(pointSeries([1, 2, 3], [1, NaN, 1]), 10);
  assert.deepEqual([broken[0], Number.isNaN(broken[1]), broken[2]], [1, true, 1]);
});

test("smoothing goes by steps, so a folded series smooths like a whole one", () => {
  const whole = ramp(2000, (step) => Math.exp(-step / 500));
  const folded = fold(whole, 200);
  const last = (series) => smooth(series, 100).at(-1);
  assert.ok(Math.abs(last(whole) - last(folded)) < 0.005);
});

test("a falling line is smoothed to itself, not to a later one", () => {
  const line = ramp(1001, (step) => 2000 - step);
  const smoothed = smooth(line, 50);
  assert.ok(Math.abs(smoothed[500] - line.values[500]) < 0.01);
});

test("a curve is within reach between its ends and a little beyond, and nowhere without a point", () => {
  const series = pointSeries([100, 300], [1, 2]);
  assert.deepEqual(
    [89, 90, 200, 310, 311].map((step) => isWithin(series, step, 10)),
    [false, true, true, true, false],
  );
  assert.equal(isWithin(emptySeries(), 1, 10), false);
});
