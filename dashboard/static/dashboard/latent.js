/** The plane of the page of the latent: points in the colours of their classes, images on hover. */

import { cssColour } from "./palette.js";
import { COLOURS, frameOf, groupsOf, nearestAt } from "./plane.js";
import { ROOM, drawAxes } from "./plane_axes.js";

const GAP = 2;
const REACH = 14;
const RADIUS = 3.5;
const MARGIN = 12;
const THUMB_SCALE = 3;
const LEGEND = "[data-plane-legend]";

/** One `.latent__plane`, from its arrival in the page until it is gone; looks come and go in it. */
class Plane {
  constructor(box) {
    this.box = box;
    this.hidden = new Set();
    [this.canvas, this.thumb] = box.querySelectorAll("canvas");
    this.canvas.addEventListener("pointermove", (event) => this.point(event));
    this.canvas.addEventListener("pointerleave", () => (this.thumb.hidden = true));
    this.show();
    // It also tells the first size, and so draws what is there.
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  /** Take up what the box says now; classes that were hidden stay so. */
  show() {
    this.raw = this.box.dataset.plane;
    this.facts = JSON.parse(this.raw);
    this.groups = groupsOf(this.facts);
    this.sheet = new Image();
    this.sheet.src = `/picture/${this.facts.sheet}`;
    this.thumb.hidden = true;
    this.legend();
    this.draw();
  }

  /** Put into a newer panel of the same look what no server knows: what is drawn, and hidden. */
  carryOver(fresh) {
    const box = fresh.querySelector(".latent__plane");
    if (box?.dataset.plane !== this.raw) return;
    box.replaceWith(this.box.cloneNode(true));
    fresh.querySelector(LEGEND).replaceWith(document.querySelector(LEGEND).cloneNode(true));
  }

  legend() {
    document.querySelector(LEGEND).replaceChildren(
      ...this.groups.names.map((name, at) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        button.type = "button";
        button.className = "legend__entry latent__class";
        button.setAttribute("aria-pressed", String(!this.hidden.has(name)));
        button.style.setProperty("--own", `var(--task-${at % COLOURS})`);
        button.classList.toggle("latent__class--square", at >= COLOURS);
        button.textContent = name;
        button.addEventListener("click", () => this.toggle(name, button));
        item.append(button);
        return item;
      }),
    );
  }

  toggle(name, button) {
    if (!this.hidden.delete(name)) this.hidden.add(name);
    button.setAttribute("aria-pressed", String(!this.hidden.has(name)));
    this.draw();
  }

  isHidden(at) {
    return this.hidden.has(this.groups.names[this.groups.of[at]]);
  }

  draw() {
    const ratio = window.devicePixelRatio;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    const frame = frameOf(this.facts.points, { width, height, margin: MARGIN, ...ROOM });
    const names = this.facts.shares.map((share, at) => axisName(at + 1, share));
    drawAxes(context, frame, { width, height }, names);
    this.places = this.facts.points.map(frame.place);
    for (const [at, [x, y]] of this.places.entries()) {
      if (this.isHidden(at)) continue;
      const group = this.groups.of[at];
      context.fillStyle = cssColour(String(group), group);
      context.beginPath();
      if (group < COLOURS) context.arc(x, y, RADIUS, 0, 2 * Math.PI);
      else context.rect(x - RADIUS, y - RADIUS, 2 * RADIUS, 2 * RADIUS);
      context.fill();
    }
  }

  /** Show the image of the point under the pointer. */
  point({ offsetX, offsetY }) {
    const seen = this.places.map((place, at) => (this.isHidden(at) ? [Infinity, Infinity] : place));
    const at = nearestAt(seen, offsetX, offsetY, REACH);
    this.thumb.hidden = at < 0 || this.sheet.naturalWidth === 0;
    if (this.thumb.hidden) return;
    const { columns, side } = this.facts;
    const [width, height] = side;
    Object.assign(this.thumb, { width, height });
    const left = (at % columns) * (width + GAP);
    const top = Math.floor(at / columns) * (height + GAP);
    const context = this.thumb.getContext("2d");
    context.drawImage(this.sheet, left, top, width, height, 0, 0, width, height);
    const { clientWidth, offsetLeft, offsetTop } = this.canvas;
    const room = clientWidth - width * THUMB_SCALE;
    this.thumb.style.width = `${width * THUMB_SCALE}px`;
    this.thumb.style.left = `${offsetLeft + Math.min(offsetX + REACH, Math.max(0, room))}px`;
    this.thumb.style.top = `${offsetTop + offsetY + REACH}px`;
  }
}

function axisName(number, share) {
  return `PC ${number}, ${Math.round(100 * share)}% of the variance`;
}

let plane = null;

function mount() {
  const box = document.querySelector(".latent__plane");
  if (plane?.box !== box) plane = box && new Plane(box);
  else if (box && plane.raw !== box.dataset.plane) plane.show();
}

document.addEventListener("acc:theme", () => plane?.draw());
document.body.addEventListener("htmx:afterSettle", mount);
document.body.addEventListener("acc:morphing", ({ detail }) => plane?.carryOver(detail.fresh));
document.body.addEventListener("acc:morphed", mount);
mount();
