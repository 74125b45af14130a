/** Wires the pages beside the workbench: classes, versions, recipes, one job. */

import { wireTimes } from "./ago.js";
import { wireFilter } from "./filter.js";
import { formatCount } from "./format.js";
import { Header } from "./header.js";
import { wireMorphs } from "./morph.js";
import { RECIPE_EVENTS, refresh, REGISTRY_EVENTS, wireRefreshes } from "./refresh.js";

/** How often a running job's page asks for what no message tells, such as the time spent. */
const JOB_POLL_MS = 5000;

const page = document.getElementById("page");
const job = Number(page.dataset.job) || null;

function refreshAll() {
  for (const name of [...REGISTRY_EVENTS, ...RECIPE_EVENTS, "acc:job"]) refresh(name);
}

function receive(message) {
  // A job's page compares its versions with those on offer.
  if (message.type === "registry") refreshAll();
  if (message.type === "recipe") RECIPE_EVENTS.forEach(refresh);
  if (job === null || message.job !== job) return;
  if (message.type === "loss") showStep(message.first_step + message.steps - 1);
  else refresh("acc:job");
}

function showStep(step) {
  page.querySelector("[data-live='step']").textContent = formatCount(step);
  page.querySelector("progress").value = step;
}

wireMorphs();
wireRefreshes();
wireFilter();
wireTimes();
new Header({ receive, catchUp: refreshAll, trainerChanged: refreshAll }).follow(page.dataset.socket);
setInterval(() => {
  const isActive = document.getElementById("job-panel")?.dataset.active === "true";
  if (isActive && !document.hidden) refresh("acc:job");
}, JOB_POLL_MS);
