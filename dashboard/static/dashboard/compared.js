/** The curves of another job, drawn beside those of the shown one. */

import { ApiError, fetchCurves, getJson } from "./api.js";
import { seriesOf } from "./follow.js";
import { Finer } from "./finer.js";

/** How often the curves of a job that still trains are fetched again. */
const AGAIN_MS = 5000;

/** One compared job, from its choice until it is taken away. */
export class Compared {
  /**
   * @param {number} job
   * @param {number} maxPoints
   * @param {{onNews: () => void, onRefused: (error: Error) => void}} told
   */
  constructor(job, maxPoints, told) {
    Object.assign(this, { job, maxPoints, told });
    this.series = new Map();
    this.lastStep = 0;
    this.record = null;
    this.timer = null;
    this.alive = true;
    this.finer = new Finer(job, told);
    this.load();
  }

  async load() {
    try {
      const record = await getJson(`/jobs/${this.job}`);
      const answer = await fetchCurves(this.job, { max_points: this.maxPoints });
      if (!this.alive) return;
      if (this.record && record.current_step < this.record.current_step) this.finer.forget();
      this.record = record;
      this.series = seriesOf(answer);
      this.lastStep = Math.max(0, ...[...this.series.values()].map(({ steps }) => steps.at(-1) ?? 0));
      this.told.onNews();
      const isOver = record.completed_at !== null;
      if (!isOver) this.loadLater();
    } catch (error) {
      if (!this.alive) return;
      this.told.onRefused(error);
      // No answer, or a server in trouble: it will be back. A refusal will not change.
      if (!(error instanceof ApiError) || error.status >= 500) this.loadLater();
    }
  }

  loadLater() {
    this.timer = setTimeout(() => this.load(), AGAIN_MS);
  }

  /** Return its series by name, as finely as they are known. */
  curves() {
    const mended = ([name, series]) => [name, this.finer.mend(name, series)];
    return new Map([...this.series].map(mended));
  }

  destroy() {
    this.alive = false;
    clearTimeout(this.timer);
    this.finer.destroy();
  }
}
