/** The figures beside the curves: what is kept, shown and said of them. */

import assert from "node:assert/strict";
import test from "node:test";

import {
  addFigures,
  emptyFigures,
  FIGURES,
  figuresShown,
  lineOf,
  nearestSample,
  SAMPLES_MAX,
} from "../../dashboard/static/dashboard/figures.js";

function samples(count, first = 1) {
  const places = Array.from({ length: count }, (_one, at) => first + at);
  const columns = Object.fromEntries(FIGURES.map(({ name }) => [name, places.map(() => null)]));
  return { ...columns, at: places, step: places, steps_per_second: places.map((at) => at) };
}

test("samples that come twice, live and with a refetch, are kept once", () => {
  let known = addFigures(emptyFigures(), samples(3));
  known = addFigures(known, samples(2, 3));
  assert.deepEqual(known.at, [1, 2, 3, 4]);
  assert.equal(addFigures(known, samples(4)), known);
});

test("hours of samples take no more room, and keep their ends", () => {
  let known = emptyFigures();
  for (let at = 1; at <= 5 * SAMPLES_MAX; at += 1) known = addFigures(known, samples(1, at));
  assert.ok(known.at.length <= SAMPLES_MAX);
  assert.equal(known.at.at(-1), 5 * SAMPLES_MAX);
  const middle = nearestSample(known, 0.5);
  assert.ok(Math.abs(known.steps_per_second[middle] - 2.5 * SAMPLES_MAX) < 40);
});

test("what the machine cannot tell is not shown", () => {
  const shown = figuresShown(addFigures(emptyFigures(), samples(2)));
  assert.deepEqual(shown.map(({ name, newest }) => [name, newest]), [["steps_per_second", "2.0"]]);
});

test("bytes and shares are said as people say them", () => {
  const told = { ...samples(1), process_bytes: [1.234e9], data_share: [0.456], device_busy: [1] };
  const said = figuresShown(addFigures(emptyFigures(), told)).map(({ newest }) => newest);
  assert.deepEqual(said, ["1.0", "46 %", "100 %", "1.2 GB"]);
});

test("a line breaks where a value is missing", () => {
  const told = { ...samples(4), data_share: [0, 1, null, 0.5] };
  const parts = lineOf(told, { name: "data_share", top: 1 });
  assert.deepEqual(parts.map((part) => part.length), [2, 1]);
  assert.deepEqual(parts[0], [[0, 29], [100 / 3, 1]]);
});
