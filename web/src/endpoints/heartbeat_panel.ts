/** A heartbeat: when the job was last heard of, when it must be heard of next, and where it reports. */
import { formatAgo, formatMoment, formatSpan } from "../format";
import type { Monitor } from "../gateway/contract";
import type { Gateway } from "../gateway/gateway";
import type { Ping } from "../gateway/outage_contract";
import { explain, Problem } from "../gateway/problem";
import { serverNow } from "../live/server_clock";
import { type Child, el, setChildren } from "../parts/element";
import { type Loading, panel } from "../parts/panel";

const PINGS_SHOWN = 20;
const HEAD = ["Time", "Signal", "Took", "From", "Note"];

/** How the next ping stands: due in a while, late, or not expected. */
export function expectedText(next: number | null | undefined, now: number): string {
  if (typeof next !== "number") return "not known";
  return next >= now ? `in ${formatSpan(next - now)}` : `late by ${formatSpan(now - next)}`;
}

/** The address to ping, whatever the gateway calls it; null where it does not tell. */
export function pingAddress(definition: Readonly<Record<string, unknown>>): string | null {
  for (const name of ["ping_url", "ping_address", "ping_path"]) {
    const value = definition[name];
    if (typeof value === "string" && value !== "") return new URL(value, location.href).href;
  }
  const token = definition["ping_token"];
  return typeof token === "string" ? new URL(`/ping/${token}`, location.href).href : null;
}

export class HeartbeatPanel implements Loading {
  readonly element: HTMLElement;
  private readonly facts = el("dl", { class: "facts" });
  private readonly body = el("tbody");
  private readonly trouble = el("p", { class: "muted note" });
  private address: string | null = null;

  constructor(
    private readonly gateway: Gateway,
    private readonly monitor: string,
  ) {
    const head = HEAD.map((label) => el("th", { scope: "col" }, label));
    this.element = panel(
      "Heartbeat",
      "heartbeat",
      this.facts,
      el("div", { class: "scroller" }, el("table", {}, el("thead", {}, el("tr", {}, ...head)), this.body)),
      this.trouble,
    );
  }

  async load(signal: AbortSignal): Promise<void> {
    try {
      const [definition, pings] = await Promise.all([
        this.gateway.monitor(this.monitor, signal),
        this.gateway.pings(this.monitor, signal),
      ]);
      if (signal.aborted) return;
      this.address = pingAddress(definition);
      this.refresh(definition, serverNow());
      this.list(pings);
      setChildren(this.trouble);
    } catch (error) {
      if (signal.aborted) return;
      const missing = error instanceof Problem && error.status === 404;
      setChildren(this.trouble, missing ? "The gateway does not list pings." : explain(error));
    }
  }

  refresh(monitor: Monitor, now: number): void {
    const fact = (label: string, testid: string, ...value: Child[]) => [
      el("dt", {}, label),
      el("dd", { testid }, ...value),
    ];
    const last = monitor.last_ping_ms;
    setChildren(
      this.facts,
      ...fact("Last ping", "last-ping", typeof last === "number" ? formatAgo(now - last) : "never"),
      ...fact("Next expected", "next-ping", expectedText(monitor.next_expected_ms, now)),
      ...(this.address === null ? [] : fact("Ping it at", "ping-address", el("code", {}, this.address))),
    );
  }

  private list(pings: readonly Ping[]): void {
    const now = serverNow();
    const rows = [...pings]
      .sort((a, b) => b.at_ms - a.at_ms)
      .slice(0, PINGS_SHOWN)
      .map((ping) =>
        el(
          "tr",
          {},
          el("td", {}, formatMoment(ping.at_ms, now)),
          el("td", {}, ping.kind ?? "success"),
          el("td", {}, typeof ping.duration_ms === "number" ? formatSpan(ping.duration_ms) : "–"),
          el("td", {}, ping.address ?? ""),
          el("td", { class: "error-cell" }, ping.note ?? ""),
        ),
      );
    const none = el("tr", {}, el("td", { colspan: HEAD.length, class: "muted" }, "Never pinged yet"));
    setChildren(this.body, ...(rows.length > 0 ? rows : [none]));
  }
}
