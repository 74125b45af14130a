/** When a task took no part in a job, from what was done to it: its curve breaks there. */

/**
 * @param events of one job: {id, step, kind, detail}; they take effect after their step
 * @returns {Map<string, [number, number][]>} by task: trained up to the one step, and again
 *   after the other
 */
export function absencesOf(events) {
  const tasks = new Map();
  const ordered = [...events].sort((one, other) => one.step - other.step || one.id - other.id);
  for (const { step, kind, detail } of ordered) {
    const name = detail?.task;
    if (name === undefined) continue;
    const task = tasks.get(name) ?? { removed: false, disabled: false, since: null, spans: [] };
    tasks.set(name, task);
    if (kind === "remove_task") task.removed = true;
    if (kind === "restore_task" || kind === "add_task") task.removed = false;
    if (kind === "add_task") task.disabled = detail.enabled === false;
    if (kind === "set_enabled") task.disabled = !detail.new;
    note(task, step);
  }
  return new Map([...tasks].map(([name, { spans }]) => [name, spans]));
}

function note(task, step) {
  const absent = task.removed || task.disabled;
  if (absent && task.since === null) task.since = step;
  if (!absent && task.since !== null) {
    if (step > task.since) task.spans.push([task.since, step]);
    task.since = null;
  }
}

/** Whether a step, and as many as `reach` to either side of it, lies where the task took no part. */
export function isAbsent(spans, step, reach) {
  return spans.some(([from, to]) => step > from + reach && step <= to - reach);
}

/** Return the points, {x, y} by step, with a break wherever a span lies between two of them. */
export function withBreaks(points, spans = []) {
  const breaks = [];
  for (const [from, to] of spans) {
    const next = points.findIndex(({ x }) => x > from);
    if (next > 0 && points[next].x > to) breaks.push({ x: from + 0.5, y: NaN });
  }
  if (breaks.length === 0) return points;
  return [...points, ...breaks].sort((one, other) => one.x - other.x);
}
