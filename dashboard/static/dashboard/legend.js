/** The legend: one switch a curve, with its newest value. */

import { TOTAL } from "./follow.js";
import { formatLoss } from "./format.js";
import { paintSwatch } from "./palette.js";

/** Keeps the entries of a list in step with the curves; entries stay, so focus does too. */
export class Legend {
  /**
   * @param {HTMLElement} list
   * @param {(name: string) => number} placeOf
   * @param {{toggle: (name: string) => void, solo: (name: string) => void,
   *   remove: (job: number) => void}} acts
   */
  constructor(list, placeOf, acts) {
    Object.assign(this, { list, placeOf, acts });
    this.entries = new Map();
    this.others = new Map();
    list.replaceChildren();
  }

  /**
   * @param {{hidden: Set<string>, span: number}} view `span`: steps that the curves are smoothed
   *   over; the values never are
   * @param {{job: number}[]} compared the jobs whose curves are drawn too
   */
  draw(state, { hidden, span }, compared) {
    for (const [name, series] of state.series) {
      if (series.steps.length === 0) continue;
      const entry = this.entries.get(name) ?? this.add(name);
      entry.button.setAttribute("aria-pressed", String(!hidden.has(name)));
      entry.value.textContent = newestText(series, state.newest.get(name));
      entry.value.title = span ? "Newest loss itself; only the curve is smoothed" : "Newest loss";
    }
    for (const [job, item] of this.others) {
      if (compared.some((other) => other.job === job)) continue;
      item.remove();
      this.others.delete(job);
    }
    compared.forEach((other, rank) => {
      if (!this.others.has(other.job)) this.others.set(other.job, this.addOther(other.job));
      const swatch = this.others.get(other.job).querySelector(".swatch");
      swatch.dataset.rank = String(rank);
    });
  }

  addOther(job) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "legend__entry legend__entry--other";
    button.title = "Take this job out of the comparison";
    const swatch = document.createElement("span");
    swatch.className = "swatch swatch--other";
    const label = document.createElement("span");
    label.textContent = `job ${job}`;
    const cross = document.createElement("span");
    cross.textContent = "\u00d7";
    cross.setAttribute("aria-hidden", "true");
    button.append(swatch, label, cross);
    button.addEventListener("click", () => this.acts.remove(job));
    item.append(button);
    this.list.append(item);
    return item;
  }

  add(name) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "legend__entry";
    button.title = "Show or hide this curve; double click or Alt to show it alone";
    const swatch = document.createElement("span");
    swatch.className = "swatch";
    paintSwatch(swatch, name, name === TOTAL ? 0 : this.placeOf(name));
    const label = document.createElement("span");
    label.className = "legend__name";
    label.textContent = name === TOTAL ? "total" : name;
    const value = document.createElement("span");
    value.className = "legend__value";
    button.append(swatch, label, value);
    button.addEventListener("click", ({ altKey }) =>
      altKey ? this.acts.solo(name) : this.acts.toggle(name),
    );
    button.addEventListener("dblclick", () => this.acts.solo(name));
    const entry = { button, value, item: document.createElement("li") };
    entry.item.append(button);
    // The total stays last: it belongs to no task.
    const total = this.entries.get(TOTAL)?.item ?? null;
    this.list.insertBefore(entry.item, name === TOTAL ? null : total);
    this.entries.set(name, entry);
    return entry;
  }
}

/** Return the newest loss of a series in words, naming what is not finite. */
function newestText({ marks }, newest) {
  if (newest === undefined) return "–"; // after a restart, until the first step done anew
  return Number.isNaN(newest.value) ? (marks.at(-1)?.kind ?? "nan") : formatLoss(newest.value);
}
