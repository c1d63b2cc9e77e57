/** Canonical series names: `disk.used_ratio{mount="/"}`. */

export interface SeriesName {
  name: string;
  labels: Record<string, string>;
}

const CACHE_LIMIT = 20_000;
const cache = new Map<string, SeriesName>();

/** Reads a canonical name. Reports repeat their names, so answers are remembered. */
export function readSeriesName(canonical: string): SeriesName {
  const known = cache.get(canonical);
  if (known) return known;
  const read = parse(canonical);
  if (cache.size >= CACHE_LIMIT) cache.clear();
  cache.set(canonical, read);
  return read;
}

function parse(canonical: string): SeriesName {
  const brace = canonical.indexOf("{");
  if (brace < 0) return { name: canonical, labels: {} };
  const labels: Record<string, string> = {};
  const body = canonical.slice(brace + 1, canonical.lastIndexOf("}"));
  for (const match of body.matchAll(/([A-Za-z_][\w.]*)="((?:[^"\\]|\\.)*)"/g)) {
    const [, key, value] = match;
    if (key !== undefined && value !== undefined) labels[key] = unescapeLabel(value);
  }
  return { name: canonical.slice(0, brace), labels };
}

function unescapeLabel(value: string): string {
  return value.replace(/\\(.)/g, (_, character: string) => (character === "n" ? "\n" : character));
}
