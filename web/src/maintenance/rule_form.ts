/** The fields of a maintenance window by its kind, between what a person writes and what the API holds. */
import { type Control, numberControl, textControl } from "../forms/control";
import type { FieldSpec, SectionSpec } from "../forms/form";
import { el } from "../parts/element";
import { WEEKDAYS } from "./wording";
import { toLocalInput } from "./zone";

export type RuleKind = "once" | "weekly" | "cron";

export const RULE_KINDS: readonly { id: RuleKind; label: string }[] = [
  { id: "once", label: "Once" },
  { id: "weekly", label: "Every week" },
  { id: "cron", label: "By a cron expression" },
];

export const NAME: FieldSpec = {
  name: "name",
  label: "Name",
  make: (name) => textControl(name, { placeholder: "Database upgrade", empty: "" }),
};

/** A moment in the browser's own zone, as milliseconds. */
export const momentControl = (name: string): Control => {
  const control = textControl(name, { type: "datetime-local", empty: "" });
  return {
    ...control,
    read: () => {
      const at = new Date(String(control.read())).getTime();
      return Number.isNaN(at) ? undefined : at;
    },
    write: (value) => control.write(typeof value === "number" ? toLocalInput(value) : ""),
  };
};

export function daysControl(name: string): Control {
  const boxes = WEEKDAYS.map((label, day) =>
    el("input", { type: "checkbox", name, value: day, "aria-label": label }),
  );
  const labels = WEEKDAYS.map((label, day) => el("label", { class: "check" }, boxes[day], label));
  return {
    element: el("div", { class: "days", role: "group", "aria-label": "Days" }, ...labels),
    target: boxes[0] as HTMLElement,
    read: () => boxes.flatMap((box, day) => (box.checked ? [day] : [])),
    write: (value) => {
      const days = Array.isArray(value) ? value : [];
      boxes.forEach((box, day) => {
        box.checked = days.includes(day);
      });
    },
  };
}

const MINUTES: FieldSpec = {
  name: "minutes",
  label: "Lasts, minutes",
  make: (name) => numberControl(name, { placeholder: "60", empty: "" }),
};

export const ZONE: FieldSpec = {
  name: "zone",
  label: "Time zone",
  make: (name) => textControl(name, { placeholder: "UTC", suggestions: zones() }),
};

const FIELDS: Readonly<Record<RuleKind, readonly FieldSpec[]>> = {
  once: [
    { name: "from_ms", label: "From", hint: "In this browser's time zone", make: momentControl },
    { name: "to_ms", label: "To", make: momentControl },
  ],
  weekly: [
    { name: "days", label: "Days", wide: true, make: daysControl },
    {
      name: "start",
      label: "Starts at",
      make: (name) => textControl(name, { type: "time", empty: "" }),
    },
    MINUTES,
    ZONE,
  ],
  cron: [
    {
      name: "cron",
      label: "Cron expression",
      hint: "Minute, hour, day of the month, month, day of the week",
      make: (name) => textControl(name, { placeholder: "30 2 * * mon-fri", empty: "" }),
    },
    MINUTES,
    ZONE,
  ],
};

export function ruleSections(kind: RuleKind): SectionSpec[] {
  return [{ title: "When", fields: FIELDS[kind] }];
}

/** Every zone that the browser knows, UTC first. */
function zones(): string[] {
  try {
    return ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
  } catch {
    return ["UTC"];
  }
}

export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
