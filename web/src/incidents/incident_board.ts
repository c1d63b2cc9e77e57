/** The outages that go on now, by endpoint. */
import type { Id } from "../gateway/contract";
import type { Gateway } from "../gateway/gateway";
import type { Incident } from "../gateway/outage_contract";
import { Emitter } from "../live/emitter";

const MOST = 1000;

export class IncidentBoard {
  readonly changed = new Emitter<void>();
  private open = new Map<string, Incident>();

  constructor(private readonly gateway: Gateway) {}

  async load(): Promise<void> {
    const found = await this.gateway.incidents({ state: "open", limit: MOST });
    // Newest first: of two of one endpoint the newer one counts.
    this.open = new Map(found.reverse().map((incident) => [String(incident.monitor), incident]));
    this.changed.emit();
  }

  of(monitor: Id): Incident | undefined {
    return this.open.get(String(monitor));
  }

  get count(): number {
    return this.open.size;
  }
}
