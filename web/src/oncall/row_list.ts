/** A list of editable rows within a form: added, moved up, taken away. */
import type { Control } from "../forms/control";
import { el } from "../parts/element";

export interface RowEditor {
  element: HTMLElement;
  read(): unknown;
}

interface Options {
  /** On the button: `Add a step`. */
  add: string;
  /** What one row is called: `step`. */
  one: string;
  /** Rows may change places. */
  ordered?: boolean;
  /** What a new row begins with, from those that there are. */
  fresh(rows: readonly unknown[]): unknown;
  make(value: unknown): RowEditor;
}

export function rowsControl(name: string, options: Options): Control {
  let rows: RowEditor[] = [];
  const list = el("div", { class: "row-list" });
  const show = () => list.replaceChildren(...rows.map((row) => whole.get(row) ?? row.element));
  const whole = new Map<RowEditor, HTMLElement>();
  const append = (value: unknown) => {
    const editor = options.make(value);
    const away = small("Remove", `Remove this ${options.one}`, `${name}-remove`, () => {
      rows = rows.filter((other) => other !== editor);
      show();
      add.focus();
    });
    const up = small("Up", `Move this ${options.one} up`, `${name}-up`, () => {
      const at = rows.indexOf(editor);
      if (at <= 0) return;
      rows = [...rows.slice(0, at - 1), editor, ...rows.slice(at - 1).filter((other) => other !== editor)];
      show();
      up.focus();
    });
    const parts = [editor.element, options.ordered ? up : null, away];
    whole.set(editor, el("div", { class: "inline-fields", testid: `${name}-row` }, ...parts));
    rows.push(editor);
    show();
  };
  const add = el(
    "button",
    {
      type: "button",
      class: "button",
      name,
      on: { click: () => append(options.fresh(rows.map((row) => row.read()))) },
    },
    options.add,
  );
  return {
    element: el("div", {}, list, add),
    target: add,
    read: () => rows.map((row) => row.read()),
    write(value) {
      rows = [];
      whole.clear();
      show();
      for (const one of Array.isArray(value) ? value : []) append(one);
    },
  };
}

function small(label: string, title: string, testid: string, click: () => void): HTMLButtonElement {
  return el(
    "button",
    { type: "button", class: "button button-quiet", "aria-label": title, testid, on: { click } },
    label,
  );
}
