/** All hosts of the account, kept current by the stream and by asking now and then. */
import type { SamplesEvent } from "../gateway/contract";
import type { Gateway } from "../gateway/gateway";
import { acrossSources } from "../gateway/selector";
import { Emitter } from "../live/emitter";
import { serverNow } from "../live/server_clock";
import { lastWholeStep, stepFor } from "../series/range";
import { sumCells } from "../series/sample_table";
import { Host, OVERVIEW_MS } from "./host";

/** A query answers a thousand series at most, and a host of containers has many interfaces. */
const HOSTS_PER_QUERY = 10;
const UNKNOWN_HOST_DELAY_MS = 1_000;

export class HostBoard {
  readonly hosts = new Map<string, Host>();
  /** The list or a state changed. */
  readonly changed = new Emitter<void>();
  /** New values of one host arrived. */
  readonly touched = new Emitter<Host>();
  private reloading = 0;

  constructor(private readonly gateway: Gateway) {}

  async load(): Promise<void> {
    const sources = await this.gateway.sources();
    const names = new Set(sources.map((source) => source.source));
    for (const name of this.hosts.keys()) if (!names.has(name)) this.hosts.delete(name);
    for (const source of sources) {
      const host = this.hosts.get(source.source);
      if (!host) this.hosts.set(source.source, new Host(source));
      else {
        const last_seen_ms = Math.max(host.about.last_seen_ms, source.last_seen_ms);
        host.about = { ...source, last_seen_ms };
      }
    }
    this.changed.emit();
  }

  absorb(event: SamplesEvent): void {
    const host = this.hosts.get(event.source);
    if (!host) {
      // A new host: ask who it is, once for the burst of its first reports.
      window.clearTimeout(this.reloading);
      this.reloading = window.setTimeout(() => this.load().catch(() => undefined), UNKNOWN_HOST_DELAY_MS);
      return;
    }
    const wasSilent = host.silent;
    host.absorb(event);
    if (wasSilent) this.changed.emit();
    this.touched.emit(host);
  }

  /** Fills the sparklines of these hosts with the last quarter of an hour, once each. */
  async prefill(hosts: readonly Host[]): Promise<void> {
    const fresh = hosts.filter((host) => !host.prefilled);
    for (const host of fresh) host.prefilled = true;
    const byStep = new Map<number, Host[]>();
    for (const host of fresh) {
      const step = stepFor(OVERVIEW_MS / 1000, host.intervalMs / 1000);
      byStep.set(step, [...(byStep.get(step) ?? []), host]);
    }
    const requests: Promise<void>[] = [];
    for (const [step, group] of byStep) {
      for (let start = 0; start < group.length; start += HOSTS_PER_QUERY) {
        requests.push(this.prefillGroup(group.slice(start, start + HOSTS_PER_QUERY), step));
      }
    }
    await Promise.all(requests);
  }

  /** After a gap too long to replay, history must be asked for again. */
  forgetHistory(): void {
    for (const host of this.hosts.values()) host.prefilled = false;
  }

  private async prefillGroup(hosts: Host[], step: number): Promise<void> {
    const names = hosts.map((host) => host.name);
    const window = { from: Math.round(serverNow() - OVERVIEW_MS), to: Math.round(serverNow()), step };
    const ratios = ["cpu.used_ratio", "memory.used_ratio"].map((name) => acrossSources(name, names));
    const bytes = ["network.received_bytes", "network.sent_bytes"].map((name) => acrossSources(name, names));
    try {
      const [gauges, traffic] = await Promise.all([
        this.gateway.query({ series: ratios, ...window, agg: "avg" }),
        this.gateway.query({ series: bytes, ...window, to: lastWholeStep(window.to, step), agg: "rate" }),
      ]);
      for (const host of hosts) {
        const own = gauges.series.filter((series) => series.source === host.name);
        for (const series of own) {
          const ring = series.name.startsWith("cpu.") ? host.cpu : host.memory;
          ring.prefill(gauges.timestamps, series.values);
        }
        const wires = traffic.series.filter(
          (series) => series.source === host.name && series.labels["interface"] !== "lo",
        );
        const sums = sumCells(
          wires.map((series) => series.values),
          traffic.timestamps.length,
        );
        if (wires.length > 0) host.network.prefill(traffic.timestamps, sums);
        this.touched.emit(host);
      }
    } catch (error) {
      for (const host of hosts) host.prefilled = false;
      throw error;
    }
  }
}
