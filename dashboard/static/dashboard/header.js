/** The bar on top of every page: its signals, its menus, and the live messages behind it. */

import { ApiError, getJson } from "./api.js";
import { CutOff } from "./cut_off.js";
import { Notifier } from "./notify.js";
import { refresh } from "./refresh.js";
import { wireRefusals } from "./refused.js";
import { wireShortcuts } from "./shortcut_keys.js";
import { LiveSocket } from "./socket.js";

/** The trainer tells every two seconds that it is there; silent for so long, it is asked after. */
const SILENT_MS = 5000;
const LOOK_MS = 1000;
const ASK_EVERY_MS = 2000;
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
    this.heardMs = Date.now();
    this.askedMs = 0;
    this.notifier = new Notifier();
    wireShortcuts();
    document.addEventListener("click", closeMenus);
    document.addEventListener("keydown", closeMenus);
    wireRefusals();
    document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
      if (detail.xhr?.status === 401) showSignedOut();
    });
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
    setInterval(() => this.look(), LOOK_MS);
  }

  take(message) {
    if (message.type === "gap") this.fetchMissed();
    if (message.type === "trainer") this.hear(message.state);
    if (message.type === "warning") refresh("acc:warnings");
    if (message.type === "registry") refresh("acc:registry-badge");
    this.notifier.hear(message);
    this.receive(message);
  }

  fetchMissed() {
    refresh("acc:device");
    refresh("acc:registry-badge");
    refresh("acc:warnings");
    this.catchUp();
  }

  hear(state) {
    this.heardMs = Date.now();
    this.setTrainer(state);
  }

  /** Who was killed cannot say so: ask the server, as long as nothing is heard. */
  look() {
    const now = Date.now();
    if (document.hidden || now - this.heardMs < SILENT_MS) return;
    if (now - this.askedMs < ASK_EVERY_MS) return;
    this.askTrainer();
  }

  setTrainer(state) {
    if (!setSignal("trainer-state", state, state)) return;
    refresh("acc:device");
    this.trainerChanged();
  }

  async askTrainer() {
    this.askedMs = Date.now();
    try {
      const health = await getJson("/health");
      this.setTrainer(health.trainer);
      showTrouble(false);
      refresh("acc:warnings");
    } catch (error) {
      // Where there is no answer at all, the connection's own signal says so.
      if (error instanceof ApiError) showTrouble(error.status >= 500);
    }
  }
}

/** Tell whoever looks that nothing they do is heard any more, and lead back here. */
export function showSignedOut() {
  const banner = document.getElementById("signed-out");
  const { pathname, search, hash } = window.location;
  const query = new URLSearchParams({ next: pathname + search + hash });
  const link = banner.querySelector("a");
  link.search = String(query);
  banner.hidden = false;
}

function showTrouble(isThere) {
  document.getElementById("in-trouble").hidden = !isThere;
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
  // What opens something else of the page has done what the menu was opened for.
  const isDone = event.type === "click" && event.target.closest("[data-closes-menu]") !== null;
  for (const menu of document.querySelectorAll(".menu[open]")) {
    if (event.type === "keydown") menu.querySelector("summary").focus();
    if (event.type === "keydown" || isDone || !menu.contains(event.target)) menu.open = false;
  }
}
