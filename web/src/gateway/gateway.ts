/** The gateway's routes, one method each, always with a valid token. What changes something is in `editing`. */

import type {
  AlertDetail,
  Channel,
  ChannelKind,
  Learned,
  Rule,
  RuleKind,
  Silence,
  Waiting,
} from "../alerts/contract";
import type { SeriesEntry } from "../plugins/catalogue";
import type { PluginState } from "../plugins/plugin_section";
import type { NewSession, RealtimeSession } from "../realtime/contract";
import type {
  Aggregation,
  Alert,
  AlertState,
  CheckResult,
  Me,
  Monitor,
  MonitorHistory,
  QueryAnswer,
  Source,
} from "./contract";
import { type Request, send } from "./http";
import type {
  BadgeLinks,
  Comparison,
  Incident,
  IncidentDetail,
  IncidentFilter,
  Maintenance,
  Marker,
  PhasesAnswer,
  Ping,
  PingUrl,
  Trend,
  UptimeAnswer,
} from "./outage_contract";
import { Problem } from "./problem";
import type { Session } from "./session";

export interface Query {
  series: string[];
  from: number | string;
  to: number | string;
  /** Seconds; without it the gateway chooses. */
  step?: number;
  agg: Aggregation;
}

/** As many as the gateway gives at once. */
const MOST_SERIES = 10_000;

type Parameters = [string, string | number | boolean | undefined][];

export function monitorPath(monitor: string, rest = ""): string {
  return `/v1/monitors/${encodeURIComponent(monitor)}${rest}`;
}

export class Gateway {
  constructor(private readonly session: Session) {}

  me(): Promise<Me> {
    return this.get("/v1/me");
  }

  async sources(): Promise<Source[]> {
    return (await this.get<{ sources: Source[] }>("/v1/sources")).sources;
  }

  async monitors(): Promise<Monitor[]> {
    return (await this.get<{ monitors: Monitor[] }>("/v1/monitors")).monitors;
  }

  /** One monitor with every field of its definition. */
  monitor(monitor: string, signal?: AbortSignal): Promise<Monitor & Record<string, unknown>> {
    return this.get(monitorPath(monitor), [], signal);
  }

  async alerts(state: AlertState): Promise<Alert[]> {
    return (await this.get<{ alerts: Alert[] }>("/v1/alerts", [["state", state]])).alerts;
  }

  alert(alert: string, signal?: AbortSignal): Promise<AlertDetail> {
    return this.get(`/v1/alerts/${encodeURIComponent(alert)}`, [], signal);
  }

  /** The newest alerts in a state, or in any. */
  async alertsIn(state: AlertState | undefined, signal?: AbortSignal): Promise<Alert[]> {
    return (await this.get<{ alerts: Alert[] }>("/v1/alerts", [["state", state]], signal)).alerts;
  }

  /** What waits before it is an alert, the newest first. */
  async waiting(signal?: AbortSignal): Promise<Waiting[]> {
    return (await this.get<{ waiting: Waiting[] }>("/v1/alerts/waiting", [["limit", 500]], signal)).waiting;
  }

  async silences(): Promise<Silence[]> {
    return (await this.get<{ silences: Silence[] }>("/v1/silences")).silences;
  }

  async channels(): Promise<Channel[]> {
    return (await this.get<{ channels: Channel[] }>("/v1/channels")).channels;
  }

  async channelKinds(): Promise<ChannelKind[]> {
    return (await this.get<{ kinds: ChannelKind[] }>("/v1/channels/kinds")).kinds;
  }

  async rules(): Promise<Rule[]> {
    return (await this.get<{ rules: Rule[] }>("/v1/rules")).rules;
  }

  /** What rules of the kind `anomaly` have learned. */
  async learned(): Promise<Learned[]> {
    return (await this.get<{ rules: Learned[] }>("/v1/rules/learned")).rules;
  }

  async ruleKinds(): Promise<RuleKind[]> {
    return (await this.get<{ kinds: RuleKind[] }>("/v1/rules/kinds")).kinds;
  }

  query(query: Query, signal?: AbortSignal): Promise<QueryAnswer> {
    const parameters: Parameters = query.series.map((selector) => ["series", selector]);
    parameters.push(["from", query.from], ["to", query.to], ["agg", query.agg], ["step", query.step]);
    return this.get("/v1/query", parameters, signal);
  }

  /** The series of a source that the catalogue knows. */
  async seriesOf(source: string, signal?: AbortSignal): Promise<SeriesEntry[]> {
    const parameters: Parameters = [
      ["source", source],
      ["limit", MOST_SERIES],
    ];
    return (await this.get<{ series: SeriesEntry[] }>("/v1/series", parameters, signal)).series;
  }

  /** How the plugins of a host fare, by its agent's last word. */
  async pluginStates(source: string, signal?: AbortSignal): Promise<PluginState[]> {
    const path = `/v1/sources/${encodeURIComponent(source)}`;
    const host = await this.get<{ agent: { plugins?: PluginState[] } | null }>(path, [], signal);
    return host.agent?.plugins ?? [];
  }

  history(
    monitor: string,
    range: { from: number; to: number; step?: number },
    signal?: AbortSignal,
  ): Promise<MonitorHistory> {
    const parameters: Parameters = [
      ["from", range.from],
      ["to", range.to],
      ["step", range.step],
    ];
    return this.get(monitorPath(monitor, "/history"), parameters, signal);
  }

  async checks(monitor: string, limit: number, signal?: AbortSignal): Promise<CheckResult[]> {
    const path = monitorPath(monitor, "/checks");
    return (await this.get<{ checks: CheckResult[] }>(path, [["limit", limit]], signal)).checks;
  }

  phases(monitor: string, from: string, signal?: AbortSignal): Promise<PhasesAnswer> {
    return this.get(monitorPath(monitor, "/phases"), [["from", from]], signal);
  }

  uptime(
    monitor: string,
    from: string,
    withoutMaintenance: boolean,
    signal?: AbortSignal,
  ): Promise<UptimeAnswer> {
    const parameters: Parameters = [
      ["from", from],
      ["without_maintenance", withoutMaintenance || undefined],
    ];
    return this.get(monitorPath(monitor, "/uptime"), parameters, signal);
  }

  trend(monitor: string, signal?: AbortSignal): Promise<Trend> {
    return this.get(monitorPath(monitor, "/trend"), [], signal);
  }

  async pings(monitor: string, signal?: AbortSignal): Promise<Ping[]> {
    return (await this.get<{ pings?: Ping[] }>(monitorPath(monitor, "/pings"), [], signal)).pings ?? [];
  }

  /** Where a heartbeat's job pings; for administrators, since whoever has it may ping. */
  pingUrl(monitor: string, signal?: AbortSignal): Promise<PingUrl> {
    return this.get(monitorPath(monitor, "/ping-url"), [], signal);
  }

  badgeLinks(monitor: string, signal?: AbortSignal): Promise<BadgeLinks> {
    return this.get(monitorPath(monitor, "/badges"), [], signal);
  }

  async incidents(
    wanted: {
      from?: string | number;
      to?: number;
      monitor?: string;
      state?: IncidentFilter;
      limit?: number;
    },
    signal?: AbortSignal,
  ): Promise<Incident[]> {
    const parameters = Object.entries(wanted) as Parameters;
    return (await this.get<{ incidents: Incident[] }>("/v1/incidents", parameters, signal)).incidents;
  }

  incident(id: string, signal?: AbortSignal): Promise<IncidentDetail> {
    return this.get(`/v1/incidents/${encodeURIComponent(id)}`, [], signal);
  }

  async maintenance(signal?: AbortSignal): Promise<Maintenance[]> {
    return (await this.get<{ maintenance: Maintenance[] }>("/v1/maintenance", [], signal)).maintenance;
  }

  async markers(monitor: string, from: number, to: number, signal?: AbortSignal): Promise<Marker[]> {
    const parameters: Parameters = [
      ["monitor", monitor],
      ["from", from],
      ["to", to],
    ];
    return (await this.get<{ markers: Marker[] }>("/v1/markers", parameters, signal)).markers;
  }

  /** `window`: a time such as `30m` or `6h`, on each side. */
  compare(marker: string, monitor: string, window: string, signal?: AbortSignal): Promise<Comparison> {
    const parameters: Parameters = [
      ["monitor", monitor],
      ["window", window],
    ];
    return this.get(`/v1/markers/${encodeURIComponent(marker)}/compare`, parameters, signal);
  }

  beginRealtime(sources: readonly string[], plugins: readonly string[] = []): Promise<NewSession> {
    return this.ask("/v1/realtime/sessions", { method: "POST", body: { sources, plugins } });
  }

  realtimeSession(id: string): Promise<RealtimeSession> {
    return this.get(`/v1/realtime/sessions/${encodeURIComponent(id)}`);
  }

  endRealtime(id: string): Promise<void> {
    return this.ask(`/v1/realtime/sessions/${encodeURIComponent(id)}`, { method: "DELETE" });
  }

  /** The gateway's own description: which kinds of monitors it knows, and their fields. */
  description(signal?: AbortSignal): Promise<unknown> {
    return this.get("/openapi.json", [], signal);
  }

  private get<T>(path: string, parameters: Parameters = [], signal?: AbortSignal): Promise<T> {
    const known = parameters.filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(known.map(([key, value]) => [key, String(value)]));
    return this.ask<T>(known.length > 0 ? `${path}?${search}` : path, { signal });
  }

  /** One request with a token that is renewed when the gateway no longer takes it. */
  async ask<T>(url: string, request: Omit<Request, "bearer">): Promise<T> {
    try {
      return await send<T>(url, { ...request, bearer: await this.session.bearer() });
    } catch (error) {
      if (!(error instanceof Problem && error.status === 401)) throw error;
      // The token was revoked or the gateway restarted: one try with a new one.
      await this.session.renew();
      return send<T>(url, { ...request, bearer: await this.session.bearer() });
    }
  }
}
