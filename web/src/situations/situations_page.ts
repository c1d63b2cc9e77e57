/** The list of situations over a range, newest first. */
import type { App } from "../app";
import { formatMoment } from "../format";
import { stateBadge } from "../parts/badge";
import { el } from "../parts/element";
import { historyPage } from "../parts/history_page";
import type { Page } from "../parts/page";
import { situationAddress, situationsAddress } from "../route";
import type { Situation } from "./contract";
import { situationsSince } from "./requests";
import { situationCount, situationLength, situationState } from "./situation_wording";

export function situationsPage(app: App, wantedState: string | null, wantedRange: string | null): Page {
  let isCut = false;
  return historyPage<Situation>(
    {
      title: "Situations",
      filters: [
        { id: "open", label: "Open" },
        { id: "ended", label: "Over" },
      ],
      head: ["State", "Severity", "Situation", "Alerts", "Began", "Lasted", "Whose"],
      address: situationsAddress,
      ask: async (state, from, signal) => {
        const found = await situationsSince(app.gateway, from, state, signal);
        isCut = found.cut;
        return found.situations;
      },
      row,
      count: (found) => situationCount(found.length, isCut),
      nothing: "Alerts that belong together come here.",
      changed: app.alerts.changed,
    },
    wantedState,
    wantedRange,
  );
}

function row(situation: Situation, now: number): HTMLElement {
  const { state, label } = situationState(situation);
  return el(
    "tr",
    { testid: "situation-row", data: { href: situationAddress(situation.id) } },
    el("td", {}, stateBadge(state, label)),
    el("td", { class: "muted" }, situation.severity),
    el(
      "th",
      { scope: "row", class: "name" },
      el("a", { href: situationAddress(situation.id) }, situation.title),
    ),
    el("td", {}, situation.alerts),
    el("td", {}, formatMoment(situation.started_ms, now)),
    el("td", {}, situationLength(situation, now)),
    el("td", { class: "muted" }, situation.acknowledged_by ? `taken up by ${situation.acknowledged_by}` : ""),
  );
}
