/**
 * How the operator looks at the curves: kept in this browser, and in the page's address.
 *
 * The address has it behind "#", so that a link reproduces the view; what it does not say is as
 * this browser likes it.
 */

const KEY = "acc-curves";
const LIKED = { logarithmic: true, span: 0 };

/** The steps to smooth over that are on offer. */
export const SPANS = [0, 3, 10, 30, 100, 300, 1000, 3000, 10000];

/** Jobs that are drawn beside the shown one, at most. */
export const COMPARED_MAX = 4;

/** @returns {{logarithmic: boolean, span: number}} `span`: steps to smooth over, 0 for none */
export function readLiked() {
  try {
    return { ...LIKED, ...JSON.parse(localStorage.getItem(KEY)) };
  } catch {
    return LIKED; // Storage is forbidden, or holds something else.
  }
}

/** Keep what the operator likes for the next page. */
export function storeLiked({ logarithmic, span }) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ logarithmic, span }));
  } catch {
    // The choice then holds for this page only.
  }
}

/**
 * Return the view that an address' hash and a liking make, for a job: pure.
 *
 * @param {string} hash such as "#job=3&from=200&to=400&scale=linear&hide=kl"; of another job, only
 *   what is not about its steps counts
 */
export function viewOf(hash, liked, job) {
  const said = new URLSearchParams(hash.slice(1));
  const isOfJob = said.get("job") === String(job);
  const from = isOfJob ? count(said.get("from")) : null;
  const to = isOfJob ? count(said.get("to")) : null;
  const scale = said.get("scale");
  return {
    range: from === null ? null : { from, to: to !== null && to > from ? to : null },
    logarithmic: scale === null ? liked.logarithmic : scale !== "linear",
    span: SPANS.find((span) => span === count(said.get("smooth"))) ?? liked.span,
    x: said.get("x") ?? "step",
    weighted: said.get("loss") === "weighted",
    hidden: new Set(said.getAll("hide")),
    compared: said
      .getAll("with")
      .map(count)
      .filter((other) => other !== null && other !== job)
      .slice(0, COMPARED_MAX),
    chosen: null,
  };
}

/** Return the hash of a view, which `viewOf` reads: pure. */
export function hashOf(view, job) {
  const said = new URLSearchParams({ job });
  if (view.range) {
    said.set("from", view.range.from);
    if (view.range.to !== null) said.set("to", view.range.to);
  }
  said.set("scale", view.logarithmic ? "log" : "linear");
  said.set("smooth", view.span);
  if (view.x !== "step") said.set("x", view.x);
  if (view.weighted) said.set("loss", "weighted");
  for (const name of view.hidden) said.append("hide", name);
  for (const other of view.compared) said.append("with", other);
  return `#${said}`;
}

function count(text) {
  return /^\d{1,10}$/.test(text ?? "") ? Number(text) : null;
}
