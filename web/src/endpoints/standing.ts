/** Where an endpoint stands: what its locations say together, as the outage rules count it. */
import type { LocationState, Monitor, MonitorState } from "../gateway/contract";
import type { Incident } from "../gateway/outage_contract";

const DEFAULT_QUORUM = 2;
/** A location that has not spoken for so many intervals has no vote (`vedette/windows/votes.py`). */
const FRESH_INTERVALS = 3;
const GRACE_MS = 5_000;

export type Ballot = "fails" | "reaches" | "silent";

export interface Tally {
  failing: number;
  voting: number;
  /** How many must fail for the endpoint to be down; all of them where there are fewer. */
  needed: number;
}

/** A paused endpoint's locations are all silent in time; `now` is the gateway's clock. */
export function ballotOf(monitor: Monitor, place: LocationState, now: number): Ballot {
  const freshMs = (FRESH_INTERVALS * monitor.interval_s + monitor.timeout_s) * 1000 + GRACE_MS;
  if (monitor.paused || now - place.at_ms > freshMs) return "silent";
  return place.outcome === "down" ? "fails" : "reaches";
}

export function tallyOf(monitor: Monitor, now: number): Tally {
  const ballots = monitor.places.map((place) => ballotOf(monitor, place, now));
  const voting = ballots.filter((ballot) => ballot !== "silent").length;
  const failing = ballots.filter((ballot) => ballot === "fails").length;
  return { failing, voting, needed: Math.max(1, Math.min(monitor.quorum ?? DEFAULT_QUORUM, voting)) };
}

/**
 * The state to show. The gateway's is the worst that any location sees; whether that is an outage or a
 * failure of single places is told by the open incident, or, before it is written, by the votes.
 */
export function stateOf(monitor: Monitor, incident: Incident | undefined, now: number): MonitorState {
  if (monitor.state !== "down") return monitor.state;
  const { failing, needed } = tallyOf(monitor, now);
  if (failing > 0 && failing < needed) return "partial";
  if (failing < 2 && incident?.state === "partial") return "partial";
  return "down";
}

export function tallyText({ failing, voting, needed }: Tally): string {
  if (voting === 0) return "No location has checked lately";
  const places = voting === 1 ? "1 location" : `${voting} locations`;
  if (failing === 0) return `No failure at ${places}`;
  const down = failing >= needed;
  return `${failing} of ${places} fail${failing === 1 ? "s" : ""}; down from ${needed}${down ? ", so it is" : ""}`;
}
