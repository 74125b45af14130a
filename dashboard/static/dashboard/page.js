/** Wires the workbench: socket, curves, figures, and the panels that htmx refreshes. */

import { wireTimes } from "./ago.js";
import { getJson } from "./api.js";
import { CurvesPanel } from "./curves.js";
import { tellUnsent } from "./cut_off.js";
import { FiguresPanel } from "./figures_panel.js";
import { Header, showSignedOut } from "./header.js";
import { wireJobTicks } from "./job_ticks.js";
import { wireFocus } from "./keep_focus.js";
import { wireMorphs } from "./morph.js";
import { refresh, wireRefreshes } from "./refresh.js";
import { RunFigures } from "./run.js";
import { followClasses, followDatasets, wireTaskAdd } from "./task_add.js";
import { wireTaskCards } from "./task_cards.js";
import { wireTaskDetail } from "./task_detail.js";
import { Timeline } from "./timeline.js";
import { wireTour } from "./tour.js";

/** How often the cards ask for what no message tells: how well each task is. */
const CARDS_POLL_MS = 3000;

/** How often the list asks for the same of a job that trains, and for its small curve. */
const JOB_POLL_MS = 5000;

/** The panels that show what was measured, of the tasks that are attached. */
const MEASURED = ["acc:eval", "acc:recon"];

const workbench = document.getElementById("workbench");
const figures = new RunFigures(workbench.dataset.experimentName);
const timelinePanel = document.getElementById("timeline-panel");
const timeline = timelinePanel ? new Timeline(timelinePanel) : null;
let curves = null;
let beside = null;
let frame = null;
let newestShown = 0;
/** What was asked for last to be shown as curves: {xhr, isChosen}. */
let asked = null;

function mountCurves() {
  const panel = document.getElementById("loss-curves");
  if (!panel || panel === curves?.panel) return;
  curves?.destroy();
  // Its list of events may be older than what the panel before it heard.
  if (curves) refresh("acc:events");
  const hidden = curves?.view.hidden ?? new Set();
  curves = new CurvesPanel(panel, refused, hidden);
  curves.refill();
  timeline?.load(curves.job).catch(refused);
  markShownJob();
  beside?.destroy();
  const figuresPanel = document.getElementById("figures-panel");
  beside = figuresPanel && new FiguresPanel(figuresPanel);
  beside?.refill();
}

function refused(error) {
  if (error.status === 401) showSignedOut();
}

/** Fetch what an evaluation found of the job whose curves are shown. */
function followMeasured() {
  curves?.measured();
  timeline?.load(curves?.job ?? null).catch(refused);
}

/** Mark the job in the list whose curves are shown. */
function markShownJob() {
  for (const link of document.querySelectorAll(".job__link")) {
    const shown = link.dataset.job === document.getElementById("loss-curves")?.dataset.job;
    if (shown) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

/** Show the curves of a job that is newer than the shown one; asked for once. */
function showNewer(job) {
  const panel = document.getElementById("loss-curves");
  if (!panel || job <= Math.max(newestShown, Number(panel.dataset.job || 0))) return;
  newestShown = job;
  const query = new URLSearchParams({ experiment: workbench.dataset.experiment, job });
  window.htmx.ajax("GET", `${panel.dataset.url}?${query}`, {
    target: "#loss-curves",
    swap: "outerHTML",
  }).catch(() => {
    newestShown = 0; // no answer: the next news of the job asks again
  });
}

/** Follow a new job, unless the operator looks at one of their own choice, or is about to. */
function followNew(job) {
  const isChoosing = asked?.isChosen && asked.xhr.readyState < XMLHttpRequest.DONE;
  if (!isChoosing && !new URLSearchParams(window.location.search).has("job")) showNewer(job);
}

function noteAsked({ detail: { elt, target, xhr } }) {
  if (target.id === "loss-curves") asked = { xhr, isChosen: elt.matches(".job__link") };
}

/** The job that was asked for last is the one to show, in whatever order the answers come. */
function dropEarlier(event) {
  const { target, xhr } = event.detail;
  if (target.id === "loss-curves" && xhr !== asked.xhr) event.preventDefault();
}

/** Whoever starts a job wants to see it, whatever they looked at before. */
function followStarted(event) {
  const url = new URL(window.location.href);
  url.searchParams.delete("job");
  window.history.replaceState(window.history.state, "", url);
  showNewer(event.detail.job);
}

/** Fetch the row of the job that trains; an answer under way for the list holds it anyway. */
function refreshJobRow() {
  const row = document.querySelector("#jobs-panel:not(.htmx-request) .job[hx-get]:not(.htmx-request)");
  if (row) window.htmx.trigger(row, "refresh");
}

/** Fetch what happened while nobody listened, be it between the page and its socket. */
function catchUp() {
  figures.forget();
  curves?.refill();
  beside?.refill();
  followMeasured();
  const panels = ["acc:run", "acc:jobs", "acc:tasks", "acc:events", "acc:task-detail", ...MEASURED];
  for (const name of panels) refresh(name);
  followClasses();
  followDatasets();
}

function receive(message) {
  curves?.receive(message);
  beside?.receive(message);
  if (figures.receive(message)) {
    refresh("acc:run");
    refresh("acc:jobs");
    refresh("acc:tasks");
  }
  if (message.type === "job") followNew(message.job);
  // A command is asked with the first, and applied or refused with the second.
  if (message.type === "task" || message.type === "event") {
    for (const name of ["acc:tasks", "acc:task-detail", "acc:events"]) refresh(name);
  }
  if (message.type === "task" || message.type === "eval") {
    for (const name of ["acc:task-detail", ...MEASURED]) refresh(name);
  }
  if (message.type === "eval" && message.eval.state === "done") followMeasured();
  if (message.type === "registry" && message.registry === "tasks") followClasses();
  if (message.type === "dataset") followDatasets();
  // The panel says from which state a job would go on, and what it lacks.
  if (message.type === "task" || (message.type === "checkpoint" && message.change)) refresh("acc:run");
  if (message.type === "task" && !document.querySelector("#jobs-panel .job")) refresh("acc:jobs");
  frame ??= requestAnimationFrame(() => {
    frame = null;
    figures.draw();
  });
}

/** Take over what a fetched run panel says: who may start, and from where figures go on. */
function adoptRun() {
  const panel = document.getElementById("run-panel");
  const button = document.getElementById("start-button");
  if (!panel || !button) return;
  button.disabled = panel.dataset.active === "true";
  document.getElementById("start-text").textContent = panel.dataset.startText;
  const record = JSON.parse(panel.dataset.record);
  const ended = figures.adopt(record);
  if (ended) tellEnd(ended).catch(refused);
  // It began while nobody listened.
  if (record) followNew(record.id);
}

async function tellEnd(job) {
  figures.end(await getJson(`/jobs/${job}`));
}

document.body.addEventListener("acc:started", followStarted);
document.body.addEventListener("htmx:sendError", tellUnsent);
document.body.addEventListener("htmx:beforeRequest", noteAsked);
document.body.addEventListener("htmx:beforeOnLoad", dropEarlier);
document.body.addEventListener("htmx:afterSettle", () => {
  mountCurves();
  markShownJob();
  figures.draw();
});

document.body.addEventListener("acc:morphed", ({ target }) => {
  markShownJob();
  if (target.id === "run-panel") adoptRun();
  figures.draw();
});

wireMorphs();
wireFocus();
wireJobTicks();
wireRefreshes();
wireTaskAdd();
wireTaskCards();
wireTaskDetail();
wireTimes();
wireTour();
adoptRun();
new Header({
  receive,
  catchUp,
  // The panel with the advice on what to do about it depends on the trainer.
  trainerChanged: () => refresh("acc:run"),
  figures,
}).follow(workbench.dataset.socket);
mountCurves();
setInterval(() => {
  if (!figures.isRunning || document.hidden) return;
  refresh("acc:tasks");
  refresh("acc:task-detail");
}, CARDS_POLL_MS);
setInterval(() => {
  if (figures.isRunning && !document.hidden) refreshJobRow();
}, JOB_POLL_MS);
