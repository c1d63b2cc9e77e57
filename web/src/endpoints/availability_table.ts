/** Uptime and reachability side by side, over four ranges, and for each location. */
import { formatCount, formatUptime, NOTHING } from "../format";
import type { Gateway } from "../gateway/gateway";
import type { Availability, UptimeAnswer } from "../gateway/outage_contract";
import { explain } from "../gateway/problem";
import { el, setChildren, setText } from "../parts/element";
import { type Loading, panel } from "../parts/panel";

const SPANS: readonly [string, string][] = [
  ["-24h", "24 h"],
  ["-7d", "7 d"],
  ["-30d", "30 d"],
  ["-90d", "90 d"],
];

export class AvailabilityTable implements Loading {
  readonly element: HTMLElement;
  private readonly body = el("tbody");
  private readonly note = el("p", { class: "muted note" });
  private readonly box = el("input", { type: "checkbox", testid: "without-maintenance" });
  private answers: (UptimeAnswer | null)[] = SPANS.map(() => null);
  private signal: AbortSignal | null = null;

  constructor(
    private readonly gateway: Gateway,
    private readonly monitor: string,
  ) {
    this.box.addEventListener("change", () => {
      if (this.signal && !this.signal.aborted) void this.load(this.signal);
    });
    const heads = SPANS.map(([, label]) => el("th", { scope: "col", class: "number" }, label));
    this.element = panel(
      "Availability",
      "availability",
      el(
        "div",
        { class: "scroller" },
        el("table", {}, el("thead", {}, el("tr", {}, el("th", { scope: "col" }), ...heads)), this.body),
      ),
      el(
        "div",
        { class: "panel-foot" },
        el("label", { class: "check" }, this.box, "without maintenance"),
        this.note,
      ),
    );
    this.show();
  }

  async load(signal: AbortSignal): Promise<void> {
    this.signal = signal;
    const quiet = this.box.checked;
    let trouble = "";
    const ask = async (from: string): Promise<UptimeAnswer | null> => {
      try {
        return await this.gateway.uptime(this.monitor, from, quiet, signal);
      } catch (error) {
        trouble = explain(error);
        return null;
      }
    };
    const answers = await Promise.all(SPANS.map(([from]) => ask(from)));
    if (signal.aborted || quiet !== this.box.checked) return;
    this.answers = answers;
    this.show(trouble);
  }

  private show(trouble = ""): void {
    const rows = [
      this.row("Uptime", "uptime", "uptime-row"),
      this.row("Reachability", "reachability", "reachability-row"),
    ];
    const places = [
      ...new Set(this.answers.flatMap((answer) => answer?.locations.map((at) => at.location) ?? [])),
    ];
    if (places.length > 1) rows.push(...places.sort().map((place) => this.placeRow(place)));
    setChildren(this.body, ...rows);
    const bound = this.answers.some((answer) => answer && !answer.exact);
    const lower = "≥: of hours it is not known which minutes fell together, so it is a lower bound.";
    setText(this.note, trouble !== "" ? trouble : bound ? lower : "");
  }

  private row(label: string, what: "uptime" | "reachability", testid: string): HTMLElement {
    const cells = this.answers.map((answer) => {
      const bound = what === "uptime" && answer && !answer.exact && (answer.uptime ?? 1) < 1 ? "≥ " : "";
      return cell(answer, `${bound}${formatUptime(answer?.[what])}`, "strong");
    });
    return el("tr", { testid }, el("th", { scope: "row" }, label), ...cells);
  }

  private placeRow(place: string): HTMLElement {
    const cells = this.answers.map((answer) => {
      const found = answer?.locations.find((at) => at.location === place) ?? null;
      return cell(found, formatUptime(found?.reachability), "muted");
    });
    return el("tr", {}, el("th", { scope: "row", class: "under" }, `from ${place}`), ...cells);
  }
}

function cell(found: Availability | null, text: string, className: string): HTMLElement {
  const counts =
    found && `${formatCount(found.succeeded)} of ${formatCount(found.executed)} checks succeeded`;
  const attributes = { class: `number ${className}`, title: counts ?? "" };
  return el("td", attributes, found === null ? NOTHING : text);
}
