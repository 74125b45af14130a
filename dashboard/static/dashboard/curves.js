/** The panel of the loss curves: follows one job and draws it. */

import { ApiError, fetchJob } from "./api.js";
import { LossChart, remarkable } from "./chart.js";
import { Crosshair } from "./crosshair.js";
import { catchUp, doubt, emptyState, follow } from "./follow.js";
import { Legend } from "./legend.js";
import { Marks } from "./marks.js";
import { placesOf } from "./palette.js";
import { readView, storeView } from "./view.js";

/** Pause between two questions to the server about the same job. */
const REFETCH_MS = 250;
const RETRY_MS = 3000;
const SERVER_POINTS_MAX = 4000;

/** What the operator hid stays hidden when another job is shown. */
const hidden = new Set();

/** One `#loss-curves` element, from its arrival in the page until another replaces it. */
export class CurvesPanel {
  /**
   * @param {HTMLElement} panel
   * @param {(error: ApiError) => void} onRefused told when the server does not answer us
   */
  constructor(panel, onRefused) {
    this.panel = panel;
    this.onRefused = onRefused;
    this.job = Number(panel.dataset.job) || null;
    this.alive = true;
    this.loading = false;
    this.again = false;
    this.frame = null;
    this.view = { ...readView(), hidden, chosen: null };
    this.wireTools();
    if (this.job === null) return;
    this.state = emptyState(this.job);
    this.placeOf = placesOf(JSON.parse(panel.dataset.colours));
    this.chart = new LossChart(panel.querySelector("canvas"), this.placeOf);
    this.legend = new Legend(panel.querySelector(".legend"), this.placeOf, (name) =>
      this.toggle(name),
    );
    const look = () => ({ state: this.state, hidden });
    const frame = panel.querySelector(".chart__frame");
    this.crosshair = new Crosshair(frame, this.chart, look, this.placeOf);
    this.marks = new Marks(panel.querySelector(".chart__marks"), this.chart, (step) =>
      this.showEntry(step),
    );
    this.chart.onDrawn = () => this.marks.place();
    panel.addEventListener("click", ({ target }) => {
      const entry = target.closest("[data-event-step]");
      if (entry) this.showMark(Number(entry.dataset.eventStep));
    });
    panel.addEventListener("acc:morphed", () => this.markEntries());
    this.restyle = () => {
      this.chart.restyle();
      this.schedule();
    };
    document.addEventListener("acc:theme", this.restyle);
  }

  /** Take a live message in, and ask the server where one is missing. */
  receive(message) {
    if (this.job === null) return;
    const before = this.state;
    this.state = follow(this.state, message);
    if (this.state.lacks && !before.lacks) this.refill();
    if (this.state !== before) this.schedule();
  }

  /** Ask the server for what the page may have missed; once at a time. */
  async refill() {
    if (this.job === null) return;
    if (this.loading) {
      this.again = true;
      return;
    }
    this.loading = true;
    try {
      do {
        this.again = false;
        this.state = doubt(this.state);
        const answer = await fetchJob(this.job, this.state.lastStep, this.maxPoints());
        if (!this.alive) return;
        this.state = catchUp(this.state, answer);
        this.schedule();
        if (this.state.lacks || this.again) await pause(REFETCH_MS);
      } while (this.alive && (this.state.lacks || this.again));
    } catch (error) {
      this.refused(error);
    } finally {
      this.loading = false;
    }
  }

  refused(error) {
    const isAnswer = error instanceof ApiError;
    if (isAnswer) this.onRefused(error);
    // No answer, or a server in trouble: it will be back. A refusal will not change.
    if (!isAnswer || error.status >= 500) setTimeout(() => this.alive && this.refill(), RETRY_MS);
  }

  maxPoints() {
    const pixels = this.panel.querySelector(".chart__frame").clientWidth;
    return Math.min(SERVER_POINTS_MAX, Math.max(400, 2 * pixels));
  }

  /** Draw before the next frame, however many messages come until then. */
  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (this.alive) this.draw();
    });
  }

  draw() {
    this.chart.draw(this.state, this.view);
    this.legend.draw(this.state, hidden, this.view.span);
    this.marks.draw(remarkable(this.state.events), this.view.chosen);
    const { record, lastStep } = this.state;
    const badge = this.panel.querySelector("[data-live='state']");
    const error = this.panel.querySelector("[data-live='error']");
    const empty = this.panel.querySelector(".chart__empty");
    if (record) {
      badge.dataset.state = record.state;
      badge.textContent = record.state;
      error.textContent = record.error ?? "";
      error.hidden = !record.error;
      empty.textContent = emptyText(record);
    }
    empty.hidden = lastStep > 0;
    // Axes without a point have nothing to say.
    this.panel.querySelector("canvas").classList.toggle("chart__canvas--empty", lastStep === 0);
    this.panel.dataset.step = String(lastStep);
  }

  /** Highlight the mark of an entry, and bring the curves into sight. */
  showMark(step) {
    this.choose(step === this.view.chosen ? null : step);
    this.panel.querySelector(".chart__frame").scrollIntoView({ block: "nearest" });
  }

  /** Highlight the entries of a mark, and go to the first of them. */
  showEntry(step) {
    this.choose(step);
    this.panel.querySelector(`[data-event-step="${step}"]`)?.focus();
  }

  choose(step) {
    this.view.chosen = step;
    this.markEntries();
    this.draw();
  }

  markEntries() {
    for (const entry of this.panel.querySelectorAll("[data-event-step]")) {
      const isChosen = Number(entry.dataset.eventStep) === this.view.chosen;
      entry.setAttribute("aria-pressed", String(isChosen));
    }
  }

  toggle(name) {
    if (!hidden.delete(name)) hidden.add(name);
    this.draw();
  }

  wireTools() {
    const scales = [...this.panel.querySelectorAll("[data-scale]")];
    const smoothing = this.panel.querySelector("[data-smoothing]");
    const show = () => {
      for (const button of scales) {
        const chosen = (button.dataset.scale === "logarithmic") === this.view.logarithmic;
        button.setAttribute("aria-pressed", String(chosen));
      }
      smoothing.value = String(this.view.span);
    };
    const change = (part) => {
      Object.assign(this.view, part);
      storeView(this.view);
      show();
      if (this.job !== null) this.schedule();
    };
    for (const button of scales) {
      button.addEventListener("click", () =>
        change({ logarithmic: button.dataset.scale === "logarithmic" }),
      );
    }
    smoothing.addEventListener("change", () => change({ span: Number(smoothing.value) }));
    show();
  }

  /** Let go of the chart and of what waits; the element is leaving the page. */
  destroy() {
    this.alive = false;
    if (this.job === null) return;
    document.removeEventListener("acc:theme", this.restyle);
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.chart.destroy();
  }
}

function emptyText({ id, state }) {
  if (state === "queued") return `Job ${id} is queued. Its curves begin with its first steps.`;
  if (state === "running") return `Job ${id} is starting.`;
  if (state === "completed") return `Job ${id} has no losses.`;
  const verb = { failed: "failed", paused: "is paused" }[state] ?? `was ${state}`;
  return `Job ${id} ${verb} before its first step.`;
}

function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
