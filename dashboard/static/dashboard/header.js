/** The bar on top of every page: its signals, its menus, and the live messages behind it. */

import { getJson } from "./api.js";
import { CutOff } from "./cut_off.js";
import { refresh } from "./refresh.js";
import { LiveSocket } from "./socket.js";

const TRAINER_POLL_MS = 10000;
const SIGNAL_WORDS = {
  connecting: "connecting",
  live: "live",
  reconnecting: "reconnecting",
  offline: "no connection",
};

/** Follows the connection and the trainer, and hands the live messages on. */
export class Header {
  /**
   * @param {{receive: (message: object) => void, catchUp: () => void,
   *   trainerChanged?: () => void, figures?: {freeze: () => void, thaw: () => void}}} page
   *   `catchUp` fetches what happened while nobody listened
   */
  constructor({ receive, catchUp, trainerChanged = () => {}, figures = stillFigures }) {
    this.receive = receive;
    this.catchUp = catchUp;
    this.trainerChanged = trainerChanged;
    this.cutOff = new CutOff(figures);
    document.addEventListener("click", closeMenus);
    document.addEventListener("keydown", closeMenus);
  }

  /** Connect to a path of the site, and stay connected. */
  follow(path) {
    const url = new URL(path, window.location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new LiveSocket(url.href, {
      onMessage: (message) => this.take(message),
      onState: (state) => {
        setSignal("connection", state, SIGNAL_WORDS[state]);
        this.cutOff.follow(state);
      },
      onOpen: () => {
        this.fetchMissed();
        this.askTrainer();
      },
      onRefused: (code) => {
        this.cutOff.answered();
        if (code === 4401) showSignedOut();
      },
    });
    socket.start();
    setInterval(() => this.askTrainer(), TRAINER_POLL_MS);
  }

  take(message) {
    if (message.type === "gap") this.fetchMissed();
    if (message.type === "trainer") this.setTrainer(message.state);
    if (message.type === "registry") refresh("acc:registry-badge");
    this.receive(message);
  }

  fetchMissed() {
    refresh("acc:device");
    refresh("acc:registry-badge");
    this.catchUp();
  }

  setTrainer(state) {
    if (!setSignal("trainer-state", state, state)) return;
    refresh("acc:device");
    this.trainerChanged();
  }

  /** The trainer cannot say that it was killed, so the page asks now and then. */
  async askTrainer() {
    if (document.hidden) return;
    try {
      const health = await getJson("/health");
      this.setTrainer(health.trainer);
    } catch {
      // The connection's own signal says that the server does not answer.
    }
  }
}

/** Tell whoever looks that nothing they do is heard any more. */
export function showSignedOut() {
  document.getElementById("signed-out").hidden = false;
}

/** For a page without clocks. */
const stillFigures = { freeze() {}, thaw() {} };

function setSignal(id, state, words) {
  const signal = document.getElementById(id);
  if (signal.dataset.state === state) return false;
  signal.dataset.state = state;
  signal.querySelector("[data-words]").textContent = words;
  return true;
}

/** A click elsewhere, or Escape, closes an open menu. */
function closeMenus(event) {
  if (event.type === "keydown" && event.key !== "Escape") return;
  for (const menu of document.querySelectorAll(".menu[open]")) {
    if (event.type === "keydown") menu.querySelector("summary").focus();
    if (event.type === "keydown" || !menu.contains(event.target)) menu.open = false;
  }
}
