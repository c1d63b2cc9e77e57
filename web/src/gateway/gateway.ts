/** The gateway's read routes, one method each, always with a valid token. */
import type {
  Aggregation,
  Alert,
  CheckResult,
  Me,
  Monitor,
  MonitorHistory,
  QueryAnswer,
  Source,
} from "./contract";
import { send } from "./http";
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

type Parameters = [string, string | number][];

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

  async firingAlerts(): Promise<Alert[]> {
    return (await this.get<{ alerts: Alert[] }>("/v1/alerts", [["state", "firing"]])).alerts;
  }

  query(query: Query, signal?: AbortSignal): Promise<QueryAnswer> {
    const parameters: Parameters = query.series.map((selector) => ["series", selector]);
    parameters.push(["from", query.from], ["to", query.to], ["agg", query.agg]);
    if (query.step !== undefined) parameters.push(["step", query.step]);
    return this.get("/v1/query", parameters, signal);
  }

  history(
    monitor: string,
    range: { from: number; to: number; step?: number },
    signal?: AbortSignal,
  ): Promise<MonitorHistory> {
    const parameters: Parameters = [
      ["from", range.from],
      ["to", range.to],
    ];
    if (range.step !== undefined) parameters.push(["step", range.step]);
    return this.get(`/v1/monitors/${encodeURIComponent(monitor)}/history`, parameters, signal);
  }

  async checks(monitor: string, limit: number, signal?: AbortSignal): Promise<CheckResult[]> {
    const path = `/v1/monitors/${encodeURIComponent(monitor)}/checks`;
    return (await this.get<{ checks: CheckResult[] }>(path, [["limit", limit]], signal)).checks;
  }

  private async get<T>(path: string, parameters: Parameters = [], signal?: AbortSignal): Promise<T> {
    const search = new URLSearchParams(parameters.map(([key, value]) => [key, String(value)]));
    const url = parameters.length > 0 ? `${path}?${search}` : path;
    try {
      return await send<T>(url, { bearer: await this.session.bearer(), signal });
    } catch (error) {
      if (!(error instanceof Problem && error.status === 401)) throw error;
      // The token was revoked or the gateway restarted: one try with a new one.
      await this.session.renew();
      return send<T>(url, { bearer: await this.session.bearer(), signal });
    }
  }
}
