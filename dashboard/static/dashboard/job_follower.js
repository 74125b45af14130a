/** Keeps the curves of one job: takes live messages in, and asks the server for what they lack. */

import { ApiError, fetchJob } from "./api.js";
import { begunAgain, catchUp, doubt, emptyState, follow } from "./follow.js";

/** Pause between two questions to the server about the same job. */
const REFETCH_MS = 250;
const RETRY_MS = 3000;

/** One job as an open page follows it. `state` is that of follow.js. */
export class JobFollower {
  /**
   * @param {number} job
   * @param {{maxPoints: () => number, onNews: () => void, onReplaced: () => void,
   *   onRefused: (error: Error) => void}} told `maxPoints`: that the screen has room for;
   *   `onReplaced`: points that were known are others now
   */
  constructor(job, told) {
    Object.assign(this, { job, told });
    this.state = emptyState(job);
    this.alive = true;
    this.loading = false;
    this.again = false;
    /** Whether the curves of the ended job are those that a freshly loaded page has. */
    this.settled = false;
  }

  /** Take a live message in, and ask the server where one is missing. */
  receive(message) {
    const before = this.state;
    this.state = follow(this.state, message);
    const lacks = this.state.lacks && !before.lacks;
    if (lacks || (this.isUnsettled() && !this.loading)) this.refill();
    if (this.state.lastStep < before.lastStep) this.told.onReplaced();
    if (this.state !== before) this.told.onNews();
  }

  /** Ask the server for what the page may have missed; once at a time. */
  async refill() {
    if (this.loading) {
      this.again = true;
      return;
    }
    this.loading = true;
    try {
      do {
        this.again = false;
        await this.ask();
        if (this.isLacking()) await pause(REFETCH_MS);
      } while (this.alive && this.isLacking());
    } catch (error) {
      this.refused(error);
    } finally {
      this.loading = false;
    }
  }

  async ask() {
    this.state = doubt(this.state);
    const afterStep = this.isUnsettled() ? 0 : this.state.lastStep;
    const answer = await fetchJob(this.job, afterStep, this.told.maxPoints());
    if (!this.alive) return;
    const isWhole = afterStep === 0;
    this.state = catchUp(isWhole ? begunAgain(this.state) : this.state, answer);
    this.settled = isWhole && isOver(this.state);
    if (isWhole) this.told.onReplaced();
    this.told.onNews();
  }

  isLacking() {
    return this.state.lacks || this.again || this.isUnsettled();
  }

  /**
   * Whether the job is at its end while its curves are still those that came bit by bit: as true,
   * but cut into other buckets than a freshly loaded page has, where there are too many points.
   */
  isUnsettled() {
    return isOver(this.state) && !this.settled && this.state.lastStep > this.told.maxPoints();
  }

  refused(error) {
    const isAnswer = error instanceof ApiError;
    if (isAnswer && this.alive) this.told.onRefused(error);
    // No answer, or a server in trouble: it will be back. A refusal will not change.
    if (!isAnswer || error.status >= 500) setTimeout(() => this.alive && this.refill(), RETRY_MS);
  }

  destroy() {
    this.alive = false;
  }
}

function isOver({ record }) {
  return record !== null && record.completed_at !== null;
}

function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
