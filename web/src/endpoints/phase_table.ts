/** How long each phase of a check takes: median and 95th percentile over three ranges, all locations together. */
import { formatMillis, NOTHING } from "../format";
import type { CheckPhase } from "../gateway/contract";
import type { Gateway } from "../gateway/gateway";
import type { PhasesAnswer } from "../gateway/outage_contract";
import { explain } from "../gateway/problem";
import { el, setChildren, setText } from "../parts/element";
import { type Loading, panel } from "../parts/panel";
import { PHASES } from "./phases";

const SPANS: readonly [string, string][] = [
  ["-24h", "24 h"],
  ["-7d", "7 d"],
  ["-30d", "30 d"],
];
const LABELS: Record<CheckPhase, string> = {
  dns: "DNS",
  connect: "Connect",
  tls: "TLS",
  ttfb: "First byte",
  transfer: "Transfer",
};

export class PhaseTable implements Loading {
  readonly element: HTMLElement;
  private readonly body = el("tbody");
  private readonly note = el("p", { class: "muted note" });

  constructor(
    private readonly gateway: Gateway,
    private readonly monitor: string,
  ) {
    const heads = SPANS.map(([, label]) =>
      el("th", { scope: "colgroup", colspan: "2", class: "number" }, label),
    );
    const shares = SPANS.flatMap(() =>
      ["p50", "p95"].map((share) => el("th", { scope: "col", class: "number muted" }, share)),
    );
    const head = el(
      "thead",
      {},
      el("tr", {}, el("th", { scope: "col" }), ...heads),
      el("tr", {}, el("th"), ...shares),
    );
    const table = el("div", { class: "scroller" }, el("table", {}, head, this.body));
    this.element = panel("Phases", "phase-table", table, el("div", { class: "panel-foot" }, this.note));
    this.show(SPANS.map(() => null));
  }

  async load(signal: AbortSignal): Promise<void> {
    let trouble = "";
    const ask = async (from: string): Promise<PhasesAnswer | null> => {
      try {
        return await this.gateway.phases(this.monitor, from, signal);
      } catch (error) {
        trouble = explain(error);
        return null;
      }
    };
    const answers = await Promise.all(SPANS.map(([from]) => ask(from)));
    if (!signal.aborted) this.show(answers, trouble);
  }

  private show(answers: readonly (PhasesAnswer | null)[], trouble = ""): void {
    const reached = PHASES.filter((phase) => answers.some((answer) => answer?.phases[phase]));
    const rows = reached.map((phase) => {
      const cells = answers.flatMap((answer) => {
        const found = answer?.phases[phase];
        const title = found ? `${found.count} checks` : "";
        return [found?.p50_ms, found?.p95_ms].map((ms) =>
          el("td", { class: "number", title }, typeof ms === "number" ? formatMillis(ms) : NOTHING),
        );
      });
      return el("tr", { testid: `phase-${phase}` }, el("th", { scope: "row" }, LABELS[phase]), ...cells);
    });
    setChildren(this.body, ...rows);
    const none = reached.length === 0 ? "No check that did not fail has told its phases yet." : "";
    setText(this.note, trouble !== "" ? trouble : none);
  }
}
