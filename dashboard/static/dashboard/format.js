/** Figures as the operator reads them. */

const counts = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** Return a count with separators: 12,345. */
export function formatCount(value) {
  return counts.format(value);
}

/** Return a loss in four significant digits, however large or small: 0.1234, 1.23e-5. */
export function formatLoss(value) {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e5) return value.toExponential(2).replace("e+", "e");
  return value.toFixed(Math.max(0, 3 - Math.floor(Math.log10(size))));
}

/** Return a loss without the zeros that say nothing, for the ticks of an axis: 0.5, 1500, 1e5. */
export function formatTickLoss(value) {
  const [digits, exponent] = formatLoss(value).split("e");
  const short = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  return exponent === undefined ? short : `${short}e${exponent}`;
}

/** Return a duration in its two largest units: 8 s, 3 min 20 s, 2 h 5 min, 3 d 4 h. */
export function formatDuration(seconds) {
  if (seconds === null || !Number.isFinite(seconds) || seconds < 0) return "–";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const units = [
    [86400, "d"],
    [3600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  const from = units.findIndex(([size]) => whole >= size);
  const [[large, largeName], [small, smallName]] = units.slice(from, from + 2);
  const rest = Math.floor((whole % large) / small);
  return `${Math.floor(whole / large)} ${largeName}${rest ? ` ${rest} ${smallName}` : ""}`;
}

/** Return a rate with as many digits as it deserves: 3.4, 128. */
export function formatRate(value) {
  if (!value) return "–";
  return value < 10 ? value.toFixed(1) : counts.format(value);
}

/** After so many days the date says more than their number. */
const DAYS_COUNTED = 30;

/** Return how long ago a moment was: just now, 5 min ago, 3 h ago, 2 d ago, then the date. */
export function formatAgo(momentMs, nowMs) {
  const seconds = (nowMs - momentMs) / 1000;
  if (seconds < 60) return "just now";
  if (seconds >= DAYS_COUNTED * 86400) return new Date(momentMs).toISOString().slice(0, 10);
  const units = [
    [86400, "d"],
    [3600, "h"],
    [60, "min"],
  ];
  const [size, name] = units.find(([unit]) => seconds >= unit);
  return `${Math.floor(seconds / size)} ${name} ago`;
}
