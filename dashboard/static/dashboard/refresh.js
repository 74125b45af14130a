/** Fetches panels anew when what they show has changed. */

/** Several messages about one change refresh a panel once. */
const REFRESH_MS = 120;

/** The panel that an event is about; an event comes from the socket or with an answer of htmx. */
const PANELS = {
  "acc:run": "run-panel",
  "acc:jobs": "jobs-panel",
  "acc:tasks": "tasks-panel",
  "acc:task-detail": "task-detail-body",
  "acc:events": "events-panel",
  "acc:eval": "eval-panel",
  "acc:recon": "recon-panel",
  "acc:job": "job-panel",
  "acc:device": "device-menu",
  "acc:warnings": "warnings",
  "acc:data": "data-panel",
  "acc:latent": "latent-panel",
  "acc:tree": "tree-panel",
  "acc:checkpoint": "checkpoint-panel",
  "acc:compare": "compare-panel",
  "acc:recipe-runs": "recipe-runs",
  "acc:recipe-run": "recipe-run",
  "acc:registry-badge": "registry-badge",
  "acc:registry-classes": "registry-classes",
  "acc:registry-errors": "errors",
};

/** What a change of the classes on offer touches, wherever it is shown. */
export const REGISTRY_EVENTS = Object.keys(PANELS).filter((name) => name.startsWith("acc:registry-"));

/** What a message about a run of a recipe touches, wherever it is shown. */
export const RECIPE_EVENTS = Object.keys(PANELS).filter((name) => name.startsWith("acc:recipe-"));

const stale = new Set();
let timer = null;

/** Have the panel of an event fetched soon. */
export function refresh(eventName) {
  stale.add(eventName);
  schedule();
}

/** Listen for the events, and for the end of what a refresh has to wait for. */
export function wireRefreshes() {
  for (const name of Object.keys(PANELS)) {
    document.body.addEventListener(name, () => refresh(name));
  }
  for (const ended of ["htmx:afterSettle", "htmx:afterRequest"]) {
    document.body.addEventListener(ended, schedule);
  }
}

function schedule() {
  if (stale.size > 0) timer ??= setTimeout(fetchStale, REFRESH_MS);
}

function fetchStale() {
  timer = null;
  for (const name of [...stale]) {
    const panel = document.getElementById(PANELS[name]);
    // An answer under way may be older than the news: ask again once it is there. htmx itself
    // would queue the question on an element that the answer removes.
    if (panel?.matches(".htmx-request, :has(.htmx-request)")) continue;
    stale.delete(name);
    if (panel) window.htmx.trigger(panel, "refresh");
  }
}
