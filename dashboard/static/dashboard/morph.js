/**
 * Makes an element say what a newer one says, and leaves alone what is the same.
 *
 * What is unfolded, typed, selected or focused stays: a node that is still wanted is never replaced
 * nor, unless the order changed, moved. Elements are known by their id, the rest by its place.
 */

/** What the person at the page, or the page itself, decides, and no answer of the server. */
const OWN_STATE = new Set(["open", "aria-valuetext", "data-waits"]);

/** Answers that say what the element is now: 422 is the same panel with a refusal. */
const TOLD = new Set([200, 422]);

/** How many requests there were; which one each is, and the last one by a button of a panel. */
let requests = 0;
const numberOf = new WeakMap();
const lastClick = new WeakMap();

/** Change `from` into `to`, whose nodes may be taken over. */
export function morph(from, to) {
  if (from.isEqualNode(to)) return;
  if (from.nodeName !== to.nodeName || (from.id ?? "") !== (to.id ?? "")) {
    from.replaceWith(to);
  } else if (from.nodeType === Node.ELEMENT_NODE) {
    const isList = from.nodeName === "SELECT";
    const own = isList ? ownChoice(from) : null;
    morphAttributes(from, to);
    morphChildren(from, to);
    // Its options are known by their places: the choice would stay with the place.
    if (isList) chooseAgain(from, own);
  } else {
    from.nodeValue = to.nodeValue;
  }
}

/**
 * Have answers for elements with `data-morph` morph them.
 *
 * Tells them so by "acc:morphed"; and before by "acc:morphing" with `detail.fresh`, the new element,
 * into which a listener may carry over what no server knows.
 */
export function wireMorphs() {
  document.body.addEventListener("htmx:beforeRequest", ({ detail: { elt, target, xhr } }) => {
    requests += 1;
    numberOf.set(xhr, requests);
    if (elt !== target) lastClick.set(target, requests);
  });
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr, requestConfig } = event.detail;
    if (!target.matches("[data-morph]") || !TOLD.has(xhr.status)) return;
    const answer = new DOMParser().parseFromString(event.detail.serverResponse, "text/html");
    const fresh = answer.getElementById(target.id);
    if (!fresh) return;
    event.detail.shouldSwap = false;
    // What a panel asked for before a click in it may be older than the answer to the click.
    if (requestConfig.elt === target && numberOf.get(xhr) < (lastClick.get(target) ?? 0)) return;
    if (requestConfig.elt === target) keepOwnRefusals(target, fresh);
    target.dispatchEvent(new CustomEvent("acc:morphing", { bubbles: true, detail: { fresh } }));
    morph(target, fresh);
    window.htmx.process(target); // new elements in it may ask for something too
    target.dispatchEvent(new CustomEvent("acc:morphed", { bubbles: true }));
  });
}

/** What was refused to whoever is at this page stays when the panel fetches itself anew. */
function keepOwnRefusals(target, fresh) {
  for (const refusal of target.querySelectorAll("[data-own-refusal]:not([hidden])")) {
    const place = fresh.querySelector(`#${refusal.id}[hidden]`);
    if (!place) continue;
    place.replaceWith(refusal.cloneNode(true));
    for (const { id } of target.querySelectorAll(`[aria-describedby='${refusal.id}']`)) {
      fresh.querySelector(`#${id}`)?.setAttribute("aria-invalid", "true");
      fresh.querySelector(`#${id}`)?.setAttribute("aria-describedby", refusal.id);
    }
  }
}

/** Return what somebody chose in a list; null where it is what the server chose. */
function ownChoice(select) {
  return select.value === saidIn(select)?.value ? null : select.value;
}

/** Choose in a list what somebody had chosen, where it is still on offer. */
function chooseAgain(select, own) {
  const option = [...select.options].find(({ value }) => value === own) ?? saidIn(select);
  if (option && !option.selected) option.selected = true;
}

/** Return the option that the server chose. */
function saidIn({ options }) {
  return [...options].find(({ defaultSelected }) => defaultSelected) ?? options[0];
}

function morphAttributes(from, to) {
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !OWN_STATE.has(name)) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value && !OWN_STATE.has(name)) from.setAttribute(name, value);
  }
}

function morphChildren(from, to) {
  const wanted = new Set([...to.children].map((child) => child.id).filter(Boolean));
  const known = new Map();
  for (const child of [...from.children]) {
    if (!child.id) continue;
    if (wanted.has(child.id)) known.set(child.id, child);
    else child.remove();
  }
  let at = from.firstChild;
  for (const child of [...to.childNodes]) {
    const same = known.get(child.id);
    // Else the known one would be moved in front of what is left over, and lose the focus.
    while (same && at && !at.id) at = removed(at);
    if (same && same === at) at = at.nextSibling;
    else if (same) from.insertBefore(same, at);
    if (same) {
      morph(same, child);
    } else if (at && !at.id && !child.id && at.nodeName === child.nodeName) {
      const old = at;
      at = at.nextSibling;
      morph(old, child);
    } else {
      from.insertBefore(child, at);
    }
  }
  while (at) at = removed(at);
}

/** Remove a node and return the one after it. */
function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}
