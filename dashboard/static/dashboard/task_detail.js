/** The drawer with everything about one task: opens with its content, and lets go of it when closed. */

const byId = (id) => document.getElementById(id);

/** Listen; the page calls it once. */
export function wireTaskDetail() {
  const drawer = byId("task-detail");
  if (!drawer) return;
  document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.target?.id === "task-detail-body" && !drawer.open) drawer.showModal();
  });
  drawer.addEventListener("click", (event) => {
    // The backdrop is the drawer itself; all else lies in its content.
    const isBackdrop = event.target === drawer;
    if (isBackdrop || event.target.closest("[data-action='task-detail-close']")) drawer.close();
  });
  // Else it would be fetched anew for as long as the page is open.
  drawer.addEventListener("close", () => {
    const empty = document.createElement("div");
    empty.id = "task-detail-body";
    byId("task-detail-body").replaceWith(empty);
  });
}
