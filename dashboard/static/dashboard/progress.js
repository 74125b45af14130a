/** How far a job is, and how long it will take: pure functions of its record. */

const ACTIVE = new Set(["queued", "running", "paused", "interrupted"]);

/** Whether a job in this state may still train. */
export function isActive(state) {
  return ACTIVE.has(state);
}

/**
 * Return a job's record after a message about it; null while none is known.
 *
 * `heard_ms` says when `duration_seconds` was told. Unlike `follow` it needs no complete sequence: only the newest facts count.
 */
export function followRecord(record, message, nowMs) {
  if (message.type === "job") {
    const { type: _type, job, resumed_from: _from, ...fields } = message;
    return { ...(record?.id === job ? record : {}), ...fields, id: job, heard_ms: nowMs };
  }
  if (message.type !== "loss" || record?.id !== message.job) return record;
  const step = message.first_step + message.steps - 1;
  return step > record.current_step ? { ...record, current_step: step } : record;
}

/** Return the figures of a running job's progress; seconds are null where nobody can know. */
export function progressOf(record, nowMs) {
  const { current_step: step, total_steps: total } = record;
  const rate = record.state === "running" ? record.steps_per_second : null;
  return {
    step,
    total,
    percent: total ? Math.min(100, Math.floor((100 * step) / total)) : 0,
    rate,
    elapsedSeconds: elapsedOf(record, nowMs),
    remainingSeconds: rate ? (total - step) / rate : null,
  };
}

/** Return the seconds spent training: a pause, or a time without a worker, does not count. */
function elapsedOf({ state, started_at: started, duration_seconds: told, heard_ms: heard }, nowMs) {
  if (!started) return null;
  const since = state === "running" ? Math.max(0, nowMs - (heard ?? nowMs)) / 1000 : 0;
  return (told ?? 0) + since;
}

/** Return the rate over the last few messages, [{ms, step}] in time order; null if unknown. */
export function rateOf(samples) {
  if (samples.length < 2) return null;
  const first = samples[0];
  const last = samples[samples.length - 1];
  const seconds = (last.ms - first.ms) / 1000;
  return seconds > 0 && last.step > first.step ? (last.step - first.step) / seconds : null;
}

/**
 * Return the window's title: the progress first, since tabs cut the end off.
 *
 * @param {?object} record the job that trains, or that ended while the page was open
 * @param {string} place what the page is about
 */
export function titleOf(record, place) {
  const parts = [place, "ACC"].filter(Boolean);
  if (record) parts.unshift(record.state === "running" ? percentText(record) : record.state);
  return parts.join(" · ");
}

function percentText(record) {
  return `${progressOf(record, 0).percent}%`;
}
