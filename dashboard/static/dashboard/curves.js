/** The panel of the loss curves: follows one job and draws it. */

import { absencesOf } from "./absences.js";
import { ApiError } from "./api.js";
import { axisOf, clockOf } from "./axis.js";
import { LossChart, remarkable } from "./chart.js";
import { Compared } from "./compared.js";
import { CurveExport } from "./curve_export.js";
import { Crosshair } from "./crosshair.js";
import { showRecord, showUndrawn } from "./curve_state.js";
import { CurveTools, wireZoomButtons } from "./curve_tools.js";
import { EvalCurves } from "./eval_curves.js";
import { Finer } from "./finer.js";
import { JobFollower } from "./job_follower.js";
import { Legend } from "./legend.js";
import { Marks } from "./marks.js";
import { placesOf } from "./palette.js";
import { pictureOf } from "./picture.js";
import { visible } from "./range.js";
import { LOOKED, POINTED } from "./timeline.js";
import { hashOf, readLiked, storeLiked, viewOf } from "./view.js";
import { weightsOf } from "./weights.js";
import { Zoom } from "./zoom.js";

const SERVER_POINTS_MAX = 4000;

/** One `#loss-curves` element, from its arrival in the page until another replaces it. */
export class CurvesPanel {
  /**
   * @param {HTMLElement} panel
   * @param {(error: ApiError) => void} onRefused told when the server does not answer us
   * @param {Set<string>} hidden what the operator hid stays hidden when another job is shown
   */
  constructor(panel, onRefused, hidden) {
    this.panel = panel;
    this.onRefused = onRefused;
    this.job = Number(panel.dataset.job) || null;
    this.alive = true;
    this.frame = null;
    this.compared = [];
    this.view = viewOf(window.location.hash, readLiked(), this.job);
    for (const name of hidden) this.view.hidden.add(name);
    this.tools = new CurveTools(panel, (change) => this.change(change));
    this.tools.show(this.view);
    if (this.job === null) return;
    this.follower = new JobFollower(this.job, {
      ...this.told(),
      maxPoints: () => this.maxPoints(),
      onReplaced: () => this.finer.forget(),
    });
    this.facts = JSON.parse(panel.dataset.facts);
    this.placeOf = placesOf(JSON.parse(panel.dataset.colours));
    this.finer = new Finer(this.job, this.told());
    this.mount();
    this.restyle = () => {
      this.chart.restyle();
      this.schedule();
    };
    this.look = ({ detail }) => this.chart.point(detail.step);
    document.addEventListener("acc:theme", this.restyle);
    document.addEventListener(LOOKED, this.look);
    this.compare(this.view.compared);
  }

  /** Make what stands in the panel: the chart and what goes with it. */
  mount() {
    const { panel } = this;
    const find = (selector) => panel.querySelector(selector);
    this.chart = new LossChart(find("canvas"));
    this.legend = new Legend(find(".legend"), this.placeOf, {
      toggle: (name) => this.toggle(name),
      solo: (name) => this.solo(name),
      remove: (job) => this.change({ compared: this.view.compared.filter((one) => one !== job) }),
    });
    const frame = find(".chart__frame");
    const look = () => this;
    this.export = new CurveExport(panel, this.job, look);
    this.crosshair = new Crosshair(frame, this.chart, look);
    this.marks = new Marks(find(".chart__marks"), this.chart, (step) => this.showEntry(step));
    this.evals = new EvalCurves(find("[data-evals]"), this.job, this.placeOf, this.told());
    this.chart.onDrawn = () => this.marks.place();
    this.chart.onPointed = (step) => this.point(step);
    const range = {
      range: () => this.view.range,
      lastStep: () => this.lastStep(),
      set: (wanted) => this.change({ range: wanted }),
    };
    this.zoom = new Zoom(frame, this.chart, range);
    wireZoomButtons(panel, this.zoom, range);
    panel.addEventListener("click", ({ target }) => {
      const entry = target.closest("[data-event-step]");
      if (entry) this.showMark(Number(entry.dataset.eventStep));
    });
    panel.addEventListener("acc:morphed", () => this.markEntries());
  }

  /** Have everything that shows steps show this one; null: the crosshair went away. */
  point(step) {
    this.evals.point(step);
    document.dispatchEvent(new CustomEvent(POINTED, { detail: { job: this.job, step } }));
  }

  told() {
    return {
      onNews: () => this.alive && this.schedule(),
      onRefused: (error) => this.alive && error instanceof ApiError && this.onRefused(error),
    };
  }

  /** The last step of any curve that is drawn. */
  lastStep() {
    return Math.max(this.state.lastStep, ...this.compared.map(({ lastStep }) => lastStep));
  }

  /** Take a live message in. */
  receive(message) {
    this.follower?.receive(message);
  }

  /** Fetch what was measured of the job since. */
  measured() {
    if (this.job !== null) this.evals.load();
  }

  /** Ask the server for what the page may have missed. */
  refill() {
    this.follower?.refill();
  }

  get state() {
    return this.follower.state;
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
    const { state, view } = this;
    const sight = visible(view.range, this.lastStep());
    this.sight = sight;
    this.axis = axisOf(view.x, {
      ...this.facts,
      clock: view.x === "time" ? clockOf(state.record, state.events, Date.now()) : [],
    });
    this.curves = this.curvesShown(sight);
    this.chart.draw(this.curves, view, sight, this.axis, state.events);
    this.evals.draw(sight, this.chart);
    this.legend.draw(state, view, this.compared);
    this.marks.draw(remarkable(state.events), view.chosen);
    this.panel.querySelector("[data-zoom='reset']").disabled = view.range === null;
    this.panel.dataset.from = String(sight.from);
    this.panel.dataset.to = String(sight.to);
    this.export.drawn();
    showRecord(this.panel, state);
    showUndrawn(this.panel, this.curves, sight, view);
  }

  /** Return what is to be drawn, the shown job's curves first and its total under the tasks'. */
  curvesShown(sight) {
    const { state, view } = this;
    const own = new Map([...state.series].map(([name, one]) => [name, this.finer.mend(name, one)]));
    this.finer.look(own, sight, this.chart.columns());
    const others = this.compared.map((other) => {
      const series = other.curves();
      other.finer.look(series, sight, this.chart.columns());
      return { job: other.job, series };
    });
    const { weights, weightsCount } = this.facts;
    const weightAt = weightsCount ? weightsOf(weights, state.events) : () => 1;
    const absences = absencesOf(state.events);
    return pictureOf(own, others, view, { placeOf: this.placeOf, weightAt, absences });
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
    const hidden = new Set(this.view.hidden);
    if (!hidden.delete(name)) hidden.add(name);
    this.change({ hidden });
  }

  /** Show one curve alone; all again where it is alone already. */
  solo(name) {
    const others = [...this.state.series.keys()].filter((other) => other !== name);
    const isAlone = others.every((other) => this.view.hidden.has(other));
    this.change({ hidden: new Set(isAlone ? [] : others) });
  }

  /** Look at the curves in another way, and have the address say so. */
  change({ compare, ...part }) {
    if (compare) part.compared = [...this.view.compared, compare];
    Object.assign(this.view, part);
    storeLiked(this.view);
    this.tools.show(this.view);
    if (this.job === null) return;
    if (part.compared) this.compare(part.compared);
    const hash = hashOf(this.view, this.job);
    if (hash !== window.location.hash) window.history.replaceState(window.history.state, "", hash);
    this.schedule();
  }

  /** Draw the curves of these jobs too, and of no others. */
  compare(jobs) {
    for (const other of this.compared) if (!jobs.includes(other.job)) other.destroy();
    const known = new Map(this.compared.map((other) => [other.job, other]));
    const of = (job) => known.get(job) ?? new Compared(job, this.maxPoints(), this.told());
    this.compared = jobs.map(of);
  }

  /** Let go of the chart and of what waits; the element is leaving the page. */
  destroy() {
    this.alive = false;
    if (this.job === null) return;
    this.follower.destroy();
    document.removeEventListener("acc:theme", this.restyle);
    document.removeEventListener(LOOKED, this.look);
    this.zoom.destroy();
    this.finer.destroy();
    for (const other of this.compared) other.destroy();
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.chart.destroy();
  }
}
