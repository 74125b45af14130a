/** What is told of a job that ended, outside of the page: a pure function of its message. */

import { formatCount } from "./format.js";
import { isActive } from "./progress.js";

/** @returns {?{title: string, body: string, tag: string}} null where no job ended */
export function noticeOf(message) {
  if (message.type !== "job" || isActive(message.state)) return null;
  const steps = `${formatCount(message.current_step)} of ${formatCount(message.total_steps)} steps`;
  return {
    title: `Job ${message.job} ${message.state}`,
    body: `${message.experiment}: ${message.error || steps}`,
    // Several tabs tell of one job once.
    tag: `acc-job-${message.job}`,
  };
}
