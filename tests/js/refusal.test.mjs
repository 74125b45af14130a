// What the page tells of an answer that no panel shows.

import assert from "node:assert/strict";
import { test } from "node:test";

import { refusalSentence } from "../../dashboard/static/dashboard/refusal.js";

test("a panel shows its own successes and refusals", () => {
  assert.equal(refusalSentence(200, "<section>"), "");
  assert.equal(refusalSentence(204, ""), "");
  assert.equal(refusalSentence(422, "<section>"), "");
});

test("the server's own words are a sentence", () => {
  const body = JSON.stringify({ error: "you may look and change nothing" });
  assert.equal(refusalSentence(403, body), "You may look and change nothing.");
});

test("a page, nothing, or other JSON in place of words still says something", () => {
  for (const body of ["<!DOCTYPE html>", "", "null", "{}", '{"error": ""}']) {
    assert.match(refusalSentence(403, body), /status 403; reload/);
  }
});
