/** Which keys mean something, which wait for a second one, and which are for others. */

import assert from "node:assert/strict";
import test from "node:test";

import { noticeOf } from "../../dashboard/static/dashboard/notice.js";
import { isForOthers, PAIR_MS, press } from "../../dashboard/static/dashboard/shortcuts.js";

const KNOWN = new Set(["p", "g c", "g d", "?"]);
const key = (name, ms = 0) => ({ key: name, ms });

test("one key presses what it stands on, an unknown one nothing", () => {
  assert.deepEqual(press(null, key("p"), KNOWN), { first: null, wanted: "p" });
  assert.deepEqual(press(null, key("x"), KNOWN), { first: null, wanted: null });
});

test("the first key of a pair waits for the second", () => {
  const waiting = press(null, key("g"), KNOWN);
  assert.equal(waiting.wanted, null);
  assert.equal(press(waiting.first, key("c", 300), KNOWN).wanted, "g c");
});

test("a second key that comes too late counts alone", () => {
  const { first } = press(null, key("g"), KNOWN);
  assert.equal(press(first, key("c", PAIR_MS + 1), KNOWN).wanted, null);
  assert.equal(press(first, key("p", PAIR_MS + 1), KNOWN).wanted, "p");
});

test("a key that fits no pair begins anew", () => {
  const { first } = press(null, key("g"), KNOWN);
  assert.equal(press(first, key("p", 10), KNOWN).wanted, "p");
  assert.deepEqual(press(first, key("g", 10), KNOWN).first, key("g", 10));
});

test("what is typed into a field, or meant for the browser, is for others", () => {
  const plain = { target: { tagName: "BODY" } };
  assert.equal(isForOthers(plain), false);
  for (const tagName of ["INPUT", "SELECT", "TEXTAREA"]) {
    assert.equal(isForOthers({ target: { tagName } }), true);
  }
  assert.equal(isForOthers({ target: { tagName: "DIV", isContentEditable: true } }), true);
  for (const held of ["ctrlKey", "metaKey", "altKey", "repeat", "isComposing"]) {
    assert.equal(isForOthers({ ...plain, [held]: true }), true);
  }
});

const JOB = {
  type: "job",
  job: 3,
  state: "completed",
  experiment: "digits",
  current_step: 2000,
  total_steps: 2000,
  error: null,
};

test("a job's end is told with what it reached, and a failure with its error", () => {
  const notice = noticeOf(JOB);
  assert.deepEqual(notice, {
    title: "Job 3 completed",
    body: "digits: 2,000 of 2,000 steps",
    tag: "acc-job-3",
  });
  const failed = noticeOf({ ...JOB, state: "failed", error: "out of memory" });
  assert.deepEqual([failed.title, failed.body], ["Job 3 failed", "digits: out of memory"]);
});

test("a job that goes on, and any other message, tells nothing", () => {
  for (const state of ["queued", "running", "paused", "interrupted"]) {
    assert.equal(noticeOf({ ...JOB, state }), null);
  }
  assert.equal(noticeOf({ type: "loss", job: 3 }), null);
});
