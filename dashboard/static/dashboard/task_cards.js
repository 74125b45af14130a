/** The cards of the tasks: the slider beside the weight, and what stays while others change it. */

import { refresh } from "./refresh.js";
import { placeOf, weightAt } from "./weight_scale.js";

/** Fields in which somebody typed something that is not sent yet, or was refused. */
const typed = new WeakSet();
/** Whether a key holds the slider: it is released with the key. */
let isHeldByKey = false;
/** The id of what gets the focus as soon as it is there, such as the undoing of a removal. */
let focusNext = null;
/** Offers to undo a removal that end by themselves. */
const ending = new WeakSet();

/** Listen; the page calls it once. */
export function wireTaskCards() {
  document.addEventListener("input", onInput);
  document.addEventListener("change", onChange);
  document.addEventListener("keydown", onKey);
  document.addEventListener("keyup", onKey);
  document.addEventListener("focusout", onFocusOut);
  document.body.addEventListener("htmx:afterRequest", onAnswer);
  document.body.addEventListener("acc:morphing", keepRefusals);
  document.body.addEventListener("acc:morphed", settle);
  document.body.addEventListener("acc:task-said", ({ detail }) => {
    document.getElementById("task-add-status").textContent = detail.words;
  });
  settle();
}

function fieldOf(slider) {
  return slider.form.elements.weight;
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
  const { xhr, requestConfig } = detail;
  const { elt } = requestConfig; // of a form that went away, the event itself names a parent
  if (!elt.matches?.(".task form, .task--removed form")) return;
  const field = elt.elements.weight;
  if (field && xhr.status === 200 && field.value.trim() === requestConfig.parameters.weight) {
    typed.delete(field);
    adopt(elt);
  }
  if (elt.dataset.next && xhr.status < 300) focusNext = elt.dataset.next;
  goOn();
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

/** A refusal stays until something else is done with its card, whatever happens to the panel. */
function keepRefusals({ target, detail: { fresh } }) {
  if (target.id !== "tasks-panel") return;
  for (const refusal of target.querySelectorAll(".task [data-refusal]")) {
    const place = fresh.querySelector(`#${refusal.parentElement.id}`);
    if (!place) continue;
    place.prepend(refusal.cloneNode(true));
    const field = refusal.closest(".task").querySelector("[aria-invalid]");
    const freshField = field && fresh.querySelector(`#${field.id}`);
    for (const name of ["aria-invalid", "aria-describedby"]) {
      freshField?.setAttribute(name, field.getAttribute(name));
    }
  }
}

function settle() {
  for (const slider of document.querySelectorAll("[data-weight-slider]")) adopt(slider.form);
  for (const offer of document.querySelectorAll("[data-undo-seconds]")) {
    if (ending.has(offer)) continue;
    ending.add(offer);
    setTimeout(() => {
      // Before it goes away under the focus.
      if (offer.contains(document.activeElement)) document.getElementById("task-add-button").focus();
      refresh("acc:tasks");
    }, 1000 * Number(offer.dataset.undoSeconds));
  }
  goOn();
}

/** Keep the keyboard's place where the pressed button went away. */
function goOn() {
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
