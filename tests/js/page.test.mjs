/** Progress, figures and the reconnection's delays. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import {
  formatAgo,
  formatCount,
  formatDuration,
  formatLoss,
  formatRate,
} from "../../dashboard/static/dashboard/format.js";
import {
  followRecord,
  progressOf,
  rateOf,
  titleOf,
} from "../../dashboard/static/dashboard/progress.js";
import { backoff } from "../../dashboard/static/dashboard/socket.js";

const RUNNING = {
  id: 3,
  state: "running",
  current_step: 500,
  total_steps: 2000,
  started_at: "2026-01-01T00:00:00Z",
  completed_at: null,
  duration_seconds: 4,
  heard_ms: 1000,
  steps_per_second: 50,
};

test("progress tells percent, elapsed and remaining time", () => {
  const progress = progressOf(RUNNING, 7000);
  assert.equal(progress.percent, 25);
  assert.equal(progress.elapsedSeconds, 10);
  assert.equal(progress.remainingSeconds, 30);
});

test("a job that waits or stands still has no remaining time", () => {
  const queued = { ...RUNNING, state: "queued", started_at: null };
  const progress = progressOf(queued, 0);
  assert.equal(progress.elapsedSeconds, null);
  assert.equal(progress.remainingSeconds, null);
});

test("the elapsed time counts training only: a job that does not train stands still", () => {
  for (const state of ["paused", "interrupted", "queued", "completed"]) {
    assert.equal(progressOf({ ...RUNNING, state }, 3_600_000).elapsedSeconds, 4);
  }
  const message = { type: "job", job: 3, state: "running", duration_seconds: 20 };
  const resumed = followRecord(RUNNING, message, 3_600_000);
  assert.equal(progressOf(resumed, 3_605_000).elapsedSeconds, 25);
});

test("loss messages move the record on, but never back", () => {
  const moved = followRecord(RUNNING, { type: "loss", job: 3, first_step: 501, steps: 30 });
  assert.equal(moved.current_step, 530);
  const late = followRecord(moved, { type: "loss", job: 3, first_step: 501, steps: 10 });
  assert.equal(late.current_step, 530);
});

test("a message about a new job replaces the record", () => {
  const record = followRecord(RUNNING, { type: "job", job: 4, id: 4, seq: 1, state: "queued" });
  assert.deepEqual([record.id, record.state, record.current_step], [4, "queued", undefined]);
});

test("the title begins with the progress", () => {
  assert.equal(titleOf(RUNNING, "digits"), "25% · digits · ACC");
  assert.equal(titleOf({ ...RUNNING, state: "paused" }, "digits"), "paused · digits · ACC");
  assert.equal(titleOf({ ...RUNNING, state: "completed" }, "digits"), "completed · digits · ACC");
  assert.equal(titleOf(null, "digits"), "digits · ACC");
  assert.equal(titleOf(null, ""), "ACC");
});

test("the rate needs two samples and a step between them", () => {
  assert.equal(rateOf([{ ms: 0, step: 1 }]), null);
  assert.equal(rateOf([{ ms: 0, step: 100 }, { ms: 2000, step: 300 }]), 100);
  assert.equal(rateOf([{ ms: 0, step: 100 }, { ms: 2000, step: 100 }]), null);
});

test("a loss reads as it did in the page that the server wrote", () => {
  const losses = readFileSync(new URL("losses.json", import.meta.url), "utf8");
  for (const [value, text] of JSON.parse(losses)) assert.equal(formatLoss(Number(value)), text);
  assert.equal(formatLoss(null), "–");
  assert.equal(formatLoss(undefined), "–");
});

test("figures are short and keep their digits", () => {
  assert.equal(formatCount(1234567), "1,234,567");
  assert.equal(formatDuration(8.2), "8 s");
  assert.equal(formatDuration(200), "3 min 20 s");
  assert.equal(formatDuration(7500), "2 h 5 min");
  assert.equal(formatDuration(86400), "1 d");
  assert.equal(formatDuration(NaN), "–");
  assert.equal(formatRate(3.42), "3.4");
  assert.equal(formatRate(1280.4), "1,280");
});

test("the past is told in its largest unit, and what was long ago by its date", () => {
  const now = Date.UTC(2026, 0, 31);
  const told = (seconds) => formatAgo(now - seconds * 1000, now);
  assert.equal(told(-5), "just now");
  assert.equal(told(59), "just now");
  assert.equal(told(60), "1 min ago");
  assert.equal(told(3599), "59 min ago");
  assert.equal(told(7300), "2 h ago");
  assert.equal(told(86400 * 29.5), "29 d ago");
  assert.equal(told(86400 * 30), "2026-01-01");
});

test("delays grow, stay bounded, and differ between pages", () => {
  assert.equal(backoff(1, () => 1), 500);
  assert.equal(backoff(3, () => 1), 2000);
  assert.equal(backoff(50, () => 1), 15000);
  assert.equal(backoff(1, () => 0), 250);
});
