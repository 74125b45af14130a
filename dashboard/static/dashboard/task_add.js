/** The form that attaches a task: opens and closes it, and keeps it up to date while one types. */

import { getJson } from "./api.js";
import { pickSegment, pressedOf, readSlice, sliceWords, writeSlice } from "./latent_slice.js";
import { planOptions } from "./offered.js";

const byId = (id) => document.getElementById(id);
let asked = 0;
/** A second form would wipe what is typed in the first. */
let isOpening = false;
/** Classes or datasets changed while the form was on its way: it may be older than that. */
let isBehind = false;
/** The chosen class or the datasets changed while the fields of the class had the focus. */
let isStale = false;
/** What stood in the fields of the class when they were last asked for anew. */
let sent = "";

/** Listen; the page calls it once. */
export function wireTaskAdd() {
  if (!byId("task-add")) return;
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-action='task-add']")) toggle();
    if (event.target.closest("[data-action='task-add-cancel']")) cancel();
    const segment = event.target.closest(".strip__segment");
    if (segment) press(segment);
  });
  document.addEventListener("input", (event) => {
    if (event.target.id === "task_add_latent_slice") drawStrip();
  });
  document.addEventListener("keydown", moveAlong);
  document.addEventListener("keydown", hideByKey);
  document.addEventListener("focusout", () => setTimeout(freshen));
  document.body.addEventListener("acc:task-name", ({ detail }) => {
    byId("task-add-class").dataset.nameDefault = detail.default;
    showFreeName();
  });
  document.body.addEventListener("acc:task-added", () => byId("task-add-button")?.focus());
  document.body.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (isFresh(detail)) sent = standing();
  });
  document.body.addEventListener("htmx:beforeSwap", keepTyped);
  document.body.addEventListener("htmx:afterSettle", settle);
  document.body.addEventListener("acc:morphed", showState);
}

/** Open the form, or hide it with what was typed; the first time it is fetched. */
function toggle() {
  const panel = byId("task-add-panel");
  if (panel) {
    panel.hidden = !panel.hidden;
  } else if (!isOpening) {
    isOpening = true;
    isBehind = false;
    byId("task-add-status").textContent = "";
    const target = { target: "#task-add-place", swap: "innerHTML" };
    window.htmx.ajax("GET", byId("task-add").dataset.url, target).finally(() => {
      isOpening = false;
    });
  }
  showState();
  if (panel && !panel.hidden) byId("task_add_class_name").focus();
}

function cancel() {
  byId("task-add-place").replaceChildren();
  showState();
  byId("task-add-button")?.focus();
}

/** Escape hides the form as the button does: what is typed stays for when it is opened again. */
function hideByKey(event) {
  if (event.key !== "Escape" || event.isComposing || event.defaultPrevented) return;
  if (!byId("task-add-panel")?.contains(event.target)) return;
  toggle();
  byId("task-add-button")?.focus();
}

/** Say on the button whether the form is open; the button is fetched anew with its panel. */
function showState() {
  const isOpen = byId("task-add-panel")?.hidden === false;
  byId("task-add-button")?.setAttribute("aria-expanded", String(isOpen));
}

/** Show in the empty field which name the task gets. */
function showFreeName() {
  byId("task_add_name").placeholder = byId("task-add-class").dataset.nameDefault;
}

function settle(event) {
  showState();
  const panel = byId("task-add-panel");
  if (!panel) return;
  showFreeName();
  sizeSegments();
  drawStrip();
  switch (event.detail.target?.id) {
    case "task-add-place": // Only now does htmx hear of changes in it.
      byId("task_add_class_name").focus();
      if (isBehind) {
        followClasses();
        followDatasets();
      }
      break;
    case "task-add-class":
      followClasses();
      break;
    default:
  }
}

/** Take over the classes that are on offer now; values and focus stay. */
export async function followClasses() {
  const select = byId("task_add_class_name");
  isBehind ||= isOpening;
  if (!select) return;
  asked += 1;
  const question = asked;
  const offers = await getJson("/registry/tasks").catch(() => null);
  if (offers === null || question !== asked || !select.isConnected) return;
  const names = offers.map((offer) => offer.class_name);
  const shown = [...select.options].map((option) => option.value);
  const plan = planOptions(shown, names, select.value);
  const find = (name) => [...select.options].find((option) => option.value === name) ?? null;
  for (const name of plan.remove) find(name)?.remove();
  for (const { name, before } of plan.add) {
    select.add(new Option(name, name), before === null ? null : find(before));
  }
  const note = `${select.value} is no longer on offer; choose another class.`;
  const words = plan.isGone ? note : "";
  const place = byId("task-add-class-note");
  if (place.textContent.trim() !== words) place.textContent = words;
  const { class: shownClass, sha } = byId("task-add-class").dataset;
  const chosen = offers.find((offer) => offer.class_name === select.value);
  // Fields of another class than the chosen one are about to be replaced anyway.
  const isShown = shownClass === "" || shownClass === select.value;
  isStale = chosen !== undefined && isShown && chosen.source_sha256 !== sha;
  freshen();
}

/** Take over the datasets that are there now; which of them fit, the server says. */
export function followDatasets() {
  isBehind ||= isOpening;
  if (!byId("task-add-class")) return;
  isStale = true;
  freshen();
}

/** Fetch the fields of the chosen class anew where they are out of date, but not under one's hands. */
function freshen() {
  if (!isStale || byId("task-add-class")?.contains(document.activeElement)) return;
  isStale = false;
  const select = byId("task_add_class_name");
  if (select) window.htmx.trigger(select.closest("[hx-get]"), "again");
}

function isFresh({ requestConfig }) {
  return requestConfig?.triggeringEvent?.type === "again";
}

/** Return all that the fields of the class hold, to compare it. */
function standing() {
  const fields = byId("task-add-class")?.querySelectorAll("input, select") ?? [];
  return JSON.stringify([...fields].map(({ name, value, checked }) => [name, value, checked]));
}

/** Leave the fields of the class as they are while somebody types in them, or did since they were asked for. */
function keepTyped({ detail }) {
  if (!isFresh(detail)) return;
  const isInUse = byId("task-add-class")?.contains(document.activeElement);
  if (!isInUse && standing() === sent) return;
  detail.shouldSwap = false;
  isStale = true;
  freshen();
}

function stripParts() {
  const strip = document.querySelector("#task-add .strip");
  if (!strip) return null;
  const buttons = [...strip.querySelectorAll(".strip__segment")];
  return { strip, buttons, segments: JSON.parse(strip.dataset.segments) };
}

/** Give each segment the width that it has in the latent; a style attribute is not allowed. */
function sizeSegments() {
  const { buttons, segments } = stripParts() ?? { buttons: [] };
  buttons.forEach((button, at) => {
    button.style.flexGrow = String(segments[at].end - segments[at].start);
  });
}

function drawStrip() {
  const parts = stripParts();
  if (!parts) return;
  const text = byId("task_add_latent_slice").value;
  const chosen = readSlice(text);
  parts.strip.toggleAttribute("data-whole", text.trim() === "");
  const latentDim = Number(parts.strip.dataset.latent);
  parts.buttons.forEach((button, at) => {
    button.setAttribute("aria-pressed", pressedOf(chosen, parts.segments[at]));
  });
  // One stop for the tabulator; the arrows go on from there.
  const stop = parts.buttons.find((button) => button === document.activeElement)
    ?? parts.buttons.find((button) => button.ariaPressed === "true")
    ?? parts.buttons[0];
  for (const button of parts.buttons) button.tabIndex = button === stop ? 0 : -1;
  const words = sliceWords(text, parts.segments, latentDim);
  document.querySelector("[data-strip-words]").textContent = words;
}

function press(button) {
  const { buttons, segments } = stripParts();
  const field = byId("task_add_latent_slice");
  field.value = writeSlice(pickSegment(readSlice(field.value), segments[buttons.indexOf(button)]));
  drawStrip();
}

function moveAlong(event) {
  if (!event.target.matches?.(".strip__segment")) return;
  const { buttons } = stripParts();
  const at = buttons.indexOf(event.target);
  const last = buttons.length - 1;
  const places = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last };
  const to = places[event.key];
  if (to === undefined) return;
  event.preventDefault();
  buttons[Math.min(last, Math.max(0, to))].focus();
  drawStrip();
}
