/** No two of the first thirty-two lines look the same. */

import assert from "node:assert/strict";
import test from "node:test";

import { dashOf, styleOf } from "../../dashboard/static/dashboard/palette.js";

test("lines that share a colour differ by their dashes", () => {
  const looks = Array.from({ length: 32 }, (_one, place) =>
    JSON.stringify([styleOf(place).colour, dashOf("task", place, -1)]),
  );
  assert.equal(new Set(looks).size, 32);
});

test("the first eight lines have no dashes, and the jobs compared have others than they", () => {
  for (let place = 0; place < 8; place += 1) assert.deepEqual(dashOf("task", place, -1), []);
  const compared = [0, 1, 2, 3].map((rank) => JSON.stringify(dashOf("task", 0, rank)));
  assert.equal(new Set(compared).size, 4);
});
