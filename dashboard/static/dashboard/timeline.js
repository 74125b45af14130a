/** The panel of the same images at every evaluation, with a slider in step with the curves. */

import { getJson } from "./api.js";
import { framesOf, meanOf, nearestPoint } from "./eval_series.js";
import { formatCount } from "./format.js";

/** Said when somebody looks at a step elsewhere than on the curves. */
export const LOOKED = "acc:looked";

/** Said when the crosshair is at a step; null where it went away. */
export const POINTED = "acc:pointed";

const ROWS = ["original", "reconstruction", "difference"];

/** One `#timeline-panel`. */
export class Timeline {
  /** @param {HTMLElement} panel */
  constructor(panel) {
    const find = (selector) => panel.querySelector(selector);
    this.panel = panel;
    this.body = find("[data-body]");
    this.empty = find("[data-empty]");
    this.note = find("[data-note]");
    this.slider = find("input[type=range]");
    this.output = find("output");
    this.sets = find("[data-sets]");
    this.frames = [];
    this.job = null;
    this.framesJob = null; // the one that the frames are of
    this.slider.addEventListener("input", () => {
      this.show();
      const { step } = this.frames[this.slider.value];
      document.dispatchEvent(new CustomEvent(LOOKED, { detail: { step } }));
    });
    document.addEventListener(POINTED, ({ detail }) => this.follow(detail));
  }

  /** Show a job's pictures; the newest, until somebody looks at others. */
  async load(job) {
    this.job = job;
    const rows = job === null ? [] : await getJson("/eval/pictures", { job });
    if (job !== this.job) return;
    // Asked after the answer came: somebody may have moved the slider meanwhile.
    const wasAtEnd = job !== this.framesJob || Number(this.slider.value) >= this.frames.length - 1;
    this.framesJob = job;
    const looked = this.frames[this.slider.value]?.step;
    this.frames = framesOf(rows);
    this.body.hidden = this.frames.length === 0;
    this.empty.hidden = !this.body.hidden;
    this.note.textContent = job === null ? "a job" : `job ${job}`;
    if (this.body.hidden) return;
    this.slider.max = String(this.frames.length - 1);
    const last = this.frames.length - 1;
    this.slider.value = String(wasAtEnd ? last : nearestPoint(this.frames, looked));
    this.show();
  }

  /** Go to the evaluation nearest to where the crosshair is. */
  follow({ job, step }) {
    if (step === null || job !== this.job || this.frames.length === 0) return;
    const at = String(nearestPoint(this.frames, step));
    if (at === this.slider.value) return;
    this.slider.value = at;
    this.show();
  }

  show() {
    const { step, sets } = this.frames[this.slider.value];
    const text = `step ${formatCount(step)}`;
    this.output.textContent = text;
    this.slider.setAttribute("aria-valuetext", text);
    const kept = new Map([...this.sets.children].map((set) => [set.dataset.dataset, set]));
    this.sets.replaceChildren(
      ...sets.map((set) => {
        const figure = kept.get(set.dataset) ?? newSet(set.dataset, set.psnr.length);
        fill(figure, set, step);
        return figure;
      }),
    );
  }
}

function newSet(dataset, count) {
  const figure = document.createElement("figure");
  figure.className = "timeline__set";
  figure.dataset.dataset = dataset;
  figure.style.setProperty("--images", String(count));
  const rows = document.createElement("div");
  rows.className = "timeline__rows";
  rows.append(...ROWS.map((row) => textElement("span", "timeline__row", row)));
  const image = document.createElement("img");
  image.className = "timeline__sheet";
  const values = textElement("ul", "timeline__values", "");
  values.setAttribute("aria-label", "PSNR of each image in dB");
  figure.append(textElement("figcaption", "timeline__head", ""), rows, image, values);
  return figure;
}

function fill(figure, { dataset, sheet, psnr }, step) {
  const mean = meanOf(psnr);
  const likeness = mean === null ? "" : ` · mean PSNR of these ${psnr.length}: ${mean.toFixed(1)} dB`;
  figure.querySelector("figcaption").textContent = `${dataset}${likeness}`;
  const image = figure.querySelector("img");
  const address = `/picture/${sheet}`;
  if (image.getAttribute("src") !== address) image.src = address;
  image.alt = `${psnr.length} images of ${dataset} at step ${step}: ${ROWS.join("s, ")}s`;
  const said = psnr.map((value) => textElement("li", "", value === null ? "–" : value.toFixed(1)));
  figure.querySelector("ul").replaceChildren(...said);
}

function textElement(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
