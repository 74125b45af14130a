/** What the page shows while the server does not answer: nothing moves, and it says so. */

/** A connection that is back so soon is not worth a banner. */
const PATIENCE_MS = 2000;

const UNSENT = "ACC did not answer. Try again when it is back.";

/** Follows the connection's state: figures stand still at once, the banner comes a little later. */
export class CutOff {
  /** @param {{freeze: () => void, thaw: () => void}} figures */
  constructor(figures) {
    this.figures = figures;
    this.timer = null;
  }

  /** @param {"connecting"|"live"|"reconnecting"|"offline"} state */
  follow(state) {
    if (state === "live") {
      this.answered();
      this.figures.thaw();
    } else if (state !== "connecting") {
      this.figures.freeze();
      this.timer ??= setTimeout(() => show(true), PATIENCE_MS);
    }
  }

  /** The server answered, be it with a no. */
  answered() {
    clearTimeout(this.timer);
    this.timer = null;
    show(false);
  }
}

function show(isCut) {
  document.getElementById("cut-off").hidden = !isCut;
  document.body.classList.toggle("is-cut-off", isCut);
}

/** Say in the panel of a pressed button that its request did not get through. */
export function tellUnsent(event) {
  const form = event.detail.elt;
  if (!form.matches?.("[data-own-action]")) return;
  const panel = form.closest(".run") ?? form;
  panel.querySelector("[data-unsent]")?.remove();
  const note = document.createElement("p");
  note.className = "note note--bad";
  note.dataset.unsent = "";
  note.setAttribute("role", "alert");
  note.textContent = UNSENT;
  panel.append(note);
}
