/** Series selectors for `/v1/query`, such as `cpu.used_ratio{source="h1"}`. */

/** A label value inside double quotes. */
export function quote(value: string): string {
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** A pattern matching exactly `text`. Character classes need no backslash, so nothing is escaped twice. */
export function literal(text: string): string {
  return text.replace(/[.*+?()[\]{}|$]/g, (character) => (character === "]" ? "\\]" : `[${character}]`));
}

/** Every series of `source` whose name matches the pattern. */
export function named(pattern: string, source: string): string {
  return `{__name__=~${quote(pattern)},source=${quote(source)}}`;
}

/** The series `name` of several sources at once. */
export function acrossSources(name: string, sources: string[]): string {
  if (sources.length === 1) return `${name}{source=${quote(sources[0] ?? "")}}`;
  return `${name}{source=~${quote(sources.map(literal).join("|"))}}`;
}
