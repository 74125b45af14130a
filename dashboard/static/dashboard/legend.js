/** The legend: one switch a curve, with its newest value. */

import { TOTAL } from "./follow.js";
import { formatLoss } from "./format.js";
import { paintSwatch } from "./palette.js";

/** Keeps the entries of a list in step with the curves; entries stay, so focus does too. */
export class Legend {
  /**
   * @param {HTMLElement} list
   * @param {(name: string) => number} placeOf
   * @param {(name: string) => void} onToggle
   */
  constructor(list, placeOf, onToggle) {
    Object.assign(this, { list, placeOf, onToggle });
    this.entries = new Map();
    list.replaceChildren();
  }

  /** @param {number} span steps that the curves are smoothed over; the values never are */
  draw(state, hidden, span) {
    for (const [name, series] of state.series) {
      if (series.steps.length === 0) continue;
      const entry = this.entries.get(name) ?? this.add(name);
      entry.button.setAttribute("aria-pressed", String(!hidden.has(name)));
      entry.value.textContent = lastText(series);
      entry.value.title = span ? "Newest loss itself; only the curve is smoothed" : "Newest loss";
    }
  }

  add(name) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "legend__entry";
    button.title = "Show or hide this curve";
    const swatch = document.createElement("span");
    swatch.className = "swatch";
    paintSwatch(swatch, name, name === TOTAL ? 0 : this.placeOf(name));
    const label = document.createElement("span");
    label.className = "legend__name";
    label.textContent = name === TOTAL ? "total" : name;
    const value = document.createElement("span");
    value.className = "legend__value";
    button.append(swatch, label, value);
    button.addEventListener("click", () => this.onToggle(name));
    const entry = { button, value, item: document.createElement("li") };
    entry.item.append(button);
    // The total stays last: it belongs to no task.
    const total = this.entries.get(TOTAL)?.item ?? null;
    this.list.insertBefore(entry.item, name === TOTAL ? null : total);
    this.entries.set(name, entry);
    return entry;
  }
}

/** Return the newest value of a series in words, naming what is not finite. */
export function lastText(series) {
  const value = series.values[series.values.length - 1];
  if (!Number.isNaN(value)) return formatLoss(value);
  return series.marks[series.marks.length - 1]?.kind ?? "nan";
}
