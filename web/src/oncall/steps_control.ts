/** The editor of a route's steps: after how long, and which channels, groups and schedules. */
import type { Channel } from "../alerts/contract";
import type { Control } from "../forms/control";
import { el } from "../parts/element";
import type { ChannelGroup, Schedule, Step } from "./contract";
import { type RowEditor, rowsControl } from "./row_list";
import { spanOf, spanText } from "./wording";

const LATER_S = 900;

interface Choices {
  channels: readonly Channel[];
  groups: readonly ChannelGroup[];
  schedules: readonly Schedule[];
}

export function stepsControl(name: string, choices: Choices): Control {
  return rowsControl(name, {
    add: "Add a step",
    one: "step",
    fresh: (rows) => nextStep(rows as Step[]),
    make: (value) => stepEditor(value as Step, choices),
  });
}

/** A quarter of an hour after the last one, with nobody chosen yet. */
export function nextStep(steps: readonly Step[]): Step {
  const last = steps.length === 0 ? null : Number(steps[steps.length - 1]?.after_s);
  const after_s = last === null || Number.isNaN(last) ? 0 : last + LATER_S;
  return { after_s, channels: [], groups: [], schedules: [] };
}

/** One box to tick: what it stands for, and whether the step names it. */
export interface StepOption {
  field: "channels" | "groups" | "schedules";
  number: number;
  label: string;
  chosen: boolean;
}

/** All that a step may name, in the order in which it is shown. */
export function stepOptions(step: Step, { channels, groups, schedules }: Choices): StepOption[] {
  const of = (
    field: StepOption["field"],
    things: readonly { id: string | number; name: string }[],
    words = "",
  ) =>
    things.map(({ id, name }) => ({
      field,
      number: Number(id),
      label: words + name,
      chosen: step[field].includes(Number(id)),
    }));
  return [
    ...of("channels", channels),
    ...of("groups", groups, "all of "),
    ...of("schedules", schedules, "on call of "),
  ];
}

/** The step that names what is chosen. */
export function stepOf(after_s: number | string, chosen: readonly StepOption[]): Record<string, unknown> {
  const numbers = (field: StepOption["field"]) =>
    chosen.filter((one) => one.field === field).map(({ number }) => number);
  return {
    after_s,
    channels: numbers("channels"),
    groups: numbers("groups"),
    schedules: numbers("schedules"),
  };
}

function stepEditor(step: Step, choices: Choices): RowEditor {
  const after = el("input", {
    type: "text",
    class: "short",
    "aria-label": "After how long, as 15m; 0: at once",
    testid: "step-after",
    autocomplete: "off",
  });
  after.value = spanText(step.after_s);
  const who = stepOptions(step, choices).map((option) => {
    const input = el("input", { type: "checkbox" });
    input.checked = option.chosen;
    return { option, input, element: el("label", { class: "check" }, input, option.label) };
  });
  return {
    element: el(
      "div",
      { class: "step-row" },
      el("label", { class: "step-after" }, "after ", after),
      el(
        "div",
        { class: "days", role: "group", "aria-label": "Who is told" },
        ...who.map(({ element }) => element),
      ),
    ),
    read: () =>
      stepOf(
        spanOf(after.value),
        who.flatMap(({ option, input }) => (input.checked ? [option] : [])),
      ),
  };
}
