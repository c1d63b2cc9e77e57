/** What went on around an endpoint beside its checks: incidents, maintenance, releases. */
import type { Band, Marks } from "../charts/marks";
import type { Gateway } from "../gateway/gateway";
import type { Incident, Maintenance, Marker } from "../gateway/outage_contract";
import { joined, type Occurrence, occurrencesIn } from "../maintenance/occurrences";

export interface Happenings {
  incidents: readonly Incident[];
  maintenance: readonly Occurrence[];
  markers: readonly Marker[];
}

export const NOTHING_HAPPENED: Happenings = { incidents: [], maintenance: [], markers: [] };
const MOST_INCIDENTS = 300;

/** Each part that cannot be had is left out: the charts show without it. */
export async function happeningsIn(
  gateway: Gateway,
  monitor: string,
  windows: readonly Maintenance[],
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<Happenings> {
  const [incidents, markers] = await Promise.all([
    gateway.incidents({ from, to, monitor, limit: MOST_INCIDENTS }, signal).catch(() => []),
    gateway.markers(monitor, from, to, signal).catch(() => []),
  ]);
  const maintenance = joined(windows.flatMap((window) => occurrencesIn(window, from, to)));
  return { incidents, maintenance, markers };
}

/** The same as the charts draw it. An incident that goes on reaches to `now`. */
export function marksOf(happenings: Happenings, chosen: string | null, now: number): Marks {
  const incidents = happenings.incidents.flatMap((incident): Band[] => {
    const to = incident.ended_ms ?? now;
    if (incident.confirmed_ms === null) return [{ from: incident.started_ms, to, kind: "partial" }];
    return [{ from: incident.started_ms, to, kind: "down" }];
  });
  const quiet = happenings.maintenance.map(({ from, to }): Band => ({ from, to, kind: "maintenance" }));
  const lines = happenings.markers.map(({ id, name, at_ms }) => ({ id: String(id), at: at_ms, label: name }));
  return { bands: [...quiet, ...incidents], lines, chosen };
}
