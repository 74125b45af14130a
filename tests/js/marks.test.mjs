/** Which steps of a job have a mark on its curves, and what is said there. */

import assert from "node:assert/strict";
import test from "node:test";

import { marksOf } from "../../dashboard/static/dashboard/marks.js";

test("a step has one mark, however much happened at it, and marks are in the order of steps", () => {
  const events = [
    { step: 40, words: "paused" },
    { step: 7, words: "kl removed" },
    { step: 40, words: "resumed" },
  ];
  assert.deepEqual(marksOf(events), [
    { step: 7, said: ["kl removed"] },
    { step: 40, said: ["paused", "resumed"] },
  ]);
});

test("without events there is no mark", () => {
  assert.deepEqual(marksOf([]), []);
});
