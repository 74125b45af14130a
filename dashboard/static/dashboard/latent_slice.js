/** A part of the latent, as it is typed ("0:8") and as it is clicked: pure functions. */

/** Return the ends of a slice such as "0:8"; null for anything else, "" included. */
export function readSlice(text) {
  const match = /^\s*([0-9]{1,9}):([0-9]{1,9})\s*$/.exec(text);
  if (!match) return null;
  const [start, end] = [Number(match[1]), Number(match[2])];
  return start < end ? { start, end } : null;
}

/** Return a slice as it is typed; null, the whole latent, is an empty text. */
export function writeSlice(slice) {
  return slice ? `${slice.start}:${slice.end}` : "";
}

/**
 * Return the slice after a click on a segment.
 *
 * The first click takes the segment, one outside of what is taken extends it as far, one inside
 * takes that segment alone, and one on the only segment taken gives back the whole latent.
 */
export function pickSegment(chosen, { start, end }) {
  if (!chosen) return { start, end };
  if (chosen.start === start && chosen.end === end) return null;
  if (chosen.start <= start && end <= chosen.end) return { start, end };
  return { start: Math.min(chosen.start, start), end: Math.max(chosen.end, end) };
}

/** Whether a slice holds all, part or none of a segment: "true", "mixed" or "false". */
export function pressedOf(chosen, { start, end }) {
  if (!chosen || chosen.end <= start || end <= chosen.start) return "false";
  return chosen.start <= start && end <= chosen.end ? "true" : "mixed";
}

/** Return in words what a typed slice reads. */
export function sliceWords(text, segments, latentDim) {
  if (text.trim() === "") return `Reads the whole latent: ${latentDim} dimensions.`;
  const chosen = readSlice(text);
  if (!chosen) return "Write it as start:end, such as 0:8.";
  if (chosen.end > latentDim) return `Reaches beyond the latent, which ends at ${latentDim}.`;
  const names = segments
    .filter((segment) => segment.name && pressedOf(chosen, segment) !== "false")
    .map((segment) => (pressedOf(chosen, segment) === "mixed" ? `part of ${segment.name}` : segment.name));
  const where = names.length ? `: ${names.join(", ")}` : "";
  return `Reads ${chosen.end - chosen.start} of ${latentDim} dimensions${where}.`;
}
