/** How much of the total loss each task is: pure. */

/** Over so many of the latest steps, as in the cards that the server renders. */
const SHARE_STEPS = 100;

/**
 * Return the loss messages that hold the latest steps of a job, with a new one.
 *
 * @param {object[]} recent what this gave for the message before
 */
export function withLatest(recent, message) {
  const [newest] = recent.slice(-1);
  const follows = newest?.job === message.job && newest.first_step + newest.steps === message.first_step;
  const from = message.first_step + message.steps - SHARE_STEPS;
  const kept = follows ? recent.filter(({ first_step: first, steps }) => first + steps > from) : [];
  return [...kept, message];
}

/** Whether messages hold all of the latest steps; else a share of theirs would tell too little. */
export function holdsLatest(messages) {
  const [newest] = messages.slice(-1);
  return messages[0].first_step <= Math.max(1, newest.first_step + newest.steps - SHARE_STEPS);
}

/**
 * Return each task's share of the total over the latest steps of loss messages.
 *
 * Over many of them, since a schedule may take one task a step; a step with a loss that is not
 * finite has no total and does not count.
 *
 * @param {{first_step: number, steps: number, series: object, total: (number|null)[],
 *   weights: object}[]} messages consecutive ones
 * @returns {Map<string, number>} empty where there is no total above zero
 */
export function sharesOf(messages) {
  const [newest] = messages.slice(-1);
  const from = newest.first_step + newest.steps - SHARE_STEPS;
  const sums = new Map();
  let whole = 0;
  for (const { first_step: first, series, total, weights } of messages) {
    for (const [name, values] of Object.entries(series)) {
      let sum = 0;
      values.forEach((value, at) => {
        if (first + at >= from && total[at] !== null && value !== null) sum += value * weights[name];
      });
      sums.set(name, (sums.get(name) ?? 0) + sum);
      whole += sum;
    }
  }
  if (!(whole > 0)) return new Map();
  return new Map([...sums].map(([name, sum]) => [name, sum / whole]));
}
