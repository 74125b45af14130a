/** The slider of a weight: its places and the weights they stand for. */

import assert from "node:assert/strict";
import test from "node:test";

import { LAST_PLACE, placeOf, weightAt } from "../../dashboard/static/dashboard/weight_scale.js";

test("the slider goes from 0 over 0.001 to 1000, and 1 is in its middle", () => {
  assert.equal(weightAt(0), 0);
  assert.equal(weightAt(1), 0.001);
  assert.equal(weightAt(61), 1);
  assert.equal(weightAt(LAST_PLACE), 1000);
});

test("every place is found again from its weight as it is typed", () => {
  for (let place = 0; place <= LAST_PLACE; place += 1) {
    assert.equal(placeOf(String(weightAt(place))), place);
  }
});

test("each place is about an eighth more than the one before, in at most three digits", () => {
  for (let place = 2; place <= LAST_PLACE; place += 1) {
    const ratio = weightAt(place) / weightAt(place - 1);
    assert.ok(ratio > 1.11 && ratio < 1.135, `${place}: ${ratio}`);
    assert.equal(Number(weightAt(place).toPrecision(3)), weightAt(place));
  }
});

test("a weight beyond the ends stands at the end, and a small one is not nothing", () => {
  assert.equal(placeOf("1e6"), LAST_PLACE);
  assert.equal(placeOf("0.00001"), 1);
  assert.equal(placeOf(" 0.0 "), 0);
});

test("what is no weight moves nothing", () => {
  for (const text of ["", " ", "abc", "-1", "NaN", "Infinity", "0,5"]) {
    assert.equal(placeOf(text), null, text);
  }
});
