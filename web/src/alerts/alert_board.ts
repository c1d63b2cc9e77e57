/** The alerts that are firing now. */
import type { Alert, AlertEvent } from "../gateway/contract";
import type { Gateway } from "../gateway/gateway";
import { Emitter } from "../live/emitter";

export class AlertBoard {
  readonly firing = new Map<string, Alert>();
  readonly changed = new Emitter<void>();

  constructor(private readonly gateway: Gateway) {}

  async load(): Promise<void> {
    const alerts = await this.gateway.firingAlerts();
    this.firing.clear();
    for (const alert of alerts) if (alert.state === "firing") this.firing.set(keyOf(alert), alert);
    this.changed.emit();
  }

  absorb(event: AlertEvent): void {
    const key = keyOf(event);
    if (event.state === "resolved") this.firing.delete(key);
    else if (!this.firing.has(key)) {
      this.firing.set(key, {
        id: event.alert ?? event.id,
        rule_name: event.rule_name,
        subject: event.subject,
        state: "firing",
        started_ms: event.at,
        ended_ms: null,
        title: event.title,
        value: event.value ?? null,
      });
    }
    this.changed.emit();
  }

  /** Newest first. */
  list(): Alert[] {
    return [...this.firing.values()].sort((a, b) => b.started_ms - a.started_ms);
  }
}

/** A rule has one state per subject; transitions and alerts carry different ids. */
function keyOf(alert: { rule_name: string; subject: string }): string {
  return `${alert.rule_name}\u0000${alert.subject}`;
}
