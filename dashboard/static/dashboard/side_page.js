/** Wires the pages beside the workbench: data, classes, versions, states, recipes, one job. */

import { wireTimes } from "./ago.js";
import { wireCopies } from "./copy.js";
import { wireFilter } from "./filter.js";
import { formatCount } from "./format.js";
import { Header } from "./header.js";
import { wireFocus } from "./keep_focus.js";
import { wireMorphs } from "./morph.js";
import { titleOf } from "./progress.js";
import { RECIPE_EVENTS, refresh, REGISTRY_EVENTS, wireRefreshes } from "./refresh.js";

/** How often a running job's page asks for what no message tells, such as the time spent. */
const JOB_POLL_MS = 5000;

/** What shows the states of a model. */
const STATES = ["acc:tree", "acc:checkpoint", "acc:compare"];

const page = document.getElementById("page");
const job = Number(page.dataset.job) || null;

function refreshAll() {
  const own = ["acc:job", "acc:data", "acc:latent", ...STATES];
  for (const name of [...REGISTRY_EVENTS, ...RECIPE_EVENTS, ...own]) refresh(name);
}

function receive(message) {
  // A job's page compares its versions with those on offer.
  if (message.type === "registry") refreshAll();
  if (message.type === "registry" && message.registry === "generators") followGenerators();
  if (message.type === "dataset") refresh("acc:data");
  if (["checkpoint", "eval", "job"].includes(message.type)) refreshStates();
  if (message.type === "eval") refresh("acc:latent");
  if (message.type === "recipe") RECIPE_EVENTS.forEach(refresh);
  if (job === null || message.job !== job) return;
  if (message.type === "loss") showStep(message.first_step + message.steps - 1);
  else refresh("acc:job");
}

function refreshStates() {
  for (const name of STATES) refresh(name);
}

/** Offer the generators to a page that was opened before the trainer had read their files. */
function followGenerators() {
  const select = document.getElementById("data_generator_generator");
  if (select?.options.length === 0) window.htmx.trigger(select.closest("[hx-get]"), "again");
}

function showStep(step) {
  page.querySelector("[data-live='step']").textContent = formatCount(step);
  page.querySelector("progress").value = step;
  showTitle();
}

/** Say in the tab how far the job of the page is. */
function showTitle() {
  if (job === null) return;
  const { value, max } = page.querySelector("progress");
  const { state } = document.getElementById("job-panel").dataset;
  document.title = titleOf({ state, current_step: value, total_steps: max }, `Job ${job}`);
}

wireMorphs();
wireFocus();
wireRefreshes();
wireFilter();
wireTimes();
wireCopies();
showTitle();
document.body.addEventListener("acc:morphed", showTitle);
document.body.addEventListener("acc:checkpoints", refreshStates);
new Header({ receive, catchUp: refreshAll, trainerChanged: refreshAll }).follow(page.dataset.socket);
setInterval(() => {
  const isActive = document.getElementById("job-panel")?.dataset.active === "true";
  if (isActive && !document.hidden) refresh("acc:job");
}, JOB_POLL_MS);
