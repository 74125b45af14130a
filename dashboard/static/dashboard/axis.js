/** What the curves are drawn over: steps, time or epochs; pure. */

import { formatCount, formatDuration } from "./format.js";

/** Steps themselves: what is drawn over before a job's facts are known, and where no other fits. */
export const STEPS = {
  title: "step",
  of: (step) => step,
  step: (x) => x,
  tick: (x) => formatCount(x),
  say: () => null,
};

/** Seconds between two marks of a clock: what people count time in. */
const CLOCK_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800,
  604800,
];

/** So many marks at most, beside those of its ends. */
const CLOCK_MARKS = 8;

/** Return how far apart the ticks of so many seconds stand. */
export function clockSpacing(seconds) {
  return CLOCK_STEPS.find((step) => seconds / step <= CLOCK_MARKS) ?? CLOCK_STEPS.at(-1);
}

/**
 * @param {string} kind "step", "time", or "epoch:" and a dataset's name
 * @param {{batchSize: number, trainSizes: Object<string, number>, clock: {step: number,
 *   seconds: number}[]}} facts of the job
 * @returns {{title: string, of: (step: number) => number, step: (x: number) => number,
 *   tick: (x: number) => string, say: (step: number) => string|null,
 *   spacing?: (width: number) => number}} `say`: what the crosshair tells beside the step;
 *   `spacing`: from tick to tick, where powers of ten would be odd
 */
export function axisOf(kind, { batchSize, trainSizes, clock }) {
  const dataset = kind.startsWith("epoch:") ? kind.slice("epoch:".length) : null;
  if (dataset !== null && trainSizes[dataset] > 0) {
    const share = batchSize / trainSizes[dataset];
    return {
      title: `epochs of ${dataset}`,
      of: (step) => step * share,
      step: (x) => x / share,
      tick: (x) => String(Number(x.toPrecision(4))),
      say: (step) => `epoch ${(step * share).toFixed(2)} of ${dataset}`,
    };
  }
  if (kind === "time" && clock.length > 1) {
    const of = (step) => between(clock, "step", "seconds", step);
    return {
      title: "time since the start (approximate)",
      of,
      step: (x) => between(clock, "seconds", "step", x),
      tick: (x) => formatDuration(x),
      spacing: clockSpacing,
      say: (step) => `about ${formatDuration(of(step))} after the start`,
    };
  }
  return STEPS;
}

/**
 * Return when which steps were done, as far as that is recorded: the start, each event, and the
 * end or now. Between two of them steps count as evenly spaced.
 */
export function clockOf(record, events, nowMs) {
  if (!record?.started_at) return [];
  const start = Date.parse(record.started_at);
  const known = [{ step: 0, ms: start }];
  known.push(...events.map(({ step, at }) => ({ step, ms: Date.parse(at) })));
  const end = record.completed_at ? Date.parse(record.completed_at) : nowMs;
  // Of a paused job the last event says until when it trained.
  if (record.state !== "paused") known.push({ step: record.current_step, ms: end });
  const clock = [];
  for (const { step, ms } of known.filter((point) => point.ms >= start)) {
    // After a restart from a checkpoint, the steps behind it are done anew.
    while (clock.length > 1 && clock[clock.length - 1].step > step) clock.pop();
    clock.push({ step, seconds: (ms - start) / 1000 });
  }
  return clock;
}

/** Return the `to` at a `from`, by straight lines between the points of a clock and beyond it. */
function between(clock, from, to, value) {
  let at = clock.findIndex((point) => point[from] >= value);
  if (at < 0) at = clock.length - 1;
  at = Math.max(1, at);
  while (at > 1 && clock[at][from] === clock[at - 1][from]) at -= 1;
  const [left, right] = [clock[at - 1], clock[at]];
  const width = right[from] - left[from];
  if (width === 0) return right[to];
  return left[to] + ((value - left[from]) / width) * (right[to] - left[to]);
}
