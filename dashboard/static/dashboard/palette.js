/** Which colour a task has on this page: the server says it, in `data-colour` of its swatches. */

import { TOTAL } from "./follow.js";

const PALETTE_SIZE = 8;

/** Return the style of a task's line for its place in the palette. */
export function styleOf(place) {
  return { colour: place % PALETTE_SIZE, dashed: place >= PALETTE_SIZE };
}

/**
 * Return a function from a task's name to its place in the palette.
 *
 * A task that the page has not heard of yet, one added a moment ago, takes the next free place
 * until the server says better.
 */
export function placesOf(known) {
  const places = new Map(Object.entries(known));
  return (name) => {
    if (!places.has(name)) places.set(name, Math.max(-1, ...places.values()) + 1);
    return places.get(name);
  };
}

/** Return the colour of a series as CSS has it in the present theme. */
export function cssColour(name, place) {
  const property = name === TOTAL ? "--total" : `--task-${styleOf(place).colour}`;
  return getComputedStyle(document.documentElement).getPropertyValue(property).trim();
}

/** Give a swatch element the colour of a series. */
export function paintSwatch(swatch, name, place) {
  if (name === TOTAL) return;
  const { colour, dashed } = styleOf(place);
  swatch.dataset.colour = colour;
  if (dashed) swatch.dataset.dashed = "true";
}

/** The dashes of each round through the colours. */
const ROUND_DASHES = [[], [6, 3], [10, 3, 3, 3], [4, 6]];

/** The dashes of the jobs that are compared with the shown one, in their order. */
const COMPARED_DASHES = [[2, 3], [8, 3, 2, 3], [1, 5], [12, 5]];

/** Return the dashes of a curve; `rank` says the how manieth compared job it is of, if any. */
export function dashOf(name, place, rank) {
  if (rank >= 0) return COMPARED_DASHES[rank % COMPARED_DASHES.length];
  if (name === TOTAL) return [];
  return ROUND_DASHES[Math.floor(place / PALETTE_SIZE) % ROUND_DASHES.length];
}
