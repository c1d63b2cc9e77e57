/** The account's maintenance windows, and which endpoints lie in one now. */
import type { Id } from "../gateway/contract";
import type { Gateway } from "../gateway/gateway";
import type { Maintenance } from "../gateway/outage_contract";
import { Emitter } from "../live/emitter";

export class MaintenanceBoard {
  readonly changed = new Emitter<void>();
  windows: Maintenance[] = [];

  constructor(private readonly gateway: Gateway) {}

  async load(): Promise<void> {
    this.windows = await this.gateway.maintenance();
    this.changed.emit();
  }

  of(monitor: Id): Maintenance[] {
    return this.windows.filter((window) => concerns(window, monitor));
  }

  /** The window that holds now for this endpoint. */
  activeFor(monitor: Id): Maintenance | undefined {
    return this.windows.find((window) => window.active && concerns(window, monitor));
  }
}

function concerns(window: Maintenance, monitor: Id): boolean {
  return window.monitors.length === 0 || window.monitors.some((id) => String(id) === String(monitor));
}
