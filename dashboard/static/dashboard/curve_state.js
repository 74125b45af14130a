/** What the panel of the curves says about its job: state, error, why there is no curve. */

import { around } from "./series.js";

/** Say so where losses of 0 and below cannot be drawn. */
export function showUndrawn(panel, curves, sight, { logarithmic }) {
  const isUndrawn = ({ series }) => around(series, sight.from, sight.to).values.some((value) => value <= 0);
  panel.querySelector("[data-undrawn]").hidden = !logarithmic || !curves.some(isUndrawn);
}

/** Show what is known of the job. */
export function showRecord(panel, { record, lastStep }) {
  const badge = panel.querySelector("[data-live='state']");
  const error = panel.querySelector("[data-live='error']");
  const empty = panel.querySelector(".chart__empty");
  // Until the server's answer nobody knows whether there is a curve.
  if (record) {
    badge.dataset.state = record.state;
    badge.textContent = record.state;
    error.textContent = record.error ?? "";
    error.hidden = !record.error;
    empty.textContent = emptyText(record);
    empty.hidden = lastStep > 0;
  }
  // Axes without a point have nothing to say.
  panel.querySelector("canvas").classList.toggle("chart__canvas--empty", lastStep === 0);
  panel.dataset.step = String(lastStep);
}

function emptyText({ id, state }) {
  if (state === "queued") return `Job ${id} is queued. Its curves begin with its first steps.`;
  if (state === "running") return `Job ${id} is starting.`;
  if (state === "completed") return `Job ${id} has no losses.`;
  const verb = { failed: "failed", paused: "is paused" }[state] ?? `was ${state}`;
  return `Job ${id} ${verb} before its first step.`;
}
