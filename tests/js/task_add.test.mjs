/** The parts of the latent that are clicked, and the classes that are on offer. */

import assert from "node:assert/strict";
import test from "node:test";

import {
  pickSegment,
  pressedOf,
  readSlice,
  sliceWords,
  writeSlice,
} from "../../dashboard/static/dashboard/latent_slice.js";
import { planOptions } from "../../dashboard/static/dashboard/offered.js";

const SEGMENTS = [
  { start: 0, end: 4, name: "digit" },
  { start: 4, end: 6, name: "" },
  { start: 6, end: 8, name: "style" },
];

test("a slice is read as the server reads it, and nothing else is one", () => {
  assert.deepEqual(readSlice(" 0:8 "), { start: 0, end: 8 });
  for (const text of ["", "5", "0:4:8", "a:b", "8:2", "4:4", "-1:4", "0 : 4", "0:1234567890"]) {
    assert.equal(readSlice(text), null, text);
  }
  assert.equal(writeSlice({ start: 2, end: 6 }), "2:6");
  assert.equal(writeSlice(null), "");
});

test("clicks take a segment, extend to another, narrow to one, and give back the whole", () => {
  const first = pickSegment(null, SEGMENTS[0]);
  assert.deepEqual(first, { start: 0, end: 4 });
  const all = pickSegment(first, SEGMENTS[2]);
  assert.deepEqual(all, { start: 0, end: 8 });
  const middle = pickSegment(all, SEGMENTS[1]);
  assert.deepEqual(middle, { start: 4, end: 6 });
  assert.equal(pickSegment(middle, SEGMENTS[1]), null);
});

test("a segment is pressed wholly, partly or not", () => {
  const pressed = SEGMENTS.map((segment) => pressedOf({ start: 2, end: 6 }, segment));
  assert.deepEqual(pressed, ["mixed", "true", "false"]);
  assert.equal(pressedOf(null, SEGMENTS[0]), "false");
});

test("words say what a slice reads, and what is wrong with it", () => {
  assert.equal(sliceWords("", SEGMENTS, 8), "Reads the whole latent: 8 dimensions.");
  assert.equal(sliceWords("2:8", SEGMENTS, 8), "Reads 6 of 8 dimensions: part of digit, style.");
  assert.equal(sliceWords("4:6", SEGMENTS, 8), "Reads 2 of 8 dimensions.");
  assert.match(sliceWords("0:9", SEGMENTS, 8), /ends at 8/);
  assert.match(sliceWords("5", SEGMENTS, 8), /start:end/);
});

test("new classes come in their place and removed ones go", () => {
  assert.deepEqual(planOptions(["A", "C", "E"], ["A", "B", "E", "F", "G"], "A"), {
    add: [
      { name: "B", before: "E" },
      { name: "F", before: null },
      { name: "G", before: null },
    ],
    remove: ["C"],
    isGone: false,
  });
});

test("the chosen class stays where it is gone, and says so", () => {
  const plan = planOptions(["A", "B"], ["A"], "B");
  assert.deepEqual(plan, { add: [], remove: [], isGone: true });
  assert.deepEqual(planOptions([], ["A"], ""), {
    add: [{ name: "A", before: null }],
    remove: [],
    isGone: false,
  });
});
