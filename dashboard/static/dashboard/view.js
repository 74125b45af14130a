/** How the operator likes the curves, kept in this browser. */

const KEY = "acc-curves";
const DEFAULT = { logarithmic: true, span: 0 };

/** @returns {{logarithmic: boolean, span: number}} `span`: steps to smooth over, 0 for none */
export function readView() {
  try {
    return { ...DEFAULT, ...JSON.parse(localStorage.getItem(KEY)) };
  } catch {
    return DEFAULT; // Storage is forbidden, or holds something else.
  }
}

/** Keep the view for the next page. */
export function storeView({ logarithmic, span }) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ logarithmic, span }));
  } catch {
    // The choice then holds for this page only.
  }
}
