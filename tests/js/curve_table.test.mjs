/** The curves as rows and as a file. */

import assert from "node:assert/strict";
import test from "node:test";

import { csvOf, ROWS_MAX, tableRows } from "../../dashboard/static/dashboard/curve_table.js";
import { pictureOf } from "../../dashboard/static/dashboard/picture.js";
import { pointSeries } from "../../dashboard/static/dashboard/series.js";

function curve(name, series, job = null) {
  return { name, job, rank: -1, place: 0, series };
}

test("a file has every bucket in sight, and names what is not finite", () => {
  const series = pointSeries([1, 2, 3], [0.5, NaN, 0.25], [{ step: 2, kind: "inf" }]);
  const text = csvOf([curve("a", series), curve("", series, 9)], { from: 2, to: 3 }, 7);
  assert.deepEqual(text.trim().split("\r\n").slice(1), [
    "7,a,2,2,inf,inf,inf,0",
    "7,a,3,3,0.25,0.25,0.25,1",
    "9,total,2,2,inf,inf,inf,0",
    "9,total,3,3,0.25,0.25,0.25,1",
  ]);
});

test("a table stays short, and its rows hold all losses in sight", () => {
  const steps = Array.from({ length: 5000 }, (_, at) => at + 1);
  const rows = tableRows([curve("a", pointSeries(steps, steps))], { from: 1, to: 5000 });
  assert.ok(rows.length <= ROWS_MAX);
  assert.equal(rows.reduce((sum, { count }) => sum + count, 0), 5000);
  assert.equal(rows.at(-1).high, 5000);
});

test("what is hidden is in no job's picture, and weights are those of the shown job", () => {
  const own = new Map([["", pointSeries([1], [3])], ["a", pointSeries([1], [2])]]);
  const others = [{ job: 4, series: new Map([...own, ["b", pointSeries([1], [1])]]) }];
  const facts = { placeOf: () => 0, weightAt: () => 10, absences: new Map() };
  const view = { hidden: new Set([""]), weighted: true };
  const picture = pictureOf(own, others, view, facts);
  assert.deepEqual(
    picture.map(({ name, job, series }) => [name, job, series.values[0]]),
    [["a", null, 20], ["a", 4, 2], ["b", 4, 1]],
  );
});
