/** What each task's loss was multiplied with in the total at which step; pure. */

/**
 * @param {Object<string, number>} planned each task's weight at the start
 * @param {{step: number, kind: string, detail: object}[]} events of the job
 * @returns {(name: string, step: number) => number}
 */
export function weightsOf(planned, events) {
  const courses = new Map(
    Object.entries(planned).map(([name, weight]) => [name, [{ after: 0, weight }]]),
  );
  for (const { step, kind, detail } of events) {
    const weight = { set_weight: detail?.new, add_task: detail?.weight }[kind];
    if (typeof weight !== "number") continue;
    const before = { after: 0, weight: kind === "set_weight" ? detail.old : weight };
    if (!courses.has(detail.task)) courses.set(detail.task, [before]);
    const course = courses.get(detail.task);
    // After a restart from a checkpoint, what is repeated at its step counts once.
    while (course.length > 1 && course[course.length - 1].after >= step) course.pop();
    course.push({ after: step, weight });
  }
  return (name, step) => {
    const course = courses.get(name) ?? [];
    return course.findLast(({ after }) => after < step)?.weight ?? course[0]?.weight ?? 1;
  };
}

/** Return a series with every loss multiplied with the weight of its step. */
export function weighted(series, weightAt) {
  const times = (column) => column.map((value, at) => value * weightAt(series.steps[at]));
  const { lows, highs, values } = series;
  return { ...series, lows: times(lows), highs: times(highs), values: times(values) };
}
