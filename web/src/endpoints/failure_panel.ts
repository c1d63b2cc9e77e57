/** What was seen of the last failures: of single checks where the gateway keeps it, and of incidents. */
import { formatMoment } from "../format";
import type { CheckResult } from "../gateway/contract";
import type { Gateway } from "../gateway/gateway";
import type { IncidentDetail } from "../gateway/outage_contract";
import { explain } from "../gateway/problem";
import { evidenceList } from "../incidents/evidence";
import { serverNow } from "../live/server_clock";
import { el, setChildren } from "../parts/element";
import { type Loading, panel } from "../parts/panel";
import { incidentAddress } from "../route";

const SHOWN = 6;
const INCIDENTS = 4;

export interface Failure {
  at: number;
  location: string;
  error: string;
  evidence: Record<string, string> | null;
  incident: string | null;
}

/** Newest first; a check that began an incident is not listed twice. */
export function lastFailures(
  checks: readonly CheckResult[],
  incidents: readonly IncidentDetail[],
): Failure[] {
  const found: Failure[] = incidents.map((incident) => ({
    at: incident.started_ms,
    location: incident.timeline[0]?.location ?? "",
    error: incident.error ?? incident.cause,
    evidence: incident.evidence,
    incident: incident.id,
  }));
  for (const check of checks) {
    if (check.outcome !== "down") continue;
    const same = found.find(
      (other) =>
        other.at === check.started_ms && (other.location === check.location || other.location === ""),
    );
    if (same) same.evidence ??= check.evidence ?? null;
    else {
      const { started_ms: at, location, error, evidence } = check;
      found.push({ at, location, error: error ?? "down", evidence: evidence ?? null, incident: null });
    }
  }
  const telling = (failure: Failure) => failure.evidence !== null || failure.incident !== null;
  const sorted = found.sort((a, b) => b.at - a.at);
  // Those of which something is known, before those that the table of checks tells as well.
  const known = sorted.filter(telling);
  return (known.length > 0 ? known : sorted).slice(0, SHOWN);
}

export class FailurePanel implements Loading {
  readonly element: HTMLElement;
  private readonly list = el("div", { class: "failures" });
  private checks: CheckResult[] = [];
  private incidents: IncidentDetail[] = [];
  private readonly opened = new Set<string>();

  constructor(
    private readonly gateway: Gateway,
    private readonly monitor: string,
  ) {
    this.element = panel("Last failures", "failures", this.list);
    this.show();
  }

  async load(signal: AbortSignal): Promise<void> {
    try {
      const list = await this.gateway.incidents(
        { from: "-90d", monitor: this.monitor, limit: INCIDENTS },
        signal,
      );
      this.incidents = await Promise.all(list.map((incident) => this.gateway.incident(incident.id, signal)));
      if (!signal.aborted) this.show();
    } catch (error) {
      if (!signal.aborted) setChildren(this.list, el("p", { class: "muted note" }, explain(error)));
    }
  }

  /** Checks as they come, with what the probe saw. */
  note(checks: readonly CheckResult[]): void {
    const failed = checks.filter((check) => check.outcome === "down");
    if (failed.length === 0) return;
    const key = (check: CheckResult) => `${check.location} ${check.started_ms} ${check.attempt ?? 1}`;
    const all = new Map(this.checks.map((check) => [key(check), check]));
    for (const check of failed) all.set(key(check), { ...all.get(key(check)), ...check });
    this.checks = [...all.values()].sort((a, b) => b.started_ms - a.started_ms).slice(0, SHOWN * 3);
    this.show();
  }

  private show(): void {
    const failures = lastFailures(this.checks, this.incidents);
    const none = el("p", { class: "muted note" }, "Nothing has failed in the last 90 days.");
    setChildren(this.list, ...(failures.length > 0 ? failures.map((failure) => this.item(failure)) : [none]));
  }

  private item(failure: Failure): HTMLElement {
    const key = `${failure.location} ${failure.at}`;
    const details = el(
      "details",
      { testid: "failure", open: this.opened.has(key) },
      el(
        "summary",
        {},
        el("span", { class: "muted" }, formatMoment(failure.at, serverNow())),
        failure.location !== "" && el("span", {}, failure.location),
        el("span", { class: "tone-bad failure-error" }, failure.error),
      ),
      evidenceList(failure.evidence),
      failure.incident &&
        el("p", { class: "note" }, el("a", { href: incidentAddress(failure.incident) }, "See the incident")),
    );
    // Rebuilding the list must not fold what somebody reads.
    details.addEventListener("toggle", () => {
      if (details.open) this.opened.add(key);
      else this.opened.delete(key);
    });
    return details;
  }
}
