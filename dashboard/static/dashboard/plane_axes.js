/** The axes of the plane of the latent: a line with ticks below and at the left, and their names. */

import { ticksOf } from "./plane.js";

/** So much room is kept for them beside the points, in pixels. */
export const ROOM = { left: 52, bottom: 42 };

const TICK = 5;
const FONT_PX = 12;
/** Numbers nearer to each other would run together. */
const TICK_APART = 70;

/**
 * Draw both axes.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {ReturnType<typeof import("./plane.js").frameOf>} frame where values are.
 * @param {{width: number, height: number}} size of the canvas.
 * @param {[string, string]} names
 */
export function drawAxes(context, frame, { width, height }, [across, up]) {
  const css = getComputedStyle(document.documentElement);
  const [left, low] = [ROOM.left, height - ROOM.bottom];
  context.strokeStyle = css.getPropertyValue("--control-line").trim();
  context.fillStyle = css.getPropertyValue("--ink-3").trim();
  context.font = `${FONT_PX}px ${css.getPropertyValue("--font").trim()}`;
  context.lineWidth = 1;
  context.beginPath();
  line(context, [left, 0], [left, low]);
  line(context, [left, low], [width, low]);
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const { value, text } of ticksOf(frame.reach[0], (width - left) / TICK_APART)) {
    const [x] = frame.place([value, 0]);
    line(context, [x, low], [x, low + TICK]);
    context.fillText(text, x, low + TICK + 2);
  }
  context.fillText(across, (left + width) / 2, height - FONT_PX - 2);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const { value, text } of ticksOf(frame.reach[1], low / TICK_APART)) {
    const [, y] = frame.place([0, value]);
    line(context, [left - TICK, y], [left, y]);
    context.fillText(text, left - TICK - 3, y);
  }
  context.stroke();
  context.save();
  context.translate(FONT_PX / 2 + 1, low / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText(up, 0, 0);
  context.restore();
}

function line(context, from, to) {
  // In the middle of a pixel, else a line of one pixel is a pale one of two.
  context.moveTo(...from.map((value) => Math.round(value) + 0.5));
  context.lineTo(...to.map((value) => Math.round(value) + 0.5));
}
