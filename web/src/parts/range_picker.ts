/** The row of range buttons above charts. */
import { RANGES, type Range } from "../series/range";
import { el } from "./element";

export interface RangePicker {
  element: HTMLElement;
  show(range: Range): void;
}

export function rangePicker(choose: (range: Range) => void): RangePicker {
  const buttons = RANGES.map((range) =>
    el(
      "button",
      { type: "button", testid: `range-${range.id}`, on: { click: () => choose(range) } },
      range.label,
    ),
  );
  return {
    element: el("div", { class: "ranges", role: "group", "aria-label": "Range" }, ...buttons),
    show(current) {
      RANGES.forEach((range, index) => {
        buttons[index]?.setAttribute("aria-pressed", String(range.id === current.id));
      });
    },
  };
}
