/** What is shown, to take along: a picture, a file of values, and a table to read or hear. */

import { csvOf, curveName, tableRows } from "./curve_table.js";
import { formatCount, formatLoss } from "./format.js";
import { cssColour } from "./palette.js";

/** An open table follows the curves, but no faster than somebody reads. */
const TABLE_MS = 2000;
const LEGEND_HEIGHT = 28;
const FONT_PX = 13;

/** The exports of one panel. */
export class CurveExport {
  /**
   * @param {HTMLElement} panel
   * @param {number} job
   * @param {() => {curves: object[], sight: {from: number, to: number}}} look what is shown now
   */
  constructor(panel, job, look) {
    Object.assign(this, { panel, job, look });
    this.filledAt = -Infinity;
    this.details = panel.querySelector("[data-curve-table]");
    this.details.addEventListener("toggle", () => this.fill());
    const saves = { png: () => this.savePicture(), csv: () => this.saveValues() };
    for (const button of panel.querySelectorAll("[data-save]")) {
      button.addEventListener("click", () => saves[button.dataset.save]());
    }
  }

  /** Told after each drawing: the table, where it is open, follows. */
  drawn() {
    if (performance.now() - this.filledAt > TABLE_MS) this.fill();
  }

  fill() {
    const { curves, sight } = this.look();
    if (!this.details.open || !curves) return;
    this.filledAt = performance.now();
    const rows = tableRows(curves, sight).map(rowElement);
    this.details.querySelector("tbody").replaceChildren(...rows);
  }

  saveValues() {
    const { curves, sight } = this.look();
    const text = csvOf(curves, sight, this.job);
    save(new Blob([text], { type: "text/csv" }), `job-${this.job}-losses.csv`);
  }

  /** Save the chart with its legend, on the page's ground: a picture has no page behind it. */
  savePicture() {
    const source = this.panel.querySelector("canvas");
    const scale = source.width / source.clientWidth;
    const picture = document.createElement("canvas");
    picture.width = source.width;
    picture.height = source.height + LEGEND_HEIGHT * scale;
    const ink = picture.getContext("2d");
    const css = getComputedStyle(document.documentElement);
    ink.fillStyle = css.getPropertyValue("--surface").trim();
    ink.fillRect(0, 0, picture.width, picture.height);
    ink.drawImage(source, 0, 0);
    ink.scale(scale, scale);
    ink.font = `${FONT_PX}px ${css.getPropertyValue("--font").trim()}`;
    let x = 12;
    const y = source.clientHeight + LEGEND_HEIGHT / 2;
    for (const curve of this.look().curves) {
      ink.fillStyle = cssColour(curve.name, curve.place);
      ink.fillRect(x, y - 2, 14, 4);
      ink.fillStyle = css.getPropertyValue("--ink").trim();
      ink.fillText(curveName(curve), x + 20, y + FONT_PX / 3);
      x += 20 + ink.measureText(curveName(curve)).width + 18;
    }
    picture.toBlob((blob) => save(blob, `job-${this.job}-losses.png`));
  }
}

function rowElement({ curve, first, last, mean, low, high, kind }) {
  const row = document.createElement("tr");
  const steps = [...new Set([first, last])].map(formatCount).join(" to ");
  const losses = kind ? [kind, "", ""] : [mean, low, high].map(formatLoss);
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = curveName(curve);
  const cells = [steps, ...losses].map((text) => {
    const cell = document.createElement("td");
    cell.textContent = text;
    return cell;
  });
  row.append(head, ...cells);
  return row;
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
