/** The curves in sight as text: rows for a table, and a file for a spreadsheet; pure. */

import { TOTAL } from "./follow.js";
import { between, fold } from "./series.js";

/** Rows of a series that somebody would listen to, at most. */
export const ROWS_MAX = 200;

const CSV_HEAD = ["job", "series", "first_step", "last_step", "mean", "low", "high", "losses"];

/** Return the name of a curve as one reads it. */
export function curveName({ name, job }) {
  const own = name === TOTAL ? "total" : name;
  return job === null ? own : `job ${job}: ${own}`;
}

/**
 * Return each curve's buckets in sight, at most `ROWS_MAX` of them.
 *
 * @param {{from: number, to: number}} sight
 * @returns {{curve: object, first: number, last: number, mean: number, low: number, high: number,
 *   count: number, kind: string|undefined}[]} `kind`: of a loss that is not finite
 */
export function tableRows(curves, sight) {
  return curves.flatMap((curve) => {
    const seen = between(curve.series, sight.from, sight.to);
    return rowsOf(curve, seen.steps.length > ROWS_MAX ? fold(seen, ROWS_MAX / 2) : seen);
  });
}

/** Return the curves in sight, as finely as they are shown, as comma-separated values. */
export function csvOf(curves, sight, job) {
  const lines = [CSV_HEAD.join(",")];
  for (const curve of curves) {
    for (const row of rowsOf(curve, between(curve.series, sight.from, sight.to))) {
      const losses = row.kind
        ? [row.kind, row.kind, row.kind, 0]
        : [row.mean, row.low, row.high, row.count];
      const name = cell(curve.name === TOTAL ? "total" : curve.name);
      lines.push([curve.job ?? job, name, row.first, row.last, ...losses].join(","));
    }
  }
  return `${lines.join("\r\n")}\r\n`;
}

function rowsOf(curve, series) {
  return series.steps.map((last, at) => ({
    curve,
    first: series.firsts[at],
    last,
    mean: series.values[at],
    low: series.lows[at],
    high: series.highs[at],
    count: series.counts[at],
    kind: series.counts[at] ? undefined : (kindAt(series, series.firsts[at]) ?? "nan"),
  }));
}

function kindAt({ marks }, step) {
  return marks.find((mark) => mark.step === step)?.kind;
}

function cell(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
