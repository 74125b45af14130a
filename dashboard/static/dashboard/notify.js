/** Notifications of the browser when a job ends, for who asked for them in the account's menu. */

import { keep, kept } from "./kept.js";
import { noticeOf } from "./notice.js";

const BLOCKED = "Your browser blocks them: allow notifications for this site in its settings.";
const IMPOSSIBLE = "This browser shows none here; most do so only over HTTPS or on this machine.";

/** Follows the messages of a page, and tells of each ended job once. */
export class Notifier {
  constructor() {
    this.told = new Set();
    this.button = document.querySelector("[data-action='notify']");
    this.note = document.querySelector("[data-notify-note]");
    this.button.addEventListener("click", () => (this.isOn ? this.turnOff() : this.turnOn()));
    this.show();
  }

  get isOn() {
    return kept("notify") === "on" && window.Notification?.permission === "granted";
  }

  /** Tell of a job that ended, where this was asked for. */
  hear(message) {
    const notice = noticeOf(message);
    if (!notice || !this.isOn || this.told.has(notice.tag)) return;
    this.told.add(notice.tag);
    this.tell(notice);
  }

  turnOff() {
    keep("notify", null);
    this.show();
  }

  async turnOn() {
    if (!window.isSecureContext || !window.Notification) return this.show(IMPOSSIBLE);
    const permission = await Notification.requestPermission();
    if (permission !== "granted") return this.show(BLOCKED);
    try {
      this.tell({ title: "ACC", body: "A job's end is told like this.", tag: "acc-asked" });
    } catch {
      return this.show(IMPOSSIBLE); // Phones have the class, but no page may make one.
    }
    keep("notify", "on");
    return this.show();
  }

  tell({ title, ...options }) {
    const shown = new Notification(title, { ...options, icon: this.button.dataset.icon });
    shown.onclick = () => {
      window.focus();
      shown.close();
    };
  }

  show(problem = "") {
    this.button.setAttribute("aria-checked", String(this.isOn));
    this.note.textContent = problem;
    this.note.hidden = problem === "";
  }
}
