/** How much of the total loss each task is: pure. */

/**
 * Return each task's share of the total over the steps of a loss message.
 *
 * Over all of them, since a schedule may take one task a step; a step with a loss that is not
 * finite has no total and does not count.
 *
 * @param {{series: object, total: (number|null)[], weights: object}} message
 * @returns {Map<string, number>} empty where there is no total above zero
 */
export function sharesOf({ series, total, weights }) {
  const sums = new Map();
  let whole = 0;
  for (const [name, values] of Object.entries(series)) {
    let sum = 0;
    values.forEach((value, at) => {
      if (total[at] !== null && value !== null) sum += value * weights[name];
    });
    sums.set(name, sum);
    whole += sum;
  }
  if (!(whole > 0)) return new Map();
  return new Map([...sums].map(([name, sum]) => [name, sum / whole]));
}
