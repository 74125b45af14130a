/** Keyboard shortcuts: `data-key` on an element says which keys press it or put the focus there. */

import { keep, kept } from "./kept.js";
import { isForOthers, press } from "./shortcuts.js";

const FIELDS = "input, select, textarea";

let first = null;

/** Listen; every page calls it once. */
export function wireShortcuts() {
  const dialog = document.getElementById("shortcuts");
  const enabled = document.getElementById("shortcuts-on");
  enabled.checked = kept("keys") !== "off";
  enabled.addEventListener("change", () => keep("keys", enabled.checked ? null : "off"));
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-action='shortcuts']")) dialog.showModal();
    // The backdrop is the dialog itself; all else lies in its content.
    if (event.target === dialog) dialog.close();
  });
  document.addEventListener("keydown", (event) => {
    const isTaken = event.defaultPrevented || document.querySelector("dialog[open]") !== null;
    if (isTaken || !enabled.checked || isForOthers(event)) return;
    follow(event);
  });
}

function follow(event) {
  const offered = new Map();
  for (const element of document.querySelectorAll("[data-key]:not(:disabled)")) {
    if (!offered.has(element.dataset.key)) offered.set(element.dataset.key, element);
  }
  const pressed = { key: event.key, ms: event.timeStamp };
  const meant = press(first, pressed, new Set(offered.keys()));
  first = meant.first;
  if (meant.wanted === null) return;
  event.preventDefault(); // else the key is typed into the field that gets the focus
  const element = offered.get(meant.wanted);
  if (element.matches(FIELDS)) enter(element);
  else element.click();
}

/** Put the focus into a field; what is typed next replaces what it holds. */
function enter(field) {
  field.focus();
  if (field.matches("input")) field.select();
}
