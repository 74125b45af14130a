/** The cards of the tasks: the slider beside the weight, and what stays while others change it. */

import { placeOf, weightAt } from "./weight_scale.js";

/** Fields in which somebody typed something that is not sent yet, or was refused. */
const typed = new WeakSet();
/** Whether a key holds the slider: it is released with the key. */
let isHeldByKey = false;
let focusNext = null;

/** Listen; the page calls it once. */
export function wireTaskCards() {
  document.addEventListener("input", onInput);
  document.addEventListener("change", onChange);
  document.addEventListener("keydown", onKey);
  document.addEventListener("keyup", onKey);
  document.addEventListener("focusout", onFocusOut);
  document.body.addEventListener("htmx:afterRequest", onAnswer);
  document.body.addEventListener("acc:morphed", settle);
  settle();
}

function fieldOf(slider) {
  return slider.form.elements.weight;
}

function sliders() {
  return document.querySelectorAll("[data-weight-slider]");
}

function onInput({ target }) {
  if (target.matches("[data-weight-slider]")) {
    const field = fieldOf(target);
    field.value = String(weightAt(Number(target.value)));
    typed.add(field);
    describe(target);
  } else if (target.matches(".task__weight [name=weight]")) {
    typed.add(target);
    const slider = target.form.querySelector("[data-weight-slider]");
    place(slider);
  }
}

/** A released slider is applied; a key that is held down changes it many times before. */
function onChange({ target }) {
  if (!target.matches("[data-weight-slider]")) return;
  if (isHeldByKey) target.dataset.waits = "true";
  else target.form.requestSubmit();
}

function onKey({ type, target }) {
  if (!target.matches?.("[data-weight-slider]")) return;
  isHeldByKey = type === "keydown";
  if (!isHeldByKey) send(target);
}

function onFocusOut({ target }) {
  if (!target.matches?.(".task__weight input")) return;
  isHeldByKey = false;
  if (target.matches("[data-weight-slider]")) send(target);
  adopt(target.form);
}

function send(slider) {
  if (!slider.dataset.waits) return;
  delete slider.dataset.waits;
  slider.form.requestSubmit();
}

/** What was taken over is no longer typed; what was refused stays. */
function onAnswer({ detail }) {
  const { elt, xhr } = detail;
  if (!elt.matches?.(".task form, .task--removed form")) return;
  const field = elt.elements.weight;
  if (field && xhr.status === 200 && field.value.trim() === detail.requestConfig.parameters.weight) {
    typed.delete(field);
    adopt(elt);
  }
  if (elt.dataset.next && xhr.status < 300) focusNext = elt.dataset.next;
}

/** Show in a field what the server says, unless somebody is at it. */
function adopt(form) {
  const field = form.elements.weight;
  const slider = form.querySelector("[data-weight-slider]");
  if (!typed.has(field) && document.activeElement !== field && field.value !== field.defaultValue) {
    field.value = field.defaultValue;
  }
  if (document.activeElement !== slider || !typed.has(field)) place(slider);
}

function settle() {
  for (const slider of sliders()) adopt(slider.form);
  const next = focusNext && document.getElementById(focusNext);
  if (!next) return;
  focusNext = null;
  next.focus();
}

/** Put the slider where the field says. */
function place(slider) {
  const at = placeOf(fieldOf(slider).value);
  if (at !== null && slider.value !== String(at)) slider.value = String(at);
  describe(slider);
}

/** A screen reader says the weight, not the place. */
function describe(slider) {
  slider.setAttribute("aria-valuetext", fieldOf(slider).value);
}
