/** The figures beside the curves: a small line each, the value under the pointer, and a table. */

import { ApiError, getJson } from "./api.js";
import { addFigures, emptyFigures, figuresShown, lineOf, nearestSample, valueText } from "./figures.js";
import { formatCount } from "./format.js";
import { isActive } from "./progress.js";

const SVG = "http://www.w3.org/2000/svg";
const TABLE_ROWS = 60;
const RETRY_MS = 3000;

/** One `#figures-panel`, from its arrival in the page until another replaces it. */
export class FiguresPanel {
  /** @param {HTMLElement} panel */
  constructor(panel) {
    this.panel = panel;
    this.job = Number(panel.dataset.job);
    this.isOver = panel.dataset.over === "true";
    this.samples = emptyFigures();
    /** Live samples that wait for the answer about those before them; null while none is due. */
    this.held = null;
    this.tiles = new Map();
    this.pointed = null;
    this.alive = true;
    this.list = panel.querySelector(".figure-tiles");
    this.table = panel.querySelector("tbody");
    this.list.addEventListener("pointermove", (event) => this.point(event));
    this.list.addEventListener("pointerleave", () => this.show(null));
    panel.querySelector("details").addEventListener("toggle", () => this.draw());
  }

  /** Take a live message in. */
  receive(message) {
    if (message.type === "job" && message.job === this.job) this.end(!isActive(message.state));
    if (message.type !== "figures" || message.figures.job !== this.job) return;
    if (this.held) this.held.push(message.figures.samples);
    else this.add(message.figures.samples);
  }

  /** Take samples in, and draw them. */
  add(samples) {
    this.samples = addFigures(this.samples, samples);
    this.draw();
  }

  /** Take in what came live meanwhile. */
  release() {
    for (const samples of this.held?.splice(0) ?? []) this.add(samples);
    this.held = null;
  }

  /** Fetch what the page may have missed. */
  async refill() {
    this.held ??= [];
    try {
      const after = this.samples.at.at(-1) ?? 0;
      const answer = await getJson(`/jobs/${this.job}/figures`, { after });
      const record = this.isOver ? null : await getJson(`/jobs/${this.job}`);
      if (!this.alive) return;
      if (record) this.isOver = !isActive(record.state);
      this.add(answer);
      this.release();
    } catch (error) {
      const isRefused = error instanceof ApiError && error.status < 500;
      if (isRefused) this.release();
      else setTimeout(() => this.alive && this.refill(), RETRY_MS);
    }
  }

  /** Say whether the newest values are those of now, or of the job's end. */
  end(isOver) {
    this.isOver = isOver;
    this.show(this.pointed);
  }

  /** Forget the page's element; it is leaving. */
  destroy() {
    this.alive = false;
  }

  draw() {
    this.panel.hidden = this.samples.at.length === 0;
    for (const figure of figuresShown(this.samples)) {
      const tile = this.tiles.get(figure.name) ?? this.addTile(figure);
      const parts = lineOf(this.samples, figure);
      const path = parts.map((part) => `M${part.map((point) => point.join(" ")).join("L")}`).join("");
      tile.path.setAttribute("d", path);
    }
    this.show(this.pointed);
    if (this.panel.querySelector("details").open) this.drawTable();
  }

  /** Show the values at a moment, null for the newest. */
  show(place) {
    this.pointed = place;
    const at = place ?? this.samples.at.length - 1;
    for (const { figure, value, hair } of this.tiles.values()) {
      const hasEnded = figure.ends && this.isOver && place === null;
      value.textContent = valueText(figure, hasEnded ? null : this.samples[figure.name][at]);
      const [first, last] = [this.samples.at[0], this.samples.at.at(-1)];
      hair.toggleAttribute("hidden", place === null);
      const x = last > first ? (100 * (this.samples.at[at] - first)) / (last - first) : 100;
      hair.setAttribute("x1", x);
      hair.setAttribute("x2", x);
    }
    const note = this.panel.querySelector("[data-figures-at]");
    const newest = this.isOver ? "at the end" : "now";
    note.textContent = place === null ? newest : `at step ${formatCount(this.samples.step[at])}`;
  }

  point({ target, clientX }) {
    const box = target.closest("svg")?.getBoundingClientRect();
    if (!box || this.samples.at.length === 0) return;
    this.show(nearestSample(this.samples, (clientX - box.left) / box.width));
  }

  addTile(figure) {
    const tile = document.createElement("div");
    tile.className = "figure-tile";
    const [label, value] = [document.createElement("dt"), document.createElement("dd")];
    label.textContent = figure.label;
    const drawing = document.createElementNS(SVG, "svg");
    drawing.setAttribute("viewBox", "0 0 100 30");
    drawing.setAttribute("preserveAspectRatio", "none");
    drawing.setAttribute("aria-hidden", "true");
    const [path, hair] = [document.createElementNS(SVG, "path"), document.createElementNS(SVG, "line")];
    hair.setAttribute("y1", 0);
    hair.setAttribute("y2", 30);
    drawing.append(path, hair);
    const place = document.createElement("dd");
    place.append(drawing);
    tile.append(label, value, place);
    this.list.append(tile);
    const made = { figure, value, path, hair };
    this.tiles.set(figure.name, made);
    return made;
  }

  /** The same values as text, the newest first. */
  drawTable() {
    const shown = figuresShown(this.samples);
    const head = this.panel.querySelector("thead tr");
    head.replaceChildren(...["Step", ...shown.map(({ label }) => label)].map((text) => cell("th", text)));
    const places = this.samples.at.map((_at, place) => place).slice(-TABLE_ROWS).reverse();
    const rows = places.map((place) => {
      const row = document.createElement("tr");
      const values = shown.map((figure) => valueText(figure, this.samples[figure.name][place]));
      row.append(...[formatCount(this.samples.step[place]), ...values].map((text) => cell("td", text)));
      return row;
    });
    this.table.replaceChildren(...rows);
  }
}

function cell(kind, text) {
  const made = document.createElement(kind);
  made.textContent = text;
  if (kind === "th") made.scope = "col";
  return made;
}
