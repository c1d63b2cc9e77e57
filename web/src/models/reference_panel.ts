/** The references of a model, and two of them side by side. */
import { formatMoment } from "../format";
import { selectControl } from "../forms/control";
import type { Id } from "../gateway/contract";
import { explain } from "../gateway/problem";
import { serverNow } from "../live/server_clock";
import { stateBadge } from "../parts/badge";
import { deed } from "../parts/deed";
import { el, setChildren } from "../parts/element";
import { panel } from "../parts/panel";
import {
  type FeatureComparison,
  type ReferenceComparison,
  type ReferenceRow,
  STATE_LABEL,
  STATISTIC_LABEL,
} from "./contract";
import type { ModelsGateway } from "./models_gateway";

const HEAD = ["Feature", "", "What differs", "Not compared"];
const FIRST_SHOWN = 20;

/** `Distribution (PSI) 0.31, p 1e-9; missing 0.2, p 0.001`: what differs beyond chance. */
export function differences(one: FeatureComparison): string {
  return one.findings
    .filter((found) => found.drifted)
    .map((found) => {
      const p = found.adjusted === null ? "" : `, p ${Number(found.adjusted.toPrecision(2))}`;
      const value = found.value === null ? "∞" : Number(found.value.toPrecision(3));
      return `${STATISTIC_LABEL[found.statistic] ?? found.statistic} ${value}${p}`;
    })
    .join("; ");
}

/** Features that only one side has, or that are of another kind. */
export function unmatched(found: ReferenceComparison): string[] {
  const said = [];
  if (found.only_in_first.length > 0) said.push(`Only in the first: ${found.only_in_first.join(", ")}.`);
  if (found.only_in_second.length > 0) said.push(`Only in the second: ${found.only_in_second.join(", ")}.`);
  for (const { feature, first, second } of found.kinds_changed)
    said.push(`${feature} was ${first} and is ${second}.`);
  return said;
}

export class ReferencePanel {
  readonly element: HTMLElement;
  private readonly content = el("div", { class: "form-inside" });
  private readonly answer = el("div", { "aria-live": "polite" });

  constructor(
    private readonly gateway: ModelsGateway,
    private readonly model: string,
  ) {
    this.element = panel("References", "references", this.content);
  }

  async load(): Promise<void> {
    try {
      this.show(await this.gateway.references(this.model));
    } catch (error) {
      setChildren(this.content, el("p", { class: "muted note" }, explain(error)));
    }
  }

  private show(found: readonly ReferenceRow[]): void {
    const rows = found
      .slice(0, FIRST_SHOWN)
      .map((one) =>
        el(
          "tr",
          { testid: "reference-row" },
          el("th", { scope: "row" }, String(one.id)),
          el("td", {}, one.version === "" ? "–" : one.version),
          el("td", { class: "number" }, String(one.rows)),
          el("td", { class: "number" }, String(one.features)),
          el("td", { class: "muted" }, formatMoment(one.created_ms, serverNow())),
        ),
      );
    const head = ["Reference", "Version", "Rows", "Features", "Given"].map((label) =>
      el("th", { scope: "col" }, label),
    );
    setChildren(
      this.content,
      rows.length === 0
        ? el("p", { class: "muted note" }, "None yet: rows are kept, but not judged.")
        : el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows)),
      found.length > 1 && this.chooser(found),
      this.answer,
    );
  }

  private chooser(found: readonly ReferenceRow[]): HTMLElement {
    const options = found.map(
      ({ id, version }) => [String(id), version === "" ? `${id}` : `${id} (${version})`] as const,
    );
    const [first, second] = [selectControl("first", options), selectControl("second", options)];
    first.write(found[1]?.id);
    second.write(found[0]?.id);
    first.target.setAttribute("aria-label", "First reference");
    second.target.setAttribute("aria-label", "Second reference");
    const compare = deed({
      label: "Compare",
      testid: "references-compare",
      act: async () => {
        setChildren(this.answer);
        const ids: [Id, Id] = [String(first.read()), String(second.read())];
        setChildren(this.answer, comparison(await this.gateway.compareReferences(this.model, ...ids)));
      },
    });
    return el(
      "div",
      { class: "alert-deeds" },
      first.element,
      el("span", {}, "with"),
      second.element,
      compare,
    );
  }
}

function comparison(found: ReferenceComparison): HTMLElement {
  const order = ["drift", "undecided", "insufficient_data", "no_data", "ok"];
  const sorted = [...found.features].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  const rows = sorted.map((one) =>
    el(
      "tr",
      { testid: "compared-row" },
      el("th", { scope: "row" }, one.feature),
      el("td", {}, stateBadge(TONE[one.state] ?? "ended", LABEL[one.state] ?? one.state)),
      el("td", {}, differences(one)),
      el("td", { class: "muted" }, [...new Set(Object.values(one.not_compared))].join("; ")),
    ),
  );
  const head = HEAD.map((label) => el("th", { scope: "col" }, label));
  return el(
    "div",
    { class: "table-panel", testid: "references-compared" },
    el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows)),
    ...unmatched(found).map((text) => el("p", { class: "note" }, text)),
  );
}

const TONE: Record<string, string> = {
  ok: "up",
  drift: "down",
  undecided: "idle",
  insufficient_data: "degraded",
};
const LABEL: Record<string, string> = {
  ...STATE_LABEL,
  ok: "Alike",
  drift: "Differs",
  undecided: "Undecided",
};
