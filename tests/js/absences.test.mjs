/** A curve breaks where its task took no part. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { absencesOf, isAbsent, withBreaks } from "../../dashboard/static/dashboard/absences.js";

let id = 0;
const event = (step, kind, task, detail = {}) => ({
  id: (id += 1),
  step,
  kind,
  detail: { task, ...detail },
});
const points = (...steps) => steps.map((x) => ({ x, y: 1 }));
const broken = (line) => line.filter(({ y }) => Number.isNaN(y)).map(({ x }) => x);

test("a task is away from its removal until it comes back", () => {
  const events = [event(10, "remove_task", "kl"), event(25, "restore_task", "kl")];
  assert.deepEqual(absencesOf(events).get("kl"), [[10, 25]]);
});

test("a disabled task is away until it is enabled, and a removed one stays away", () => {
  const events = [
    event(10, "set_enabled", "kl", { new: false }),
    event(20, "remove_task", "kl"),
    event(30, "set_enabled", "kl", { new: true }),
    event(40, "restore_task", "kl"),
  ];
  assert.deepEqual(absencesOf(events).get("kl"), [[10, 40]]);
});

test("a removal that was undone before the next step is no absence", () => {
  const events = [event(10, "remove_task", "kl"), event(10, "restore_task", "kl")];
  assert.deepEqual(absencesOf(events).get("kl"), []);
});

test("another task of the name begins a curve of its own", () => {
  const events = [event(10, "remove_task", "kl"), event(50, "add_task", "kl", { enabled: true })];
  assert.deepEqual(absencesOf(events).get("kl"), [[10, 50]]);
});

test("after a crash events count by their steps", () => {
  const late = event(30, "restore_task", "kl");
  const early = event(20, "remove_task", "kl");
  assert.deepEqual(absencesOf([late, early]).get("kl"), [[20, 30]]);
});

test("what concerns no task, or changes only a weight, is no absence", () => {
  const events = [
    { id: 1, step: 1, kind: "set_lr", detail: { lr: 1 } },
    { id: 2, step: 2, kind: "stopped" },
    event(3, "set_weight", "kl", { old: 1, new: 0 }),
  ];
  assert.deepEqual([...absencesOf(events)], [["kl", []]]);
});

test("a line breaks once between the two sides of an absence, thinned or not", () => {
  assert.deepEqual(broken(withBreaks(points(8, 9, 10, 26, 27), [[10, 25]])), [10.5]);
  assert.deepEqual(broken(withBreaks(points(1, 40), [[10, 25]])), [10.5]);
  const line = withBreaks(points(8, 10, 26, 60), [[10, 25], [30, 50]]);
  assert.deepEqual(line.map(({ x }) => x), [8, 10, 10.5, 26, 30.5, 60]);
});

test("a line that has not begun, or has ended, does not break", () => {
  const untouched = points(26, 27);
  assert.equal(withBreaks(untouched, [[10, 25]]), untouched);
  assert.deepEqual(broken(withBreaks(points(8, 9), [[10, 25]])), []);
  assert.deepEqual(broken(withBreaks(points(8, 9))), []);
});

test("within a span a task is away; near its ends the pointer may mean the curve", () => {
  assert.equal(isAbsent([[100, 200]], 150, 10), true);
  assert.equal(isAbsent([[100, 200]], 105, 10), false);
  assert.equal(isAbsent([[100, 200]], 195, 10), false);
  assert.equal(isAbsent([], 150, 10), false);
});
