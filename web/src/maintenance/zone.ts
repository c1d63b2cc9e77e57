/** Local time of a zone, by the browser's own time zone tables. */

const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat | null>();

function formatOf(zone: string): Intl.DateTimeFormat | null {
  let format = formats.get(zone);
  if (format === undefined) {
    try {
      format = new Intl.DateTimeFormat("en-CA", {
        timeZone: zone,
        hourCycle: "h23",
        year: "numeric",
        month: "2-digit",
        day: "2-digit",
        hour: "2-digit",
        minute: "2-digit",
        second: "2-digit",
      });
    } catch {
      format = null;
    }
    formats.set(zone, format);
  }
  return format;
}

export function knownZone(zone: string): boolean {
  return formatOf(zone) !== null;
}

/** The zone's clock at a moment, as if that reading were UTC: so its parts come from the UTC methods of Date. */
export function localReading(at: number, zone: string): number {
  const format = formatOf(zone);
  if (!format) return at;
  const parts = new Map(format.formatToParts(at).map((part) => [part.type, Number(part.value)]));
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
}

/**
 * The moments at which the zone's clock shows `reading`: none where the clocks leave it out, two where they
 * repeat it.
 */
export function momentsOf(reading: number, zone: string): number[] {
  const offsets = new Set(
    [reading - DAY_MS, reading, reading + DAY_MS].map((at) => localReading(at, zone) - at),
  );
  const moments = [...offsets].map((offset) => reading - offset);
  return moments.filter((at) => localReading(at, zone) === reading).sort((a, b) => a - b);
}

/** `2026-11-27T21:30` as an input of type datetime-local has it, in the browser's own zone. */
export function toLocalInput(at: number): string {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
