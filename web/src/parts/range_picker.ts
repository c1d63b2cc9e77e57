/** The row of range buttons above charts. */
import { RANGES, type Range } from "../series/range";
import { choices } from "./choices";

export interface RangePicker {
  element: HTMLElement;
  show(range: Range): void;
}

export function rangePicker(choose: (range: Range) => void, ranges: readonly Range[] = RANGES): RangePicker {
  const pick = (id: string) => {
    const range = ranges.find((candidate) => candidate.id === id);
    if (range) choose(range);
  };
  const row = choices("Range", ranges, pick, "range");
  return { element: row.element, show: (range) => row.show(range.id) };
}
