/** A row of buttons of which one is pressed: ranges, states, kinds. */
import { el, setText } from "./element";

export interface Choice {
  id: string;
  label: string;
}

export interface Choices {
  element: HTMLElement;
  show(id: string): void;
  /** Writes how many things each choice would leave; a choice that leaves none stays usable. */
  count(counts: ReadonlyMap<string, number>): void;
}

export function choices(
  label: string,
  list: readonly Choice[],
  choose: (id: string) => void,
  prefix = "choice",
): Choices {
  const numbers = new Map<string, HTMLElement>();
  const buttons = list.map((choice) => {
    const number = el("span", { class: "choice-count" });
    numbers.set(choice.id, number);
    return el(
      "button",
      { type: "button", testid: `${prefix}-${choice.id}`, on: { click: () => choose(choice.id) } },
      choice.label,
      number,
    );
  });
  return {
    element: el("div", { class: "ranges", role: "group", "aria-label": label }, ...buttons),
    show(current) {
      list.forEach((choice, index) => {
        buttons[index]?.setAttribute("aria-pressed", String(choice.id === current));
      });
    },
    count(counts) {
      for (const [id, number] of numbers) setText(number, String(counts.get(id) ?? 0));
    },
  };
}
