/** The controls above the curves: how they are drawn. */

import { formatCount } from "./format.js";
import { COMPARED_MAX, SPANS } from "./view.js";

/** The controls of one panel; they show the view and say what the operator wants changed. */
export class CurveTools {
  /**
   * @param {HTMLElement} panel
   * @param {(change: object) => void} onChange
   */
  constructor(panel, onChange) {
    const find = (selector) => panel.querySelector(selector);
    this.scales = [...panel.querySelectorAll("[data-scale]")];
    this.smoothing = find("[data-smoothing]");
    this.smoothed = find("[data-smoothed]");
    this.axis = find("[data-axis]");
    this.losses = find("[data-losses]");
    this.compare = find("[data-compare]");
    this.smoothing.max = String(SPANS.length - 1);
    for (const button of this.scales) {
      const logarithmic = button.dataset.scale === "logarithmic";
      button.addEventListener("click", () => onChange({ logarithmic }));
    }
    this.smoothing.addEventListener("input", () =>
      onChange({ span: SPANS[Number(this.smoothing.value)] }),
    );
    this.axis.addEventListener("change", () => onChange({ x: this.axis.value }));
    this.losses.addEventListener("change", () =>
      onChange({ weighted: this.losses.value === "weighted" }),
    );
    this.compare?.addEventListener("change", () => {
      const job = Number(this.compare.value);
      this.compare.value = "";
      if (job) onChange({ compare: job });
    });
  }

  /** Show a view. */
  show(view) {
    for (const button of this.scales) {
      const chosen = (button.dataset.scale === "logarithmic") === view.logarithmic;
      button.setAttribute("aria-pressed", String(chosen));
    }
    const text = view.span ? `${formatCount(view.span)} steps` : "off";
    this.smoothing.value = String(SPANS.indexOf(view.span));
    this.smoothing.setAttribute("aria-valuetext", text);
    this.smoothed.textContent = text;
    const offered = [...this.axis.options].some((option) => option.value === view.x);
    this.axis.value = offered ? view.x : "step";
    this.losses.value = view.weighted ? "weighted" : "raw";
    if (!this.compare) return;
    this.compare.disabled = view.compared.length >= COMPARED_MAX;
    for (const option of this.compare.options) {
      option.disabled = view.compared.includes(Number(option.value));
    }
  }
}

/** The buttons that zoom, for whoever has neither wheel nor keyboard. */
export function wireZoomButtons(panel, zoom, view) {
  const acts = {
    in: () => zoom.by(0.6),
    out: () => zoom.by(1 / 0.6),
    reset: () => view.set(null),
    hand: (button) => {
      zoom.setHand(!zoom.isHand);
      button.setAttribute("aria-pressed", String(zoom.isHand));
    },
  };
  for (const button of panel.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => acts[button.dataset.zoom](button));
  }
}
