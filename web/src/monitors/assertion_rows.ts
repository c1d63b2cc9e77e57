/** The editor of assertions: a row each, with a button to take it away. */
import type { Control } from "../forms/control";
import { el } from "../parts/element";
import {
  type AssertionRow,
  type AssertionType,
  assertionOf,
  OPERATORS,
  rowsOf,
  WHERE,
  WITHOUT_VALUE,
} from "./assertion";

const TYPES: readonly [AssertionType, string][] = [
  ["json", "JSON"],
  ["body", "Body"],
  ["header", "Header"],
  ["size", "Size"],
];

interface RowEditor {
  element: HTMLElement;
  read(): AssertionRow;
}

export function assertionsControl(name: string): Control {
  let rows: RowEditor[] = [];
  const list = el("div", { class: "assertions" });
  const show = () => list.replaceChildren(...rows.map((row) => row.element));
  const append = (row: AssertionRow) => {
    const editor = rowEditor(row, () => {
      rows = rows.filter((other) => other !== editor);
      show();
      add.focus();
    });
    rows.push(editor);
    show();
  };
  const more = () => append({ type: "json", where: "", op: "==", value: "", severity: "down" });
  const add = el(
    "button",
    { type: "button", class: "button", name, on: { click: more } },
    "Add an assertion",
  );
  return {
    element: el("div", {}, list, add),
    target: add,
    read: () => rows.map((row) => assertionOf(row.read())),
    write(value) {
      rows = [];
      show();
      const known = Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
      for (const assertion of known) for (const row of rowsOf(assertion)) append(row);
    },
  };
}

function rowEditor(row: AssertionRow, remove: () => void): RowEditor {
  const select = (label: string, options: readonly (readonly [string, string])[]) =>
    el("select", { "aria-label": label }, ...options.map(([value, text]) => el("option", { value }, text)));
  const type = select("What", TYPES);
  const op = select("Comparison", []);
  const severity = select("If it does not hold", [
    ["down", "else down"],
    ["degraded", "else degraded"],
  ]);
  const where = el("input", { type: "text", spellcheck: "false" });
  const value = el("input", { type: "text", "aria-label": "Value", spellcheck: "false" });
  const chosen = () => type.value as AssertionType;
  const adapt = () => {
    const place = WHERE[chosen()];
    where.hidden = place === null;
    where.placeholder = place ?? "";
    where.setAttribute("aria-label", place ?? "");
    const before = op.value;
    const known = OPERATORS[chosen()];
    op.replaceChildren(...known.map((text) => el("option", { value: text }, text.replace("_", " "))));
    op.value = known.includes(before) ? before : (known[0] ?? "");
    fitValue();
  };
  const fitValue = () => {
    value.hidden = WITHOUT_VALUE.has(op.value);
    value.placeholder = chosen() === "size" ? "bytes" : "value";
  };
  type.addEventListener("change", adapt);
  op.addEventListener("change", fitValue);
  type.value = row.type;
  adapt();
  op.value = row.op;
  where.value = row.where;
  value.value = row.value;
  severity.value = row.severity;
  fitValue();
  const away = el(
    "button",
    {
      type: "button",
      class: "button button-quiet",
      "aria-label": "Remove this assertion",
      on: { click: remove },
    },
    "Remove",
  );
  return {
    element: el("div", { class: "inline-fields" }, type, where, op, value, severity, away),
    read: () => ({
      type: chosen(),
      where: where.value,
      op: op.value,
      value: value.value,
      severity: severity.value,
    }),
  };
}
