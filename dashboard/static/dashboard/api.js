/** Reads from the server, with the session's cookie. */

/** The server said no, in its own words. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Return the JSON answer of a GET; throws ApiError for a refusal. */
export async function getJson(path, query = {}) {
  const url = new URL(path, window.location.origin);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (response.ok) return response.json();
  const answer = await response.json().catch(() => ({}));
  throw new ApiError(response.status, answer.error ?? `the server answered ${response.status}`);
}

/**
 * Return what `catchUp` needs for a job. The job is asked for first: see there.
 *
 * @param {number} job
 * @param {number} afterStep the last step that the page has
 * @param {number} maxPoints points a series that the screen can show
 */
export async function fetchJob(job, afterStep, maxPoints) {
  const record = await getJson(`/jobs/${job}`);
  const [history, events] = await Promise.all([
    fetchCurves(job, { after_step: afterStep, max_points: maxPoints }),
    getJson(`/jobs/${job}/events`),
  ]);
  return { job: record, history, events };
}

/** Return a job's losses in buckets: at most `max_points` a series, of `after_step`, `last_step`. */
export function fetchCurves(job, part) {
  return getJson(`/jobs/${job}/loss_history`, { ...part, bands: true });
}
