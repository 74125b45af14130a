/** Keeps "5 min ago" true while the page stays open. */

import { formatAgo } from "./format.js";

const EVERY_MS = 20000;

/** Write all times of the page anew, now and then. */
export function wireTimes() {
  setInterval(() => {
    for (const time of document.querySelectorAll("time.ago")) {
      const text = formatAgo(Date.parse(time.dateTime), Date.now());
      if (time.textContent !== text) time.textContent = text;
    }
  }, EVERY_MS);
}
