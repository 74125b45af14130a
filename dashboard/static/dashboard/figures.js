/** How a job goes beside its losses, as a pure function of the samples that the page was told. */

import { formatCount, formatDuration, formatRate } from "./format.js";

/** So many samples are kept: of more, neighbours are averaged, so that days take no more room. */
export const SAMPLES_MAX = 1200;

const percent = (value) => `${Math.round(100 * value)} %`;

/**
 * The figures in the order of the page; `top`: the end of the axis, else the highest value;
 * `ends`: says nothing once the job is over.
 */
export const FIGURES = [
  { name: "steps_per_second", label: "Steps/s", text: formatRate },
  { name: "data_share", label: "Time on data", text: percent, top: 1 },
  { name: "compute_share", label: "Time on compute", text: percent, top: 1 },
  { name: "waiting_share", label: "Time waiting", text: percent, top: 1 },
  { name: "device_busy", label: "GPU busy", text: percent, top: 1 },
  { name: "device_bytes", label: "GPU memory", text: bytesText },
  { name: "process_cpu", label: "Process CPU", text: (value) => `${Math.round(value)} %` },
  { name: "process_bytes", label: "Process memory", text: bytesText },
  { name: "eta_seconds", label: "Time left", text: formatDuration, ends: true },
];

/** Return no samples yet. */
export function emptyFigures() {
  return { at: [], step: [], ...Object.fromEntries(FIGURES.map(({ name }) => [name, []])) };
}

/** Return the samples with later ones appended; those that are known already are passed over. */
export function addFigures(known, more) {
  const last = known.at.at(-1) ?? -Infinity;
  const from = more.at.findIndex((at) => at > last);
  if (from < 0) return known;
  const names = Object.keys(known);
  const grown = Object.fromEntries(
    names.map((name) => [name, [...known[name], ...more[name].slice(from)]]),
  );
  return grown.at.length > SAMPLES_MAX ? averaged(grown) : grown;
}

/** Return the figures that this machine has at all, each with its newest value in words. */
export function figuresShown(samples) {
  return FIGURES.filter(({ name }) => samples[name].some((value) => value !== null)).map((figure) => ({
    ...figure,
    newest: valueText(figure, samples[figure.name].at(-1)),
  }));
}

/** Return a value in words. */
export function valueText({ text }, value) {
  return value === null || value === undefined ? "\u2013" : text(value);
}

/** Return the parts of a line, [[x, y], ...] each, in a box of 100 by 30; a null is a break. */
export function lineOf(samples, { name, top }) {
  const values = samples[name];
  const known = values.filter((value) => value !== null);
  const highest = top ?? Math.max(...known, 1e-9);
  const [first, last] = [samples.at[0], samples.at.at(-1)];
  const parts = [];
  let part = null;
  values.forEach((value, place) => {
    if (value === null) {
      part = null;
      return;
    }
    if (part === null) parts.push((part = []));
    const x = last > first ? (100 * (samples.at[place] - first)) / (last - first) : 100;
    part.push([x, 29 - 28 * Math.min(1, Math.max(0, value / highest))]);
  });
  return parts;
}

/** Return the place of the sample that is nearest to a share, 0 to 1, of the shown time. */
export function nearestSample(samples, share) {
  const [first, last] = [samples.at[0], samples.at.at(-1)];
  const wanted = first + share * (last - first);
  let best = 0;
  samples.at.forEach((at, place) => {
    if (Math.abs(at - wanted) < Math.abs(samples.at[best] - wanted)) best = place;
  });
  return best;
}

function bytesText(value) {
  const units = ["kB", "MB", "GB", "TB"];
  let [size, at] = [value / 1000, 0];
  while (size >= 1000 && at < units.length - 1) [size, at] = [size / 1000, at + 1];
  return `${size < 10 ? size.toFixed(1) : formatCount(size)} ${units[at]}`;
}

/** Return the samples averaged within spans of time, half as many spans as are kept. */
function averaged(samples) {
  const [first, last] = [samples.at[0], samples.at.at(-1)];
  const width = (2 * (last - first)) / SAMPLES_MAX;
  const spans = [];
  let newest = null;
  samples.at.forEach((at, place) => {
    const span = Math.floor((at - first) / width);
    if (span !== newest) spans.push([]);
    newest = span;
    spans.at(-1).push(place);
  });
  const fold = (name) => spans.map((places) => mean(name, places.map((at) => samples[name][at])));
  return Object.fromEntries(Object.keys(samples).map((name) => [name, fold(name)]));
}

function mean(name, values) {
  if (name === "at" || name === "step") return values.at(-1);
  const known = values.filter((value) => value !== null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}
