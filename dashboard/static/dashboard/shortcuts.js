/** What pressed keys mean: one key, or "g" and then another; pure functions. */

/** The second key of a pair is waited for so long. */
export const PAIR_MS = 1500;

const TYPING = new Set(["INPUT", "SELECT", "TEXTAREA"]);

/**
 * Return what a key means after those before it.
 *
 * @param {?{key: string, ms: number}} first a key that waits for its second
 * @param {{key: string, ms: number}} pressed
 * @param {Set<string>} known what the page offers, such as "p" and "g c"
 * @returns {{first: ?{key: string, ms: number}, wanted: ?string}}
 */
export function press(first, pressed, known) {
  const pair = first && pressed.ms - first.ms <= PAIR_MS ? `${first.key} ${pressed.key}` : "";
  if (known.has(pair)) return { first: null, wanted: pair };
  const begins = [...known].some((keys) => keys.startsWith(`${pressed.key} `));
  if (begins) return { first: pressed, wanted: null };
  return { first: null, wanted: known.has(pressed.key) ? pressed.key : null };
}

/** Whether a key is for the browser, the system, or the field in which somebody types. */
export function isForOthers({ ctrlKey, metaKey, altKey, isComposing, repeat, target }) {
  if (ctrlKey || metaKey || altKey || isComposing || repeat) return true;
  return TYPING.has(target.tagName) || target.isContentEditable === true;
}
