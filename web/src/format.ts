/** How numbers, times and ages read. Every function says "–" for what is not known. */

export const NOTHING = "–";
type Maybe = number | null | undefined;

function known(value: Maybe): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** Three significant digits are what an eye takes in: 0.97, 9.71, 97.1, 971. */
function short(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 9.995) return value.toFixed(2);
  if (size < 99.95) return value.toFixed(1);
  return value.toFixed(0);
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let index = 0;
  let size = Math.abs(value);
  while (size >= base * 0.9995 && index < units.length - 1) {
    size /= base;
    index += 1;
  }
  const number = index === 0 ? Math.round(size).toString() : short(size);
  return `${value < 0 ? "-" : ""}${number} ${units[index] ?? ""}`;
}

/** Memory and disks: binary units. */
export function formatBytes(value: Maybe): string {
  return known(value) ? scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]) : NOTHING;
}

/** Traffic: decimal units, as network hardware is sold. */
export function formatByteRate(value: Maybe): string {
  return known(value) ? scaled(value, 1000, ["B/s", "kB/s", "MB/s", "GB/s", "TB/s"]) : NOTHING;
}

/** A ratio 0..1 as a percentage. */
export function formatPercent(ratio: Maybe): string {
  if (!known(ratio)) return NOTHING;
  const percent = ratio * 100;
  return `${percent < 9.995 ? percent.toFixed(1) : percent.toFixed(percent < 99.95 ? 1 : 0)} %`;
}

/** Uptime: never rounded up to 100 %, because one failure is not none. */
export function formatUptime(ratio: Maybe): string {
  if (!known(ratio)) return NOTHING;
  if (ratio >= 1) return "100 %";
  const percent = Math.floor(ratio * 100_000) / 1000;
  return `${percent < 99.9 ? (Math.floor(percent * 100) / 100).toFixed(2) : percent.toFixed(3)} %`;
}

export function formatNumber(value: Maybe): string {
  return known(value) ? short(value) : NOTHING;
}

export function formatCount(value: Maybe): string {
  return known(value) ? Math.round(value).toLocaleString("en-US") : NOTHING;
}

/** A measured duration in milliseconds. */
export function formatMillis(value: Maybe): string {
  if (!known(value)) return NOTHING;
  if (value < 9.95) return `${value.toFixed(1)} ms`;
  if (value < 999.5) return `${value.toFixed(0)} ms`;
  return `${(value / 1000).toFixed(2)} s`;
}

/** A length of time in words an eye reads at once: `42 s`, `7 min`, `3 h 10 min`, `5 d 2 h`. */
export function formatSpan(ms: Maybe): string {
  if (!known(ms)) return NOTHING;
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return days < 14 && hours % 24 !== 0 ? `${days} d ${hours % 24} h` : `${days} d`;
}

/** The same where tenths of a second matter: how fast an outage was confirmed. */
export function formatShortSpan(ms: Maybe): string {
  if (!known(ms) || ms < 0 || ms >= 9_950) return formatSpan(ms);
  return `${(ms / 1000).toFixed(1)} s`;
}

export function formatAgo(ms: Maybe): string {
  if (!known(ms)) return "never";
  return ms < 1500 ? "now" : `${formatSpan(ms)} ago`;
}

const pad = (value: number) => String(value).padStart(2, "0");

/** Local time of day, with the date when it is not today. */
export function formatMoment(at: Maybe, now: number): string {
  if (!known(at)) return NOTHING;
  const moment = new Date(at);
  const time = `${pad(moment.getHours())}:${pad(moment.getMinutes())}:${pad(moment.getSeconds())}`;
  if (moment.toDateString() === new Date(now).toDateString()) return time;
  return `${moment.getFullYear()}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())} ${time}`;
}
