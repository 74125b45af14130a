/** The live connection: opens it, keeps it, and says how it is. */

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15000;
/** A connection that holds for so long counts as a success. */
const SETTLED_MS = 3000;
/** The server bounds what it keeps for a page that is this slow to say what it has read. */
const ACKNOWLEDGE_EVERY = 20;
/** Close codes that say no for good: not signed in, no such experiment. */
const REFUSALS = new Set([4401, 4404]);
/** After so many failures in a row the page says "offline" and not "reconnecting". */
const FAILURES_UNTIL_OFFLINE = 4;

/**
 * Return how long to wait before the next attempt, in ms.
 *
 * Half of it is left to chance: else all pages come back in the same instant and push the
 * server over again.
 */
export function backoff(failures, random = Math.random) {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.max(0, failures - 1));
  return longest * (0.5 + random() / 2);
}

/** A WebSocket that comes back by itself. */
export class LiveSocket {
  /**
   * @param {string} url
   * @param {{onMessage: (message: object) => void, onOpen: () => void,
   *   onState: (state: "connecting"|"live"|"reconnecting"|"offline") => void,
   *   onRefused: (code: number) => void}} handlers
   */
  constructor(url, handlers) {
    this.url = url;
    this.handlers = handlers;
    this.failures = 0;
    this.timer = null;
  }

  /** Connect, and go on doing so whenever the connection is lost. */
  start() {
    window.addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.retryNow();
    });
    this.handlers.onState("connecting");
    this.open();
  }

  open() {
    this.timer = null;
    const socket = new WebSocket(this.url);
    let received = 0;
    let settled = null;
    socket.onopen = () => {
      settled = setTimeout(() => {
        this.failures = 0;
      }, SETTLED_MS);
      this.handlers.onState("live");
      this.handlers.onOpen();
    };
    socket.onmessage = (event) => {
      received += 1;
      if (received % ACKNOWLEDGE_EVERY === 0) socket.send(JSON.stringify({ ack: received }));
      this.handlers.onMessage(JSON.parse(event.data));
    };
    socket.onclose = ({ code }) => {
      clearTimeout(settled);
      if (REFUSALS.has(code)) this.refused(code);
      else this.wait();
    };
  }

  refused(code) {
    this.handlers.onState("offline");
    this.handlers.onRefused(code);
  }

  wait() {
    this.failures += 1;
    const gone = this.failures > FAILURES_UNTIL_OFFLINE || navigator.onLine === false;
    this.handlers.onState(gone ? "offline" : "reconnecting");
    this.timer = setTimeout(() => this.open(), backoff(this.failures));
  }

  retryNow() {
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.open();
  }
}
