/** The controls of a form: each shows a value of the API and reads one back. */
import { el } from "../parts/element";

/** `undefined` read means: leave the field out, so that the gateway's own default holds. */
export interface Control {
  element: HTMLElement;
  /** The element that a label belongs to and that takes the focus. */
  target: HTMLElement;
  read(): unknown;
  write(value: unknown): void;
}

/** What an emptied control says: nothing, or that there is no value. */
export type Empty = undefined | null | string;

interface TextOptions {
  type?: "text" | "url" | "password" | "datetime-local" | "date" | "time";
  placeholder?: string;
  empty?: Empty;
  suggestions?: readonly string[];
}

export function textControl(name: string, options: TextOptions = {}): Control {
  const input = el("input", {
    type: options.type ?? "text",
    name,
    placeholder: options.placeholder,
    autocomplete: "off",
    spellcheck: "false",
    list: options.suggestions ? `${name}-suggestions` : null,
  });
  const list =
    options.suggestions &&
    el(
      "datalist",
      { id: `${name}-suggestions` },
      ...options.suggestions.map((value) => el("option", { value })),
    );
  return {
    element: list ? el("div", {}, input, list) : input,
    target: input,
    read: () => (input.value.trim() === "" ? options.empty : input.value.trim()),
    write: (value) => {
      input.value = value === null || value === undefined ? "" : String(value);
    },
  };
}

/** What is no number goes to the gateway as it stands, which says what is allowed. */
export function numberControl(name: string, options: { placeholder?: string; empty?: Empty } = {}): Control {
  const input = el("input", {
    type: "text",
    inputmode: "decimal",
    name,
    class: "short",
    autocomplete: "off",
    placeholder: options.placeholder,
  });
  return {
    element: input,
    target: input,
    read: () => numberOf(input.value, options.empty),
    write: (value) => {
      input.value = value === null || value === undefined ? "" : String(value);
    },
  };
}

export function numberOf(text: string, empty: Empty): unknown {
  const trimmed = text.trim();
  if (trimmed === "") return empty;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : trimmed;
}

export function areaControl(
  name: string,
  options: { rows?: number; placeholder?: string; empty?: Empty } = {},
): Control {
  const area = el("textarea", {
    name,
    rows: options.rows ?? 3,
    placeholder: options.placeholder,
    spellcheck: "false",
  });
  return {
    element: area,
    target: area,
    read: () => (area.value === "" ? options.empty : area.value),
    write: (value) => {
      area.value = value === null || value === undefined ? "" : String(value);
    },
  };
}

export function selectControl(
  name: string,
  options: readonly (string | readonly [string, string])[],
): Control {
  const select = el(
    "select",
    { name },
    ...options.map((option) => {
      const [value, label] = typeof option === "string" ? [option, option] : option;
      return el("option", { value }, label);
    }),
  );
  return {
    element: select,
    target: select,
    read: () => select.value,
    write: (value) => {
      select.value = value === null || value === undefined ? "" : String(value);
    },
  };
}

export function checkControl(name: string, label: string): Control {
  const input = el("input", { type: "checkbox", name });
  return {
    element: el("label", { class: "check" }, input, label),
    target: input,
    read: () => input.checked,
    write: (value) => {
      input.checked = value === true;
    },
  };
}

/** Texts in a row, separated by commas or spaces: locations, status codes. */
export function wordsControl(
  name: string,
  options: { placeholder?: string; empty?: undefined | null } = {},
): Control {
  const text = textControl(name, { placeholder: options.placeholder ?? "" });
  return {
    ...text,
    read: () => {
      const words = wordsOf(String(text.read() ?? ""));
      return words.length === 0 && "empty" in options ? options.empty : words;
    },
    write: (value) => text.write(Array.isArray(value) ? value.join(", ") : value),
  };
}

export function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}

/** Texts, one a line. */
export function linesControl(name: string, options: { placeholder?: string } = {}): Control {
  const area = areaControl(name, { rows: 2, ...options });
  return {
    ...area,
    read: () => linesOf(String(area.read() ?? "")),
    write: (value) => area.write(Array.isArray(value) ? value.join("\n") : value),
  };
}

export function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** `Name: value` lines as a mapping; a line without a colon becomes a name that the gateway refuses. */
export function headersControl(name: string): Control {
  return pairsControl(name, "Accept: application/json");
}

/** Names and texts, `name: text` a line. */
export function pairsControl(name: string, placeholder: string): Control {
  const area = areaControl(name, { rows: 2, placeholder });
  return {
    ...area,
    read: () => headersOf(String(area.read() ?? "")),
    write: (value) => area.write(headerLines(value)),
  };
}

export function headersOf(text: string): Record<string, string> {
  return Object.fromEntries(
    linesOf(text).map((line) => {
      const colon = line.indexOf(":");
      return colon < 0 ? [line, ""] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }),
  );
}

export function headerLines(value: unknown): string {
  return Object.entries((value ?? {}) as Record<string, string>)
    .map(([header, text]) => `${header}: ${text}`)
    .join("\n");
}
