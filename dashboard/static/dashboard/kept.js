/** What this browser remembers of a person's choices; without storage they hold for one page. */

const PREFIX = "acc-";

/** Return what was kept under a name, null for nothing. */
export function kept(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // Storage is forbidden.
  }
}

/** Keep a text under a name; null forgets it. */
export function keep(name, text) {
  try {
    if (text === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, text);
  } catch {
    // Storage is forbidden: the next page asks anew.
  }
}
