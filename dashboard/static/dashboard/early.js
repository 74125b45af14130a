/**
 * Forms sent before htmx knows the page: kept, and sent as soon as it does.
 *
 * A classic script in the head, so that it is there before any form is. Without it a browser on a
 * slow line would send such a form itself: the fields would stand in the address, and what was
 * typed would be gone.
 */
(() => {
  const kept = new Map();

  const keep = (event) => {
    if (!event.target.matches("[hx-post]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    kept.set(event.target, event.submitter);
  };

  document.addEventListener("submit", keep, { capture: true });
  document.addEventListener(
    "htmx:load",
    () => {
      document.removeEventListener("submit", keep, { capture: true });
      kept.forEach((submitter, form) => form.requestSubmit(submitter));
    },
    { once: true },
  );
})();
