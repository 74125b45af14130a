/** Which classes a select offers: what to change in it when the registry did. Pure. */

/**
 * @param {string[]} shown the select's options
 * @param {string[]} offered the classes on offer now
 * @param {string} chosen the selected option, which stays even where its class is gone
 * @returns {{add: {name: string, before: string|null}[], remove: string[], isGone: boolean}}
 *   `add` in the order in which to insert; `before`: the option that follows, null for the end
 */
export function planOptions(shown, offered, chosen) {
  const wanted = new Set(offered);
  const remove = shown.filter((name) => !wanted.has(name) && name !== chosen);
  const names = shown.filter((name) => !remove.includes(name));
  const add = [];
  for (const name of [...offered].filter((candidate) => !names.includes(candidate)).sort(compare)) {
    const at = names.findIndex((other) => compare(other, name) > 0);
    add.push({ name, before: at < 0 ? null : names[at] });
    names.splice(at < 0 ? names.length : at, 0, name);
  }
  return { add, remove, isGone: chosen !== "" && !wanted.has(chosen) };
}

/** The order of the server: by code point. */
function compare(one, other) {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
