/** The tour of the workbench: a few hints, each about one panel, that never stand in the way. */

import { keep, kept } from "./kept.js";

/** Show the tour where it was never seen, and whenever somebody asks for it. */
export function wireTour() {
  const card = document.getElementById("tour");
  if (!card) return;
  const tour = new Tour(card);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-action='tour']")) tour.begin();
  });
  if ("auto" in card.dataset && kept("tour") !== "seen") tour.show(0);
}

class Tour {
  constructor(card) {
    this.card = card;
    this.hints = [...card.querySelectorAll("[data-about]")];
    this.at = 0;
    const press = (name, act) =>
      card.querySelector(`[data-tour='${name}']`).addEventListener("click", act);
    press("back", () => this.show(this.at - 1));
    press("next", () => this.show(this.at + 1));
    press("end", () => this.end());
    card.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.end();
    });
  }

  /** Somebody asked for it: they want to be led through, so the focus goes along. */
  begin() {
    this.show(0);
    this.card.focus();
  }

  show(at) {
    if (at >= this.hints.length) {
      this.end();
      return;
    }
    this.at = at;
    this.hints.forEach((hint, place) => {
      hint.hidden = place !== at;
    });
    this.card.hidden = false;
    this.card.querySelector("[data-tour='place']").textContent = `${at + 1} of ${this.hints.length}`;
    this.card.querySelector("[data-tour='back']").disabled = at === 0;
    this.card.querySelector("[data-tour='next']").textContent =
      at === this.hints.length - 1 ? "Done" : "Next";
    // On the body: a panel that is fetched anew would lose it.
    document.body.dataset.tour = this.hints[at].dataset.about;
    if (at > 0) document.getElementById(this.hints[at].dataset.about)?.scrollIntoView({ block: "start" });
  }

  end() {
    const hadFocus = this.card.contains(document.activeElement);
    this.card.hidden = true;
    delete document.body.dataset.tour;
    keep("tour", "seen");
    if (hadFocus) document.getElementById("workbench").focus();
  }
}
