/** The editor of a route's steps: after how long, and which channels, groups and schedules. */
import type { Control } from "../forms/control";
import { el } from "../parts/element";
import type { Step } from "./contract";
import { type RowEditor, rowsControl } from "./row_list";
import { spanOf, spanText } from "./wording";

const LATER_S = 900;

type Named = readonly { id: string | number; name: string }[];

/** Whom steps may name. */
export interface Told {
  channels: Named;
  groups: Named;
  schedules: Named;
}

export function stepsControl(name: string, told: Told): Control {
  return rowsControl(name, {
    add: "Add a step",
    one: "step",
    fresh: (rows) => nextStep(rows as Step[]),
    make: (value) => stepEditor(value as Step, told),
  });
}

/** A quarter of an hour after the last one, with nobody chosen yet. */
export function nextStep(steps: readonly Step[]): Step {
  const last = steps.length === 0 ? null : Number(steps[steps.length - 1]?.after_s);
  const after_s = last === null || Number.isNaN(last) ? 0 : last + LATER_S;
  return { after_s, channels: [], groups: [], schedules: [] };
}

function stepEditor(step: Step, told: Told): RowEditor {
  const after = el("input", {
    type: "text",
    class: "short",
    "aria-label": "After how long, as 15m; 0: at once",
    testid: "step-after",
    autocomplete: "off",
  });
  after.value = spanText(step.after_s);
  const channels = told.channels.map(({ id, name }) => box(name, Number(id), step.channels));
  const groups = told.groups.map(({ id, name }) => box(`all of ${name}`, Number(id), step.groups));
  const schedules = told.schedules.map(({ id, name }) =>
    box(`on call of ${name}`, Number(id), step.schedules),
  );
  const chosen = (from: readonly Box[]) =>
    from.flatMap(({ number, input }) => (input.checked ? [number] : []));
  return {
    element: el(
      "div",
      { class: "step-row" },
      el("label", { class: "step-after" }, "after ", after),
      el(
        "div",
        { class: "days", role: "group", "aria-label": "Who is told" },
        ...[...channels, ...groups, ...schedules].map(({ element }) => element),
      ),
    ),
    read: () => ({
      after_s: spanOf(after.value),
      channels: chosen(channels),
      groups: chosen(groups),
      schedules: chosen(schedules),
    }),
  };
}

interface Box {
  number: number;
  input: HTMLInputElement;
  element: HTMLElement;
}

function box(label: string, number: number, chosen: readonly number[]): Box {
  const input = el("input", { type: "checkbox" });
  input.checked = chosen.includes(number);
  return { number, input, element: el("label", { class: "check" }, input, label) };
}
