/**
 * The curves of one job as a pure function of what the page was told.
 *
 * `follow(state, message)` takes a live message in; `catchUp(state, answers)` takes in what the
 * server answered over HTTP. The database is the truth: while `lacks` is true the state waits
 * for a `catchUp`, and holds the messages that arrive in the meantime.
 */

import { append, bandSeries, between, emptySeries, pointSeries, straddles } from "./series.js";

/** Messages held while the state lacks something; more than this and it is cheaper to refetch. */
const HELD_MESSAGES_MAX = 600;

/** The key of the weighted sum among the series; no task can have an empty name. */
export const TOTAL = "";

/** The kind of the event after which points are trained anew. */
const RESTARTED = "resumed_from_checkpoint";

/**
 * @param {number} job id of the job to follow
 * @returns a state that knows nothing yet, so it lacks its first `catchUp`
 */
export function emptyState(job) {
  return {
    job,
    seq: null,
    lastStep: 0,
    lacks: true,
    held: [],
    record: null,
    // A map: a task may be called "constructor".
    series: new Map([[TOTAL, emptySeries()]]),
    // The last loss of each series, {step, value}: its last bucket may be a wide one.
    newest: new Map(),
    events: [],
  };
}

/** Return the state after a live message; `lacks` is true once a message is missing. */
export function follow(state, message) {
  if (message.job !== state.job || typeof message.seq !== "number") return state;
  if (state.lacks) return hold(state, message);
  if (message.seq <= state.seq) return state;
  if (message.seq > state.seq + 1) return hold({ ...state, lacks: true }, message);
  return { ...apply(state, message), seq: message.seq };
}

/** Return the state told that messages may have been missed, such as after a reconnection. */
export function doubt(state) {
  return state.lacks ? state : { ...state, lacks: true };
}

/** Return a state that knows nothing but what waits. */
export function begunAgain(state) {
  return { ...emptyState(state.job), held: state.held };
}

/**
 * Return the state after the server's answers, with the held messages applied on top.
 *
 * The job must have been asked for before its points: then the points reach at least as far as
 * `job.seq` says, and what they hold beyond it is trimmed from the messages.
 *
 * @param answers `job`: GET /jobs/{id}; `history`: GET loss_history?max_points=...&bands=true,
 *   with `newest`: {task: {step, loss}}
 *   after `state.lastStep`; `events`: GET /jobs/{id}/events
 */
export function catchUp(state, { job, history, events = state.events }) {
  if (wasReplaced(state, job, events)) {
    // Points that we hold were trained anew behind our back.
    return begunAgain(state);
  }
  const merged = mergeHistory(state, history);
  let next = { ...merged, record: job, events, seq: job.seq, lacks: false, held: [] };
  for (const message of [...state.held].sort((a, b) => a.seq - b.seq)) {
    next = follow(next, message);
  }
  return next;
}

/** Return the state with the buckets of a loss_history answer that it does not have yet. */
function mergeHistory(state, history) {
  const columns = new Map();
  let lastStep = state.lastStep;
  for (const [name, answered] of seriesOf(history)) {
    const fresh = between(answered, state.lastStep + 1, Infinity);
    lastStep = Math.max(lastStep, fresh.steps.at(-1) ?? 0);
    columns.set(name, fresh);
  }
  const newest = new Map(state.newest);
  for (const [name, { step, loss }] of Object.entries(history.newest)) {
    if (step >= (newest.get(name)?.step ?? 0)) newest.set(name, { step, value: loss ?? NaN });
  }
  return { ...state, series: appendAll(state.series, columns), newest, lastStep };
}

/**
 * Return the series of a loss_history answer by name.
 *
 * @param history {bands: {task: {first_step: [], last_step: [], low: [], ...}},
 *   nonfinite?: [{step, task_name, value}]}; the total's name is TOTAL
 */
export function seriesOf(history) {
  const marks = new Map();
  for (const { step, task_name: name, value } of history.nonfinite ?? []) {
    if (!marks.has(name)) marks.set(name, []);
    marks.get(name).push({ step, kind: value });
  }
  const bands = Object.entries(history.bands);
  return new Map(bands.map(([name, band]) => [name, bandSeries(band, marks.get(name) ?? [])]));
}

/** Whether the job was restarted from a checkpoint while nobody told us. */
function wasReplaced(state, job, events) {
  if (state.record === null) return false;
  const restarts = (list) => list.filter((event) => event.kind === RESTARTED).length;
  return job.current_step < state.lastStep || restarts(events) > restarts(state.events);
}

function hold(state, message) {
  const held = state.held.length >= HELD_MESSAGES_MAX ? [] : state.held;
  return { ...state, held: [...held, message] };
}

function apply(state, message) {
  switch (message.type) {
    case "loss":
      return applyLosses(state, message);
    case "job":
      return applyJob(state, message);
    case "event":
      if (state.events.some((event) => event.id === message.event.id)) return state;
      return { ...state, events: [...state.events, message.event] };
    default:
      return state;
  }
}

function applyLosses(state, message) {
  const known = Math.max(0, state.lastStep + 1 - message.first_step);
  if (known >= message.steps) return state;
  const kinds = kindsOf(message.nonfinite);
  const columns = new Map();
  for (const [name, values] of Object.entries({ ...message.series, [TOTAL]: message.total })) {
    columns.set(name, readColumn(name, values, message.first_step, known, kinds));
  }
  const lastStep = message.first_step + message.steps - 1;
  const newest = new Map(state.newest);
  for (const [name, { steps, values }] of columns) {
    if (steps.length) newest.set(name, { step: steps.at(-1), value: values.at(-1) });
  }
  return {
    ...state,
    series: appendAll(state.series, columns),
    newest,
    lastStep,
    record: { ...state.record, current_step: lastStep },
  };
}

/** Read one list of a message: null is "took no part", or a mark where `kinds` names it. */
function readColumn(name, values, firstStep, known, kinds) {
  const [steps, losses, marks] = [[], [], []];
  for (let at = known; at < values.length; at += 1) {
    const step = firstStep + at;
    const kind = kinds.get(`${step} ${name}`);
    if (values[at] === null && kind === undefined) continue;
    steps.push(step);
    losses.push(values[at] ?? NaN);
    if (kind !== undefined) marks.push({ step, kind });
  }
  return pointSeries(steps, losses, marks);
}

function kindsOf(nonfinite = []) {
  return new Map(nonfinite.map((odd) => [`${odd.step} ${odd.task_name}`, odd.value]));
}

function applyJob(state, message) {
  const { type: _type, job: _job, resumed_from: resumedFrom, ...fields } = message;
  const record = { ...state.record, ...fields };
  if (resumedFrom === undefined) return { ...state, record };
  // What was found in points that are trained anew is found, and told, anew.
  const events = state.events.filter(({ found, step }) => !found || step <= resumedFrom);
  const curves = [...state.series];
  // A bucket with steps on both sides of the checkpoint cannot be parted: begin again.
  if (curves.some(([, curve]) => straddles(curve, resumedFrom))) return emptyState(state.job);
  const series = new Map(curves.map(([name, curve]) => [name, between(curve, 0, resumedFrom)]));
  const newest = new Map([...state.newest].filter(([, { step }]) => step <= resumedFrom));
  return { ...state, record, events, series, newest, lastStep: Math.min(state.lastStep, resumedFrom) };
}

function appendAll(series, columns) {
  const grown = new Map(series);
  for (const [name, more] of columns) {
    grown.set(name, append(series.get(name) ?? emptySeries(), more));
  }
  return grown;
}
