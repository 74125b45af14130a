/** What is found in the losses, on a page that follows a job through a restart. */

import assert from "node:assert/strict";
import test from "node:test";

import { catchUp, emptyState, follow } from "../../dashboard/static/dashboard/follow.js";

const JOB = 7;
const NOTHING = { job: JOB, bands: {}, newest: {}, nonfinite: [] };

function loaded(events) {
  const job = { id: JOB, state: "running", current_step: 0, seq: 10 };
  return catchUp(emptyState(JOB), { job, history: NOTHING, events });
}

test("a restart takes back the spikes after its checkpoint and nothing that was done", () => {
  const done = { id: 1, step: 90, kind: "set_weight", detail: {}, found: false };
  const kept = { id: 2, step: 30, kind: "spike", detail: { task: "recon" }, found: true };
  const replayed = { id: 3, step: 80, kind: "spike", detail: { task: "recon" }, found: true };
  let page = loaded([done, kept, replayed]);

  page = follow(page, { type: "job", job: JOB, seq: 11, state: "running", resumed_from: 50 });
  assert.deepEqual(page.events, [done, kept]);

  const again = { ...replayed, id: 4 };
  page = follow(page, { type: "event", job: JOB, seq: 12, event: again });
  assert.deepEqual(page.events, [done, kept, again]);
});
