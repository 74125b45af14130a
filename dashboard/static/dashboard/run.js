/** The figures that move while a job trains: panel, list row, task cards, window title. */

import { formatCount, formatDuration, formatLoss, formatRate } from "./format.js";
import { followRecord, isActive, progressOf, rateOf, titleOf } from "./progress.js";
import { holdsLatest, sharesOf, withLatest } from "./shares.js";

/** The rate is measured over so many ms: short enough to follow, long enough to stand still. */
const RATE_WINDOW_MS = 6000;

/** Follows the experiment's active job, whichever job the curves show. */
export class RunFigures {
  /** @param {string} experiment the name for the title */
  constructor(experiment) {
    this.experiment = experiment;
    this.record = null;
    this.ended = null;
    this.frozenMs = null;
    this.forget();
    setInterval(() => this.draw(), 1000);
  }

  /**
   * Take the active job as the server renders it, in the API's shape; null for none.
   *
   * Returns the job whose end nobody told of, to be given to `end`; null where there is none.
   */
  adopt(record) {
    const known = this.record;
    if (record && known && record.id === known.id && record.seq < known.seq) return null;
    this.record = record && { ...record, heard_ms: Date.now() };
    if (record) this.ended = null;
    return !record && known && isActive(known.state) ? known.id : null;
  }

  /** Take in how a job ended; the title tells of it until another one begins. */
  end(record) {
    if (this.record === null && !isActive(record.state)) this.ended = record;
  }

  /** Forget what was told live: in an absence the server's own figures became newer. */
  forget() {
    this.samples = [];
    this.losses = new Map();
    this.shares = null;
    this.recent = [];
    this.lossesJob = null;
  }

  /** Stop the clocks: nobody knows whether the job still trains. */
  freeze() {
    this.frozenMs ??= Date.now();
  }

  /** Let the clocks go on. */
  thaw() {
    this.frozenMs = null;
  }

  /** Whether a job of the experiment trains now. */
  get isRunning() {
    return this.record?.state === "running";
  }

  /** Take a message in; returns whether a job began, ended or changed its state. */
  receive(message) {
    if (message.type === "loss") this.receiveLosses(message);
    const before = this.record;
    // A late word about an older job is not about the run.
    if (message.type === "job" && before && message.job < before.id) return true;
    this.record = followRecord(before, message, Date.now());
    if (message.type === "job") {
      this.samples = [];
      // The panel forgets an ended job; the title of a tab in the background tells of it.
      this.ended = isActive(message.state) ? null : this.record;
    }
    return before?.id !== this.record?.id || before?.state !== this.record?.state;
  }

  receiveLosses(message) {
    this.lossesJob = message.job;
    const ms = performance.now();
    const step = message.first_step + message.steps - 1;
    this.samples = this.samples.filter((sample) => ms - sample.ms <= RATE_WINDOW_MS);
    this.samples.push({ ms, step });
    for (const [name, values] of Object.entries(message.series)) {
      const text = lastLoss(message, name, values);
      if (text !== null) this.losses.set(name, text);
    }
    this.recent = withLatest(this.recent, message);
    this.shares = holdsLatest(this.recent) ? sharesOf(this.recent) : null;
  }

  draw() {
    document.title = titleOf(this.record ?? this.ended, this.experiment);
    this.drawLosses();
    this.drawShares();
    if (!this.record || !isActive(this.record.state)) return;
    const rate = rateOf(this.samples) ?? this.record.steps_per_second;
    const progress = progressOf({ ...this.record, steps_per_second: rate }, this.frozenMs ?? Date.now());
    const texts = {
      percent: `${progress.percent} %`,
      step: formatCount(progress.step),
      rate: formatRate(progress.rate),
      elapsed: formatDuration(progress.elapsedSeconds),
      remaining: formatDuration(progress.remainingSeconds),
    };
    for (const place of document.querySelectorAll(`[data-run="${this.record.id}"]`)) {
      for (const element of place.querySelectorAll("[data-figure]")) {
        const text = texts[element.dataset.figure];
        if (element.textContent !== text) element.textContent = text;
      }
      const bar = place.querySelector("progress");
      if (bar) bar.value = progress.step;
    }
  }

  drawLosses() {
    const note = document.querySelector("[data-losses-of]");
    if (note && this.lossesJob !== null) note.textContent = `latest loss, job ${this.lossesJob}`;
    for (const element of document.querySelectorAll("[data-task-loss]")) {
      const text = this.losses.get(element.dataset.taskLoss);
      if (text !== undefined && element.textContent !== text) element.textContent = text;
    }
  }

  drawShares() {
    if (this.shares === null) return;
    for (const element of document.querySelectorAll("[data-task-share]")) {
      const share = this.shares.get(element.dataset.taskShare);
      const percent = share === undefined ? null : Math.round(100 * share);
      const text = percent === null ? "– of total" : `${percent} % of total`;
      const words = element.querySelector(".task__percent");
      if (words.textContent === text) continue;
      words.textContent = text;
      element.querySelector("progress").value = percent ?? 0;
    }
  }
}

/** Return a task's newest loss in words, "nan" included; null if it took no part. */
function lastLoss(message, name, values) {
  const at = values.findLastIndex((value) => value !== null);
  const odd = message.nonfinite?.findLast((candidate) => candidate.task_name === name);
  if (odd && odd.step > message.first_step + at) return odd.value;
  return at < 0 ? null : formatLoss(values[at]);
}
