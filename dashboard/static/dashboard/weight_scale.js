/** The slider's places and the weights they stand for, 20 a decade from 0.001 to 1000: pure. */

const LEAST = 0.001;
const MOST = 1000;
const PER_DECADE = 20;

/** The last place; the first one, 0, is the weight 0. */
export const LAST_PLACE = Math.round(Math.log10(MOST / LEAST)) * PER_DECADE + 1;

/** Return the weight of a place, in three digits: what a person would type. */
export function weightAt(place) {
  if (place <= 0) return 0;
  return Number((LEAST * 10 ** ((place - 1) / PER_DECADE)).toPrecision(3));
}

/** Return the place nearest to a weight; null where the text is no weight at all. */
export function placeOf(text) {
  const weight = Number(text);
  if (text.trim() === "" || !Number.isFinite(weight) || weight < 0) return null;
  if (weight === 0) return 0;
  const place = 1 + Math.round(PER_DECADE * Math.log10(weight / LEAST));
  return Math.min(LAST_PLACE, Math.max(1, place));
}
