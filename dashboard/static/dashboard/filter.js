/** Hides the classes that are not looked for. */

const input = document.getElementById("class-filter");

/** Filter as the operator types, and again when the list has changed. */
export function wireFilter() {
  if (!input) return;
  input.addEventListener("input", show);
  document.body.addEventListener("acc:morphed", show);
  show(); // A browser that goes back fills the input in again.
}

function show() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of document.querySelectorAll("#registry-classes > section")) {
    const offers = [...section.querySelectorAll("[data-words]")];
    for (const offer of offers) {
      offer.hidden = !words.every((word) => offer.dataset.words.includes(word));
    }
    const found = offers.filter((offer) => !offer.hidden).length;
    section.querySelector("[data-found]").textContent =
      words.length > 0 ? `${found} of ${offers.length}` : `${offers.length}`;
    const note = section.querySelector("[data-none-found]");
    if (note) note.hidden = found > 0;
  }
}
