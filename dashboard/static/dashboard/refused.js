/** Says on top of the page what the server refused to do at all: to a viewer, or after an error. */

import { refusalSentence } from "./refusal.js";

/** Follow what people ask for; panels that fetch themselves again say nothing. */
export function wireRefusals() {
  const banner = document.getElementById("refused");
  document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.requestConfig?.verb === "get" || !detail.xhr?.status) return;
    const sentence = refusalSentence(detail.xhr.status, detail.xhr.responseText);
    banner.textContent = sentence;
    banner.hidden = !sentence;
  });
}
