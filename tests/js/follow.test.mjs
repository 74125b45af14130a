/** The page's curves as a function of what it was told. */

import assert from "node:assert/strict";
import test from "node:test";

import {
  catchUp,
  doubt,
  emptyState,
  follow,
  TOTAL,
} from "../../dashboard/static/dashboard/follow.js";
import { pointSeries } from "../../dashboard/static/dashboard/series.js";

const JOB = 7;

function emptyBand() {
  return { first_step: [], last_step: [], low: [], high: [], mean: [], count: [] };
}

function addStep(band, step, value) {
  for (const column of [band.first_step, band.last_step]) column.push(step);
  for (const column of [band.low, band.high, band.mean]) column.push(value);
  band.count.push(1);
}

/** A job as the database knows it: every point, and what to answer or announce. */
class Server {
  constructor() {
    this.points = [];
    this.seq = 0;
    this.events = [];
  }

  /** Record steps and return the live message about them; losses: {task: [...]}. */
  flush(losses, kinds = {}) {
    const count = Object.values(losses)[0].length;
    const firstStep = (this.points.at(-1)?.step ?? 0) + 1;
    const nonfinite = [];
    for (let at = 0; at < count; at += 1) {
      const step = firstStep + at;
      const row = Object.fromEntries(Object.entries(losses).map(([name, all]) => [name, all[at]]));
      const broken = Object.keys(row).some((name) => kinds[`${step} ${name}`]);
      row[TOTAL] = broken ? null : Object.values(row).reduce((sum, value) => sum + (value ?? 0), 0);
      const odd = Object.keys(row).filter((name) => kinds[`${step} ${name}`]);
      if (broken) odd.push(TOTAL);
      const marks = odd.map((name) => ({
        step,
        task_name: name,
        value: kinds[`${step} ${name}`] ?? "nan",
      }));
      nonfinite.push(...marks);
      this.points.push({ step, row, marks });
    }
    const rows = this.points.slice(-count).map((point) => point.row);
    this.seq += 1;
    return {
      type: "loss",
      job: JOB,
      seq: this.seq,
      first_step: firstStep,
      steps: count,
      series: Object.fromEntries(Object.keys(losses).map((n) => [n, rows.map((row) => row[n])])),
      total: rows.map((row) => row[TOTAL]),
      weights: {},
      ...(nonfinite.length ? { nonfinite } : {}),
    };
  }

  /** Lose the points after a checkpoint, as after kill -9, and return the announcements. */
  restart(checkpointStep) {
    this.points = this.points.filter((point) => point.step <= checkpointStep);
    const event = this.happen("resumed_from_checkpoint");
    this.seq += 1;
    const { seq, ...job } = this.record();
    return [event, { type: "job", job: JOB, seq, ...job, resumed_from: checkpointStep }];
  }

  happen(kind) {
    this.seq += 1;
    const event = { id: this.seq, step: this.points.at(-1)?.step ?? 0, kind, detail: {} };
    this.events.push(event);
    return { type: "event", job: JOB, seq: this.seq, event };
  }

  record() {
    const currentStep = this.points.at(-1)?.step ?? 0;
    return { id: JOB, state: "running", current_step: currentStep, seq: this.seq };
  }

  history(afterStep) {
    const bands = { [TOTAL]: emptyBand() };
    const newest = {};
    const nonfinite = [];
    for (const { step, row, marks } of this.points.filter((point) => point.step > afterStep)) {
      for (const [name, value] of Object.entries(row)) {
        if (value !== null) addStep((bands[name] ??= emptyBand()), step, value);
        const isOdd = marks.some(({ task_name: odd }) => odd === name);
        if (value !== null || isOdd) newest[name] = { step, loss: value };
      }
      nonfinite.push(...marks);
    }
    return { job: JOB, bands, newest, nonfinite };
  }

  answer(state) {
    return { job: this.record(), history: this.history(state.lastStep), events: [...this.events] };
  }

  load(state = emptyState(JOB)) {
    return catchUp(state, this.answer(state));
  }
}

function assertSameCurves(actual, expected) {
  assert.deepEqual(actual.series, expected.series);
  assert.deepEqual(actual.newest, expected.newest);
  assert.equal(actual.lastStep, expected.lastStep);
  assert.equal(actual.seq, expected.seq);
  assert.deepEqual(actual.events, expected.events);
  assert.deepEqual(actual.record, expected.record);
}

test("a page that followed every message shows what a page loaded afterwards shows", () => {
  const server = new Server();
  let page = server.load();
  for (const message of [
    server.flush({ recon: [0.9, 0.8], kl: [0.1, 0.2] }),
    server.happen("set_weight"),
    server.flush({ recon: [0.7], kl: [0.3] }),
    server.flush({ recon: [null, 0.5], kl: [0.4, null] }),
    server.flush({ recon: [null], kl: [0.5] }, { "6 recon": "inf" }),
  ]) {
    page = follow(page, message);
  }
  assert.equal(page.lacks, false);
  const loaded = server.load();
  // The server's row is written with the message; the page reads its step from the losses.
  assertSameCurves({ ...page, record: loaded.record }, loaded);
  assert.equal(page.record.current_step, loaded.record.current_step);
});

test("a state without its first answer holds messages and applies them after it", () => {
  const server = new Server();
  server.flush({ recon: [3, 2] });
  let page = emptyState(JOB);
  const answer = server.answer(page);
  page = follow(page, server.flush({ recon: [1] }));
  assert.equal(page.lacks, true);
  page = catchUp(page, answer);
  assert.equal(page.lacks, false);
  assert.deepEqual(page.series.get("recon"), pointSeries([1, 2, 3], [3, 2, 1]));
});

test("a reload in mid-run shows no point twice, though history and messages overlap", () => {
  const server = new Server();
  server.flush({ recon: [5, 4] });
  let page = emptyState(JOB);
  const job = server.record();
  page = follow(page, server.flush({ recon: [3] }));
  // The points are read after the job: they hold step 3, which the held message brings too.
  page = catchUp(page, { job, history: server.history(0), events: [] });
  page = follow(page, server.flush({ recon: [2] }));
  assert.deepEqual(page.series.get("recon").steps, [1, 2, 3, 4]);
  assert.deepEqual(page.series.get("recon").values, [5, 4, 3, 2]);
});

test("history that ends within a message is continued by the rest of the message", () => {
  const server = new Server();
  let page = server.load();
  server.flush({ recon: [5, 4] });
  const message = server.flush({ recon: [3, 2, 1] });
  const history = server.history(0);
  history.bands = { recon: emptyBand() };
  addStep(history.bands.recon, 1, 5);
  addStep(history.bands.recon, 3, 3);
  page = catchUp(emptyState(JOB), { job: { ...server.record(), seq: 1 }, history });
  page = follow(page, message);
  assert.deepEqual(page.series.get("recon").steps, [1, 3, 4, 5]);
});

test("a message that arrives twice changes nothing", () => {
  const server = new Server();
  const message = server.flush({ recon: [1, 2] });
  const page = follow(new Server().load(), message);
  assert.equal(follow(page, message), page);
});

test("a gap makes the state lack; what came after the gap is shown once it caught up", () => {
  const server = new Server();
  let page = server.load();
  page = follow(page, server.flush({ recon: [9] }));
  server.flush({ recon: [8] });
  page = follow(page, server.flush({ recon: [7] }));
  assert.equal(page.lacks, true);
  assert.deepEqual(page.series.get("recon").steps, [1]);
  const answer = server.answer(page);
  page = follow(page, server.flush({ recon: [6] }));
  page = catchUp(page, answer);
  assert.equal(page.lacks, false);
  const { steps, values } = page.series.get("recon");
  assert.deepEqual([steps, values], [[1, 2, 3, 4], [9, 8, 7, 6]]);
});

test("a second gap while the first was being repaired is noticed", () => {
  const server = new Server();
  let page = server.load();
  server.flush({ recon: [9] });
  page = follow(page, server.flush({ recon: [8] }));
  const answer = server.answer(page);
  server.flush({ recon: [7] });
  page = follow(page, server.flush({ recon: [6] }));
  page = catchUp(page, answer);
  assert.equal(page.lacks, true);
  page = server.load(page);
  assert.equal(page.lacks, false);
  assert.deepEqual(page.series.get("recon").values, [9, 8, 7, 6]);
});

test("a reconnected page asks only for what it does not have", () => {
  const server = new Server();
  let page = follow(server.load(), server.flush({ recon: [3, 2] }));
  server.flush({ recon: [1] });
  page = doubt(page);
  assert.deepEqual(server.answer(page).history.bands.recon.last_step, [3]);
  page = server.load(page);
  assertSameCurves(page, server.load());
});

test("a restart from a checkpoint replaces the points after it", () => {
  const server = new Server();
  let page = follow(server.load(), server.flush({ recon: [5, 4, 3, 2] }));
  page = server.restart(2).reduce(follow, page);
  assert.deepEqual(page.series.get("recon").steps, [1, 2]);
  assert.equal(page.record.current_step, 2);
  page = follow(page, server.flush({ recon: [3.5, 2.5] }));
  assert.deepEqual(page.series.get("recon").values, [5, 4, 3.5, 2.5]);
  assert.deepEqual(page.series, server.load().series);
});

test("a restart into the middle of a bucket makes the page load the job anew", () => {
  const server = new Server();
  for (let step = 1; step <= 10; step += 1) server.flush({ recon: [step] });
  const history = server.history(0);
  const band = { first_step: [1, 6], last_step: [5, 10], low: [1, 6], high: [5, 10] };
  history.bands.recon = { ...band, mean: [3, 8], count: [5, 5] };
  let page = catchUp(emptyState(JOB), { job: server.record(), history, events: [] });
  page = server.restart(7).reduce(follow, page);
  assert.equal(page.lacks, true);
  page = server.load(page);
  assertSameCurves(page, server.load());
});

test("a restart that the page slept through makes it load the job anew", () => {
  const server = new Server();
  let page = follow(server.load(), server.flush({ recon: [5, 4, 3] }));
  server.restart(1);
  server.flush({ recon: [4.5, 3.5, 2.5] });
  page = server.load(doubt(page));
  assert.equal(page.lacks, true);
  assert.equal(page.lastStep, 0);
  page = server.load(page);
  assertSameCurves(page, server.load());
});

test("a loss that is not finite breaks the line and has a mark; taking no part does not", () => {
  const server = new Server();
  let page = server.load();
  page = follow(page, server.flush({ a: [1, null, 3], b: [null, 2, null] }, { "2 a": "inf" }));
  assert.deepEqual(page.series.get("a").steps, [1, 2, 3]);
  assert.ok(Number.isNaN(page.series.get("a").values[1]));
  assert.deepEqual(page.series.get("a").marks, [{ step: 2, kind: "inf" }]);
  assert.deepEqual(page.series.get("b"), pointSeries([2], [2]));
  assert.deepEqual(page.series.get(TOTAL).marks, [{ step: 2, kind: "nan" }]);
});

test("the newest loss is the last one itself, not the mean of the bucket that holds it", () => {
  const server = new Server();
  for (let step = 1; step <= 10; step += 1) server.flush({ recon: [step] });
  const history = server.history(0);
  history.bands.recon = { first_step: [1], last_step: [10], low: [1], high: [10], mean: [5.5], count: [10] };
  let page = catchUp(emptyState(JOB), { job: server.record(), history, events: [] });
  assert.deepEqual(page.newest.get("recon"), { step: 10, value: 10 });
  page = follow(page, server.flush({ recon: [null, 12, null] }));
  assert.deepEqual(page.newest.get("recon"), { step: 12, value: 12 });
});

test("a figure that the server tells late does not take a newer one's place", () => {
  const server = new Server();
  let page = follow(server.load(), server.flush({ recon: [3, 2] }));
  const answer = server.answer(page);
  answer.history.newest = { recon: { step: 1, loss: 3 } };
  page = catchUp(page, answer);
  assert.deepEqual(page.newest.get("recon"), { step: 2, value: 2 });
});

test("messages about other jobs change nothing", () => {
  const page = new Server().load();
  const message = { ...new Server().flush({ recon: [1] }), job: JOB + 1 };
  assert.equal(follow(page, message), page);
});

test("an event that both the answer and a held message bring is there once", () => {
  const server = new Server();
  let page = emptyState(JOB);
  const job = server.record();
  page = follow(page, server.happen("pause"));
  page = catchUp(page, { job, history: server.history(0), events: server.events });
  assert.deepEqual(page.events.map((event) => event.kind), ["pause"]);
});

test("a page that nobody reads the answers for holds a bounded number of messages", () => {
  const server = new Server();
  let page = emptyState(JOB);
  for (let count = 0; count < 2000; count += 1) page = follow(page, server.flush({ recon: [1] }));
  assert.ok(page.held.length <= 600);
  page = server.load(page);
  assert.equal(page.lacks, false);
  assert.equal(page.series.get("recon").steps.length, 2000);
});
