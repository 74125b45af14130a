/** What to tell of an answer that no panel can show. */

/**
 * Return a sentence, or "" for an answer that is told elsewhere: a success, a refusal (422), which
 * its own panel shows, or that nobody is signed in (401).
 *
 * @param {number} status
 * @param {string} body the API's shape of an error, or a page
 */
export function refusalSentence(status, body) {
  if (status < 400 || status === 422 || status === 401) return "";
  const told = errorOf(body);
  if (told) return `${told[0].toUpperCase()}${told.slice(1)}.`;
  return `The server refused this with status ${status}; reload the page and try again.`;
}

function errorOf(body) {
  try {
    return JSON.parse(body).error ?? "";
  } catch {
    return "";
  }
}
