/** The gateway's time as seen from here, so that ages are right on a machine whose clock is wrong. */

const IGNORED_SKEW_MS = 1_500;
let offset = 0;

/** Called at each tick event. Small differences are the network's delay, not skew. */
export function noteServerTime(serverNow: number): void {
  const difference = serverNow - Date.now();
  offset = Math.abs(difference) < IGNORED_SKEW_MS ? 0 : difference;
}

export function serverNow(): number {
  return Date.now() + offset;
}
