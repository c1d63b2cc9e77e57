/** A heartbeat: when the job was last heard of, when it must be heard of next, and where it reports. */
import type { App } from "../app";
import { formatAgo, formatMillis, formatMoment, formatSpan } from "../format";
import type { Monitor } from "../gateway/contract";
import type { Ping, PingUrl } from "../gateway/outage_contract";
import { explain, Problem } from "../gateway/problem";
import { serverNow } from "../live/server_clock";
import { type Child, el, setChildren } from "../parts/element";
import { type Loading, panel } from "../parts/panel";

const PINGS_SHOWN = 20;
const HEAD = ["Time", "Signal", "Took", "Output"];

/** How the next ping stands: due in a while, late, or not expected. */
export function expectedText(next: number | null | undefined, now: number): string {
  if (typeof next !== "number") return "not known";
  return next >= now ? `in ${formatSpan(next - now)}` : `late by ${formatSpan(now - next)}`;
}

/** What a job said, with its exit status where it told one. */
export function signalText(ping: Ping): string {
  const said = ping.said ?? "success";
  return typeof ping.exit_status === "number" ? `${said} (exit status ${ping.exit_status})` : said;
}

export class HeartbeatPanel implements Loading {
  readonly element: HTMLElement;
  private readonly facts = el("dl", { class: "facts" });
  private readonly body = el("tbody");
  private readonly trouble = el("p", { class: "muted note" });
  private readonly addresses = el("dl", { class: "facts" });

  constructor(
    private readonly app: App,
    private readonly monitor: string,
  ) {
    const head = HEAD.map((label) => el("th", { scope: "col" }, label));
    this.element = panel(
      "Heartbeat",
      "heartbeat",
      this.facts,
      this.addresses,
      el("div", { class: "scroller" }, el("table", {}, el("thead", {}, el("tr", {}, ...head)), this.body)),
      this.trouble,
    );
  }

  async load(signal: AbortSignal): Promise<void> {
    const { gateway, viewer } = this.app;
    try {
      this.list(await gateway.pings(this.monitor, signal));
      setChildren(this.trouble);
    } catch (error) {
      if (signal.aborted) return;
      const missing = error instanceof Problem && error.status === 404;
      setChildren(this.trouble, missing ? "The gateway does not list pings." : explain(error));
    }
    if (!viewer.admin || signal.aborted) return;
    try {
      this.showAddresses(await gateway.pingUrl(this.monitor, signal));
    } catch {
      // Without the address the panel still tells how the job does.
      setChildren(this.addresses);
    }
  }

  refresh(monitor: Monitor, now: number): void {
    const beat = monitor.heartbeat ?? {};
    const last = beat.last_ping_ms;
    const running = beat.running_since_ms;
    const down = beat.down_after_ms;
    setChildren(
      this.facts,
      ...fact("Last ping", "last-ping", typeof last === "number" ? formatAgo(now - last) : "never"),
      ...fact("Next expected", "next-ping", expectedText(beat.next_expected_ms, now)),
      ...(typeof running === "number" ? fact("Running", "running", `for ${formatSpan(now - running)}`) : []),
      ...(typeof down === "number" && down > now
        ? fact("Missed", "missed-after", `if nothing is heard within ${formatSpan(down - now)}`)
        : []),
    );
  }

  private showAddresses(url: PingUrl): void {
    const whole = (path: string) => el("code", {}, new URL(path, location.href).href);
    setChildren(
      this.addresses,
      ...fact("Ping it at", "ping-address", whole(url.ping)),
      ...(url.start === undefined ? [] : fact("when it begins", "start-address", whole(url.start))),
      ...(url.fail === undefined ? [] : fact("when it fails", "fail-address", whole(url.fail))),
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
          el("td", { class: ping.said === "fail" ? "tone-bad" : "" }, signalText(ping)),
          el("td", {}, formatMillis(ping.took_ms)),
          el("td", { class: "output-cell", title: ping.body ?? "" }, ping.body ?? ""),
        ),
      );
    const none = el("tr", {}, el("td", { colspan: HEAD.length, class: "muted" }, "Never pinged yet"));
    setChildren(this.body, ...(rows.length > 0 ? rows : [none]));
  }
}

function fact(label: string, testid: string, ...value: Child[]): HTMLElement[] {
  return [el("dt", {}, label), el("dd", { testid }, ...value)];
}
