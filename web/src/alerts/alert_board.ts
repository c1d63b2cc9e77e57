/** The alerts that people should see now: those that fire, and notices for an hour. */
import type { Alert, AlertEvent, AlertState, Id } from "../gateway/contract";
import type { Gateway } from "../gateway/gateway";
import { Emitter } from "../live/emitter";

/** How long a notice is shown. */
export const NOTICE_MS = 3_600_000;

export class AlertBoard {
  readonly firing = new Map<string, Alert>();
  private readonly notices = new Map<Id, Alert>();
  readonly changed = new Emitter<void>();

  constructor(private readonly gateway: Pick<Gateway, "alerts">) {}

  async load(): Promise<void> {
    const [firing, notices] = await Promise.all([
      this.gateway.alerts("firing"),
      this.gateway.alerts("notice"),
    ]);
    this.firing.clear();
    for (const alert of firing) if (alert.state === "firing") this.firing.set(keyOf(alert), alert);
    this.notices.clear();
    for (const notice of notices) this.notices.set(notice.id, notice);
    this.changed.emit();
  }

  absorb(event: AlertEvent): void {
    const key = keyOf(event);
    if (event.state === "resolved") this.firing.delete(key);
    else if (event.state === "notice") {
      const notice = begun(event, "notice");
      this.notices.set(notice.id, { ...notice, ended_ms: event.at, body: String(event.detail?.body ?? "") });
    } else if (event.state === "firing") {
      if (!this.firing.has(key)) this.firing.set(key, begun(event, "firing"));
    } else {
      const known = this.firing.get(key);
      if (known !== undefined) this.firing.set(key, { ...known, ...done(event) });
    }
    this.changed.emit();
  }

  /** What fires, then the notices since an hour before `now`; each newest first. */
  list(now: number): Alert[] {
    for (const [id, notice] of this.notices)
      if (notice.started_ms <= now - NOTICE_MS) this.notices.delete(id);
    return [...newest(this.firing.values()), ...newest(this.notices.values())];
  }
}

/** What a deed changes about its alert. */
function done(event: AlertEvent): Partial<Alert> {
  const said = event.detail ?? {};
  switch (event.state) {
    case "acknowledged":
      return { acknowledged_by: String(said["by"] ?? ""), snoozed_until_ms: null };
    case "unacknowledged":
      return { acknowledged_by: null };
    case "snoozed":
      return { snoozed_until_ms: Number(said["until_ms"]) };
    case "unknown":
      return { unknown_since_ms: event.at };
    case "known":
      return { unknown_since_ms: null };
    case "assigned":
      return { assignee: said["to"] == null ? null : String(said["to"]) };
    default:
      return {};
  }
}

function begun(event: AlertEvent, state: AlertState): Alert {
  return {
    id: event.alert ?? event.id,
    rule_name: event.rule_name,
    subject: event.subject,
    state,
    started_ms: event.at,
    ended_ms: null,
    title: event.title,
    value: event.value ?? null,
  };
}

function newest(alerts: Iterable<Alert>): Alert[] {
  return [...alerts].sort((a, b) => b.started_ms - a.started_ms);
}

/** A rule has one state per subject; transitions and alerts carry different ids. */
function keyOf(alert: { rule_name: string; subject: string }): string {
  return `${alert.rule_name}\u0000${alert.subject}`;
}
