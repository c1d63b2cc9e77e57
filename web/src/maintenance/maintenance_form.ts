/** The page that plans a maintenance window or changes one. */
import type { App } from "../app";
import { formatMoment, formatSpan } from "../format";
import type { FieldSpec } from "../forms/form";
import { Form } from "../forms/form";
import type { Maintenance, MaintenanceRule } from "../gateway/outage_contract";
import { serverNow } from "../live/server_clock";
import { choices } from "../parts/choices";
import { el, setChildren, setText } from "../parts/element";
import type { Page } from "../parts/page";
import { emptyState, errorState, skeletonRows } from "../parts/states";
import { MAINTENANCE } from "../route";
import { monitorChoice } from "./monitor_choice";
import { nextOccurrence } from "./occurrences";
import { NAME, ownZone, RULE_KINDS, type RuleKind, ruleSections } from "./rule_form";
import { knownZone } from "./zone";

const HOUR_MS = 3_600_000;

export function maintenanceForm(app: App, id: string | null): Page {
  const heading = id === null ? "Plan maintenance" : "Change maintenance";
  const content = el("div");
  let closed = false;

  const load = async () => {
    setChildren(content, skeletonRows(3));
    try {
      await Promise.all([
        app.maintenance.load(),
        app.endpoints.endpoints.size === 0 ? app.endpoints.load() : Promise.resolve(),
      ]);
      if (closed) return;
      const known = app.maintenance.windows.find((window) => String(window.id) === id) ?? null;
      if (app.viewer.me !== null && !app.viewer.admin) {
        setChildren(content, emptyState("Only administrators plan maintenance"));
      } else if (id !== null && !known) {
        setChildren(
          content,
          emptyState("There is no such window", el("a", { href: MAINTENANCE }, "See all windows")),
        );
      } else show(known);
    } catch (error) {
      if (closed) return;
      setChildren(
        content,
        errorState("The form could not be opened", error, () => void load()),
      );
    }
  };

  const show = (known: Maintenance | null) => {
    let kind: RuleKind = known?.kind ?? "once";
    const monitors: FieldSpec = {
      name: "monitors",
      label: "Endpoints",
      wide: true,
      make: (name) => monitorChoice(name, () => [...app.endpoints.endpoints.values()]),
    };
    const form = new Form({
      testid: "maintenance-form",
      save: id === null ? "Plan it" : "Save",
      cancel: MAINTENANCE,
      prefixes: RULE_KINDS.map((rule) => rule.id),
      send: async (said) => {
        await app.editing.saveMaintenance({ ...said, kind }, id ?? undefined);
        await app.maintenance.load().catch(() => undefined);
        location.hash = MAINTENANCE;
      },
    });
    const next = el("p", { class: "muted note", testid: "maintenance-preview", "aria-live": "polite" });
    const kinds = choices(
      "Kind of window",
      RULE_KINDS,
      (chosen) => {
        kind = chosen as RuleKind;
        build();
      },
      "kind",
    );
    const start: Record<string, unknown> = known
      ? { ...known }
      : { ...fresh(serverNow()), days: [0, 1, 2, 3, 4], start: "02:30", minutes: 60, zone: ownZone() };
    const build = () => {
      kinds.show(kind);
      const [when] = ruleSections(kind);
      const sections = [
        { title: "What for", fields: [NAME, monitors] },
        { title: "When", fields: when?.fields ?? [] },
      ];
      const made = form.build(sections, [kinds.element]);
      form.write(Object.fromEntries(made.filter((name) => name in start).map((name) => [name, start[name]])));
      preview();
    };
    const preview = () =>
      setText(next, previewText({ ...form.read(), kind } as MaintenanceRule, serverNow()));
    form.element.addEventListener("input", preview);
    build();
    setChildren(content, form.element);
    form.element.querySelector(".form-end")?.before(next);
    form.focus("name");
  };

  void load();
  return {
    title: heading,
    element: el(
      "div",
      { class: "page page-narrow" },
      el(
        "div",
        { class: "page-head" },
        el("a", { class: "back", href: MAINTENANCE }, "Maintenance"),
        el("h1", {}, heading),
      ),
      content,
    ),
    close: () => {
      closed = true;
    },
  };
}

/** The next full hour, for an hour. */
function fresh(now: number): { from_ms: number; to_ms: number } {
  const from_ms = (Math.floor(now / HOUR_MS) + 1) * HOUR_MS;
  return { from_ms, to_ms: from_ms + HOUR_MS };
}

/** When a window as written would hold next; what is not whole yet says nothing. */
export function previewText(rule: MaintenanceRule, now: number): string {
  if (rule.kind !== "once") {
    if (typeof rule.minutes !== "number" || !knownZone(rule.zone ?? "UTC")) return "";
    if (rule.kind === "weekly" && (rule.days.length === 0 || !rule.start)) return "";
    rule = { ...rule, zone: rule.zone ?? "UTC" };
  } else if (typeof rule.from_ms !== "number" || typeof rule.to_ms !== "number") return "";
  const next = nextOccurrence(rule, now);
  if (!next) return rule.kind === "once" ? "That is over." : "It would never come within a year.";
  const holds = next.from <= now ? "Holds now" : `Holds next from ${formatMoment(next.from, now)}`;
  return `${holds} to ${formatMoment(next.to, now)} in this browser's time (${formatSpan(next.to - next.from)}).`;
}
