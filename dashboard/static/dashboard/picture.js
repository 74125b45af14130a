/** Which curves the chart shows, from what is known and how the operator looks at it: pure. */

import { TOTAL } from "./follow.js";
import { weighted } from "./weights.js";

/**
 * Return the curves in the order in which they are drawn: a total lies under its tasks.
 *
 * @param {Map<string, object>} own series of the shown job by name
 * @param {{job: number, series: Map<string, object>}[]} others the jobs compared with it
 * @param {{hidden: Set<string>, weighted: boolean}} view
 * @param {{placeOf: (name: string) => number, weightAt: (name: string, step: number) => number,
 *   absences: Map<string, [number, number][]>}} facts the latter two of the shown job
 * @returns {{name: string, job: number|null, rank: number, place: number, series: object,
 *   spans: [number, number][]}[]} `spans`: where its task took no part
 */
export function pictureOf(own, others, view, { placeOf, weightAt, absences }) {
  const jobs = [{ job: null, series: own }, ...others];
  return jobs.flatMap(({ job, series }, at) =>
    ordered(series, view.hidden).map(([name, curve]) => ({
      name,
      job,
      rank: at - 1,
      spans: job === null ? (absences.get(name) ?? []) : [],
      place: name === TOTAL ? 0 : placeOf(name),
      // The total is weighted as it is; of other jobs only the losses themselves are known.
      series:
        view.weighted && name !== TOTAL && job === null
          ? weighted(curve, (step) => weightAt(name, step))
          : curve,
    })),
  );
}

function ordered(series, hidden) {
  const shown = [...series].filter(([name]) => !hidden.has(name));
  return shown.sort(([one], [other]) => (one === TOTAL) - (other === TOTAL));
}
