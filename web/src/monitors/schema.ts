/** What the gateway's own description says of monitors: the kinds that it knows, and the names of all fields. */

export interface MonitorSchema {
  kinds: readonly string[];
  fields: ReadonlySet<string>;
}

/** Read from an OpenAPI document; null where it does not describe monitors as expected. */
export function readMonitorSchema(document: unknown): MonitorSchema | null {
  const properties = at(document, "components", "schemas", "MonitorSpec", "properties");
  if (typeof properties !== "object" || properties === null) return null;
  const kinds = at(properties, "kind", "enum");
  if (!Array.isArray(kinds)) return null;
  return { kinds: kinds.map(String), fields: new Set(Object.keys(properties)) };
}

function at(value: unknown, ...path: string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== "object" || found === null) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}

/** The part of an answer that is the definition: what a PUT may hold. */
export function definitionOf(
  answer: Readonly<Record<string, unknown>>,
  schema: MonitorSchema,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(answer).filter(([name]) => schema.fields.has(name)));
}

/**
 * The body to send: the definition as it was, with what the form says. `silent`: fields that were emptied, for
 * which the gateway's default is to hold.
 */
export function changedDefinition(
  before: Readonly<Record<string, unknown>>,
  said: Readonly<Record<string, unknown>>,
  silent: readonly string[],
): Record<string, unknown> {
  const body: Record<string, unknown> = { ...before, ...said };
  for (const name of silent) delete body[name];
  return body;
}
