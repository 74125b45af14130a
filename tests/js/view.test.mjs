/** The view in the address, and what the curves are drawn over. */

import assert from "node:assert/strict";
import test from "node:test";

import { axisOf, clockOf } from "../../dashboard/static/dashboard/axis.js";
import { pointSeries } from "../../dashboard/static/dashboard/series.js";
import { hashOf, viewOf } from "../../dashboard/static/dashboard/view.js";
import { weighted, weightsOf } from "../../dashboard/static/dashboard/weights.js";

const LIKED = { logarithmic: true, span: 0 };

test("a link reproduces the view, names and all", () => {
  const view = {
    range: { from: 20, to: 40 },
    logarithmic: false,
    span: 100,
    x: "epoch:my data",
    weighted: true,
    hidden: new Set(["a&b=c", ""]),
    compared: [4, 9],
    chosen: null,
  };
  assert.deepEqual(viewOf(hashOf(view, 7), LIKED, 7), view);
});

test("steps of another job's link do not count, and what is odd is left out", () => {
  const view = viewOf("#job=8&from=20&to=10&smooth=7&with=7&with=x&with=3", LIKED, 7);
  assert.deepEqual([view.range, view.span, view.compared], [null, 0, [3]]);
  assert.equal(viewOf("#workbench", LIKED, 7).logarithmic, true);
  assert.deepEqual(viewOf("#job=7&from=20&to=10", LIKED, 7).range, { from: 20, to: null });
});

test("an epoch is as many steps as batches fill the dataset", () => {
  const axis = axisOf("epoch:digits", { batchSize: 64, trainSizes: { digits: 640 }, clock: [] });
  assert.equal(axis.of(25), 2.5);
  assert.equal(axis.step(2.5), 25);
  assert.equal(axis.say(25), "epoch 2.50 of digits");
});

test("time goes by what is known of it: a pause takes time and no steps", () => {
  const at = (second) => new Date(second * 1000).toISOString();
  const record = { started_at: at(100), completed_at: at(200), current_step: 100, state: "completed" };
  const events = [
    { step: 0, at: at(90) },
    { step: 50, at: at(120) },
    { step: 50, at: at(180) },
  ];
  const axis = axisOf("time", { clock: clockOf(record, events, 0) });
  assert.deepEqual([0, 25, 75, 100].map(axis.of), [0, 10, 90, 100]);
  assert.deepEqual([10, 50, 90].map(axis.step), [25, 50, 75]);
});

test("after a restart the steps behind the checkpoint have their new times", () => {
  const at = (second) => new Date(second * 1000).toISOString();
  const record = { started_at: at(0), completed_at: at(100), current_step: 60, state: "completed" };
  const events = [{ step: 50, at: at(20) }, { step: 20, at: at(60) }];
  const axis = axisOf("time", { clock: clockOf(record, events, 0) });
  assert.deepEqual([20, 40, 60].map(axis.of), [60, 80, 100]);
});

test("a weight counts from the step after its change", () => {
  const change = { old: 2, new: 10, task: "kl" };
  const weightAt = weightsOf({ kl: 2 }, [{ step: 2, kind: "set_weight", detail: change }]);
  const series = weighted(pointSeries([1, 2, 3], [1, 1, 1]), (step) => weightAt("kl", step));
  assert.deepEqual(series.values, [2, 2, 10]);
  assert.equal(weightAt("another", 3), 1);
});

test("a task that joins counts with the weight that it joined with", () => {
  const joined = { task: "kl", weight: 0.1 };
  const events = [
    { step: 5, kind: "add_task", detail: joined },
    { step: 9, kind: "remove_task", detail: { task: "kl" } },
    { step: 12, kind: "add_task", detail: { ...joined, weight: 3 } },
  ];
  const weightAt = weightsOf({}, events);
  assert.deepEqual([6, 12, 13].map((step) => weightAt("kl", step)), [0.1, 0.1, 3]);
});
