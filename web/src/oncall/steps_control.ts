/** The editor of a route's steps: after how long, and which channels and schedules. */
import type { Channel } from "../alerts/contract";
import type { Control } from "../forms/control";
import { el } from "../parts/element";
import type { Schedule, Step } from "./contract";
import { type RowEditor, rowsControl } from "./row_list";
import { spanOf, spanText } from "./wording";

const LATER_S = 900;

export function stepsControl(
  name: string,
  channels: readonly Channel[],
  schedules: readonly Schedule[],
): Control {
  return rowsControl(name, {
    add: "Add a step",
    one: "step",
    fresh: (rows) => nextStep(rows as Step[]),
    make: (value) => stepEditor(value as Step, channels, schedules),
  });
}

/** A quarter of an hour after the last one, with nobody chosen yet. */
export function nextStep(steps: readonly Step[]): Step {
  const last = steps.length === 0 ? null : Number(steps[steps.length - 1]?.after_s);
  const after_s = last === null || Number.isNaN(last) ? 0 : last + LATER_S;
  return { after_s, channels: [], schedules: [] };
}

function stepEditor(step: Step, channels: readonly Channel[], schedules: readonly Schedule[]): RowEditor {
  const after = el("input", {
    type: "text",
    class: "short",
    "aria-label": "After how long, as 15m; 0: at once",
    testid: "step-after",
    autocomplete: "off",
  });
  after.value = spanText(step.after_s);
  const who = [
    ...channels.map(({ id, name }) => box(name, Number(id), step.channels)),
    ...schedules.map(({ id, name }) => box(`on call of ${name}`, Number(id), step.schedules)),
  ];
  const chosen = (from: typeof who) => from.flatMap(({ number, input }) => (input.checked ? [number] : []));
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
    read: () => ({
      after_s: spanOf(after.value),
      channels: chosen(who.slice(0, channels.length)),
      schedules: chosen(who.slice(channels.length)),
    }),
  };
}

function box(label: string, number: number, chosen: readonly number[]) {
  const input = el("input", { type: "checkbox" });
  input.checked = chosen.includes(number);
  return { number, input, element: el("label", { class: "check" }, input, label) };
}
