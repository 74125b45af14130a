/** Keeps the keyboard's place after a form was sent: its button is disabled meanwhile, or goes away. */

/** What is to be mended first: a field, else the refusal where no field is to blame. */
const WRONG = ["[aria-invalid=true]", "[role=alert][tabindex]"];

/** What had the focus, or was pressed, when a request was sent. */
const heldOf = new WeakMap();

/** Listen; a page calls it once. */
export function wireFocus() {
  document.body.addEventListener("htmx:beforeRequest", ({ detail: { elt, xhr, requestConfig } }) => {
    const active = document.activeElement;
    const submitter = requestConfig.triggeringEvent?.submitter;
    heldOf.set(xhr, elt.contains(active) ? active : submitter);
  });
  // Only now is everything swapped, and what was disabled enabled again.
  document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.xhr && detail.requestConfig.verb !== "get") keep(detail);
  });
}

function keep({ elt, target, xhr }) {
  const panel = document.getElementById(target.id) ?? target;
  const form = elt.isConnected ? elt : sameForm(panel, elt);
  const wrong = form && firstWrong(form);
  const active = document.activeElement;
  const isElsewhere = wrong && form.contains(active) && !active.matches(WRONG[0]);
  if (active !== document.body && !isElsewhere) return;
  const held = form && sameControl(form, heldOf.get(xhr));
  for (const place of [wrong, held, panel, document.querySelector("main")]) {
    place?.focus();
    if (document.activeElement !== active) return;
  }
}

/** Return the form of a newer panel that asks for the same. */
function sameForm(panel, elt) {
  const url = elt.getAttribute("hx-post");
  const forms = [panel, ...panel.querySelectorAll("[hx-post]")];
  return forms.find((form) => form.getAttribute("hx-post") === url);
}

function firstWrong(form) {
  return WRONG.map((selector) => form.querySelector(selector)).find(Boolean);
}

/** Return the control of a newer form that stands for one of the older form. */
function sameControl(form, control) {
  if (!control || control.isConnected) return control;
  const isButton = control.type === "submit";
  return [...form.querySelectorAll("button, input, select, textarea")].find(
    ({ id, name, type, value }) =>
      id === control.id && name === control.name && type === control.type
      && (!isButton || value === control.value),
  );
}
