/** Assertions on an answer, between a row of text fields and the API's objects. */

export type AssertionType = "header" | "body" | "json" | "size";

/** A row as the form holds it: every part is text. */
export interface AssertionRow {
  type: AssertionType;
  /** A header's name, or a path into JSON. */
  where: string;
  op: string;
  value: string;
  severity: string;
}

export const OPERATORS: Readonly<Record<AssertionType, readonly string[]>> = {
  header: ["equals", "contains", "regex", "not_regex"],
  body: ["contains", "not_contains", "regex", "not_regex"],
  json: ["==", "!=", "<", "<=", ">", ">=", "exists", "absent", "contains"],
  size: ["at least", "at most"],
};

export const WHERE: Readonly<Record<AssertionType, string | null>> = {
  header: "Header",
  body: null,
  json: "$.path",
  size: null,
};

/** Operators that compare with nothing. */
export const WITHOUT_VALUE: ReadonlySet<string> = new Set(["exists", "absent"]);

/** A JSON value where the text is one (`12`, `true`, `"12"`), else the text itself. */
export function scalarOf(text: string): unknown {
  const trimmed = text.trim();
  try {
    const value: unknown = JSON.parse(trimmed);
    return typeof value === "object" && value !== null ? text : value;
  } catch {
    return text;
  }
}

/** The text that `scalarOf` reads as this value again. */
export function scalarText(value: unknown): string {
  if (typeof value === "string") return scalarOf(value) === value ? value : JSON.stringify(value);
  return value === undefined ? "" : JSON.stringify(value);
}

export function assertionOf(row: AssertionRow): Record<string, unknown> {
  const { type, severity } = row;
  if (type === "size") {
    const bytes = Number(row.value);
    const limit = row.value.trim() !== "" && Number.isFinite(bytes) ? bytes : row.value;
    return { type, severity, [row.op === "at least" ? "min_bytes" : "max_bytes"]: limit };
  }
  if (type === "header") return { type, severity, name: row.where, op: row.op, value: row.value };
  if (type === "body") return { type, severity, op: row.op, value: row.value };
  const value = WITHOUT_VALUE.has(row.op) ? {} : { value: scalarOf(row.value) };
  return { type, severity, path: row.where, op: row.op, ...value };
}

/** The rows of an assertion; one on the size with two limits is two rows. */
export function rowsOf(assertion: Readonly<Record<string, unknown>>): AssertionRow[] {
  const type = assertion["type"] as AssertionType;
  const severity = String(assertion["severity"] ?? "down");
  if (type === "size") {
    const limits: [string, unknown][] = [
      ["at least", assertion["min_bytes"]],
      ["at most", assertion["max_bytes"]],
    ];
    return limits
      .filter(([, bytes]) => bytes !== null && bytes !== undefined)
      .map(([op, bytes]) => ({ type, where: "", op, value: String(bytes), severity }));
  }
  const where = String(assertion["name"] ?? assertion["path"] ?? "");
  const given = assertion["value"];
  const op = String(assertion["op"]);
  const none = given === undefined || (given === null && WITHOUT_VALUE.has(op));
  const value = none ? "" : type === "json" ? scalarText(given) : String(given);
  return [{ type, where, op, value, severity }];
}
