/** Where a refusal of the gateway is shown: beside the field that it is about, or above the form. */
import { explain, type FieldError, Problem } from "../gateway/problem";

export interface Placed {
  /** What to say beside each field. */
  fields: Map<string, string>;
  /** What is about no field of the form. */
  form: string[];
}

/**
 * `names`: the form's fields. `prefixes`: names of variants that the gateway puts before a field (`weekly.start`).
 * Rules over several fields are reported about the whole body; the field that their text names first gets them.
 */
export function placeErrors(
  error: unknown,
  names: readonly string[],
  prefixes: readonly string[] = [],
): Placed {
  const placed: Placed = { fields: new Map(), form: [] };
  if (!(error instanceof Problem) || error.fields.length === 0) {
    const taken = error instanceof Problem && error.status === 409 && names.includes("name");
    if (taken) placed.fields.set("name", explain(error));
    else placed.form.push(explain(error));
    return placed;
  }
  for (const fault of error.fields) {
    const name = fieldOf(fault, names, prefixes);
    const text = sentence(fault, name, prefixes);
    if (name === null) placed.form.push(text);
    else placed.fields.set(name, placed.fields.has(name) ? `${placed.fields.get(name)} ${text}` : text);
  }
  return placed;
}

function fieldOf(fault: FieldError, names: readonly string[], prefixes: readonly string[]): string | null {
  const path = withoutPrefix(fault.field, prefixes);
  const root = /^[^.[]*/.exec(path)?.[0] ?? "";
  // Whole bodies are shown as what Python prints of a mapping; a field named `body` holds a text.
  const whole = path === "" || (root === "body" && String(fault.value).startsWith("{"));
  if (!whole) return names.includes(root) ? root : null;
  return firstNamed(String(fault.allowed ?? ""), names);
}

/** The form's field that stands first in a text; a longer name is not taken for a shorter one within it. */
function firstNamed(text: string, names: readonly string[]): string | null {
  for (const word of text.match(/[a-z][a-z_0-9]*/gi) ?? []) {
    if (names.includes(word)) return word;
  }
  return null;
}

function withoutPrefix(path: string, prefixes: readonly string[]): string {
  const found = prefixes.find((prefix) => path === prefix || path.startsWith(`${prefix}.`));
  return found === undefined ? path : path.slice(found.length + 1);
}

function sentence(fault: FieldError, name: string | null, prefixes: readonly string[]): string {
  const path = withoutPrefix(fault.field, prefixes);
  const allowed = typeof fault.allowed === "string" ? fault.allowed : JSON.stringify(fault.allowed ?? "");
  const missing = fault.value === "<missing>";
  const text = missing ? "This is needed" : capital(allowed);
  const place = path !== name && path !== "" && !path.startsWith("body") ? `${path}: ` : "";
  return `${place}${place === "" ? text : allowed}${/[.!?]$/.test(text) ? "" : "."}`;
}

function capital(text: string): string {
  // Names of fields keep their spelling.
  return /^[a-z]+[_(]/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}
