/** Finer data of what is in sight, fetched while the coarse curves are shown already. */

import { fetchCurves } from "./api.js";
import { seriesOf } from "./follow.js";
import { between, spliced } from "./series.js";

/** Gestures come in dozens a second; the server is asked when they rest. */
const REST_MS = 120;
/** What is fetched beyond either edge, as a share of the view: small moves need nothing new. */
const MARGIN = 0.5;

/** The finer copy of a part of one job's curves. */
export class Finer {
  /**
   * @param {number} job
   * @param {{onNews: () => void, onRefused: (error: Error) => void}} told
   */
  constructor(job, told) {
    Object.assign(this, { job, told });
    this.part = null;
    this.asked = null;
    this.timer = null;
  }

  /**
   * Fetch what these series lack of the steps in sight, if they do.
   *
   * @param {Map<string, object>} series as they are drawn now, finer part included
   * @param {{from: number, to: number}} sight
   * @param {number} columns buckets that the screen has room for
   */
  look(series, sight, columns) {
    if (!lacksDetail(series, sight, columns)) return;
    const width = sight.to - sight.from;
    const first = Math.max(1, Math.floor(sight.from - MARGIN * width));
    const last = Math.ceil(sight.to + MARGIN * width);
    if (this.asked?.first === first && this.asked.last === last) return;
    this.asked = { first, last };
    clearTimeout(this.timer);
    const maxPoints = Math.ceil(2 * columns * (1 + 2 * MARGIN));
    this.timer = setTimeout(() => this.fetch(this.asked, maxPoints), REST_MS);
  }

  async fetch(asked, maxPoints) {
    const part = { after_step: asked.first - 1, last_step: asked.last, max_points: maxPoints };
    try {
      const series = seriesOf(await fetchCurves(this.job, part));
      // What was asked for since is more to the point.
      if (this.asked !== asked) return;
      const ends = [...series.values()].map(({ steps }) => steps.at(-1) ?? 0);
      this.part = { first: asked.first, last: Math.min(asked.last, Math.max(...ends)), series };
      this.told.onNews();
    } catch (error) {
      if (this.asked === asked) this.asked = null;
      this.told.onRefused(error);
    }
  }

  /** Return a series with the finer part in its place. */
  mend(name, series) {
    const finer = this.part?.series.get(name);
    return finer ? spliced(series, finer, this.part.first, this.part.last) : series;
  }

  /** Drop what was fetched: its steps are trained anew. */
  forget() {
    this.part = null;
    this.asked = null;
  }

  destroy() {
    clearTimeout(this.timer);
    this.asked = null;
  }
}

/** Whether the screen has room for more buckets than there are, and some could be parted: pure. */
function lacksDetail(series, { from, to }, columns) {
  for (const curve of series.values()) {
    const seen = between(curve, from, to);
    if (seen.steps.length < columns && touches(curve, from, to)) return true;
  }
  return false;
}

function touches({ firsts, steps }, from, to) {
  return steps.some((last, at) => last > firsts[at] && last >= from && firsts[at] <= to);
}
