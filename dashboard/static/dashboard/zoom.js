/** Zooming and moving the curves: pointer, wheel, two fingers, keyboard and buttons. */

import { panned, rangeOf, zoomed } from "./range.js";

const STEP_FACTOR = 0.6;
const WHEEL_FACTOR = 1.0016;
const PAN_SHARE = 0.2;
/** A drag of fewer pixels is a click. */
const DRAG_MIN = 5;
/** For so long after the page scrolled, the wheel goes on scrolling it. */
const SCROLLING_MS = 300;

/** The gestures on one chart's frame. */
export class Zoom {
  /**
   * @param {HTMLElement} frame takes the focus and the gestures
   * @param {import("./chart.js").LossChart} chart
   * @param {{range: () => object|null, lastStep: () => number, set: (range) => void}} view
   */
  constructor(frame, chart, view) {
    Object.assign(this, { frame, chart, view });
    this.box = frame.querySelector(".chart__box");
    this.pointers = new Map();
    this.drag = null;
    this.isHand = false;
    this.scrolledAt = -Infinity;
    this.heard = new AbortController();
    const hear = (target, name, act, passive) =>
      target.addEventListener(name, act, { signal: this.heard.signal, passive });
    hear(window, "scroll", () => (this.scrolledAt = performance.now()), true);
    hear(frame, "wheel", (event) => this.wheel(event), false);
    hear(frame, "keydown", (event) => this.key(event));
    hear(frame, "dblclick", () => view.set(null));
    hear(frame, "pointerdown", (event) => this.down(event));
    hear(frame, "pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) hear(frame, name, (event) => this.up(event));
  }

  destroy() {
    this.heard.abort();
  }

  /** Whether a drag moves the curves instead of choosing a part of them. */
  setHand(isHand) {
    this.isHand = isHand;
    this.frame.classList.toggle("chart__frame--hand", isHand);
  }

  /** Show fewer steps for a factor below 1, around the middle. */
  by(factor) {
    const { left, right } = this.chart.area();
    this.zoomAt((left + right) / 2, factor);
  }

  zoomAt(clientX, factor) {
    const { view } = this;
    view.set(zoomed(view.range(), view.lastStep(), this.chart.stepAtEdge(clientX), factor));
  }

  wheel(event) {
    const isScroll = performance.now() - this.scrolledAt < SCROLLING_MS;
    const isOutOfAll = event.deltaY > 0 && this.view.range() === null;
    const isAside = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!event.ctrlKey && (isScroll || isOutOfAll)) return;
    if (!this.chart.holds(event)) return;
    event.preventDefault();
    // A line counts as 16 pixels; two fingers on a pad send small steps with ctrlKey.
    const scale = (event.deltaMode === 1 ? 16 : 1) * (event.ctrlKey ? 5 : 1);
    if (isAside) this.panBy((event.deltaX * scale) / this.width());
    else this.zoomAt(event.clientX, WHEEL_FACTOR ** (event.deltaY * scale));
  }

  key(event) {
    if (event.target !== this.frame || event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = {
      "+": () => this.by(STEP_FACTOR),
      "=": () => this.by(STEP_FACTOR),
      "-": () => this.by(1 / STEP_FACTOR),
      0: () => this.view.set(null),
      ArrowLeft: () => this.panBy(-PAN_SHARE),
      ArrowRight: () => this.panBy(PAN_SHARE),
    };
    if (!Object.hasOwn(acts, event.key)) return;
    event.preventDefault();
    acts[event.key]();
  }

  panBy(share) {
    this.view.set(panned(this.view.range(), this.view.lastStep(), share));
  }

  width() {
    const { left, right } = this.chart.area();
    return Math.max(1, right - left);
  }

  down(event) {
    if (event.button !== 0 || this.view.lastStep() === 0 || !this.chart.holds(event)) return;
    this.pointers.set(event.pointerId, event.clientX);
    const isTouch = event.pointerType === "touch";
    const isPan = isTouch || event.shiftKey || this.isHand;
    const range = this.view.range();
    this.drag = { isPan, range, start: event.clientX, at: event.clientX, moved: false };
    if (!isTouch) this.frame.setPointerCapture(event.pointerId);
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (before === undefined) return;
    if (this.pointers.size === 2) this.pinch(event, before);
    else if (this.drag) this.dragTo(event.clientX);
    this.pointers.set(event.pointerId, event.clientX);
  }

  dragTo(clientX) {
    const { drag } = this;
    drag.moved ||= Math.abs(clientX - drag.start) >= DRAG_MIN;
    if (!drag.moved) return;
    if (drag.isPan) {
      // At the whole view there is nothing to move; the crosshair follows the finger.
      if (drag.range === null) return;
      const share = (drag.start - clientX) / this.width();
      this.view.set(panned(drag.range, this.view.lastStep(), share));
    } else {
      const { left, right } = this.chart.area();
      const [low, high] = [drag.start, clientX]
        .map((x) => Math.min(right, Math.max(left, x)))
        .sort((one, other) => one - other);
      this.box.hidden = false;
      this.box.style.left = `${low - this.frame.getBoundingClientRect().left}px`;
      this.box.style.width = `${high - low}px`;
    }
    drag.at = clientX;
  }

  /** Two fingers: what was under each of them stays under it. */
  pinch(event, before) {
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)[1];
    const [old, now] = [Math.abs(before - other), Math.abs(event.clientX - other)];
    if (old < 10 || now < 10) return;
    if (this.drag) this.drag.moved = true;
    this.zoomAt(other, old / now);
  }

  up(event) {
    this.pointers.delete(event.pointerId);
    const { drag } = this;
    if (this.pointers.size > 0) return;
    this.drag = null;
    this.box.hidden = true;
    if (!drag?.moved || drag.isPan || event.type === "pointercancel") return;
    const steps = [drag.start, drag.at].map((x) => this.chart.stepAtEdge(x));
    this.view.set(rangeOf(...steps, this.view.lastStep()));
  }
}
