/** Lets the list of jobs be compared once two of them are ticked. */

const FEWEST = 2;

/** Follow the ticks, also where the list changes under them or the browser brings them back. */
export function wireJobTicks() {
  document.body.addEventListener("change", allowCompare);
  document.body.addEventListener("acc:morphed", allowCompare);
  window.addEventListener("pageshow", allowCompare);
}

function allowCompare() {
  const form = document.getElementById("jobs-side");
  if (!form) return;
  const ticked = [...form.elements].filter((element) => element.name === "job" && element.checked);
  form.querySelector("button").disabled = ticked.length < FEWEST;
}
