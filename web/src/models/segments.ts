/** What segments of a model are, for people: which drifted in what, and what a reference holds of one. */
import type { Profile, ReferenceSegments, Segment, SegmentTable } from "./contract";

const MOST_NAMED = 3;

/** What drifted in it, the worst first. */
export function driftedIn(segment: Segment): string {
  const found = segment.features.filter((cell) => cell.drifted > 0).map((cell) => cell.feature);
  const more = found.length - MOST_NAMED;
  return found.slice(0, MOST_NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** Why there may be no segments, or an empty text. */
export function whyNone(table: SegmentTable): string {
  const waiting = table.references.filter((one) => one.segments === null);
  if (waiting.length > 0)
    return `Reference ${waiting.map((one) => one.reference).join(", ")} has no segments by ${table.segment_by}: give it again to have them counted.`;
  return table.segments.length === 0 ? "No window with segments in this range." : "";
}

/** A feature's profile with a reference's counts of one segment; null where it has none. */
export function profileOfSegment(
  profile: Profile,
  segments: ReferenceSegments | null,
  segment: string,
): Profile | null {
  const place = segments === null ? -1 : [...segments.names, "other", "missing"].indexOf(segment);
  const row = segments?.counts[profile.name]?.[place];
  if (row === undefined) return null;
  const [above = 0, missing = 0, other = 0] = row.slice(-3);
  return { ...profile, counts: row.slice(1, -3), below: row[0] ?? 0, above, missing, other };
}
