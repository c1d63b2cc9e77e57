/** Cron expressions as the gateway reads them (`vedette/windows/cron.py`): five fields of local time. */

export interface Cron {
  minutes: ReadonlySet<number>;
  hours: ReadonlySet<number>;
  days: ReadonlySet<number>;
  months: ReadonlySet<number>;
  weekdays: ReadonlySet<number>;
  /** Days of the month and of the week are both restricted: either will do. */
  either: boolean;
}

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const WEEKDAYS = "sun mon tue wed thu fri sat".split(" ");
const PART = /^(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:\/(\d{1,3}))?$/;

/** Null for what is no expression. */
export function parseCron(text: string): Cron | null {
  const parts = text.trim().toLowerCase().split(/\s+/);
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = parts;
  if (parts.length !== 5) return null;
  const minutes = valuesOf(minute, 0, 59, []);
  const hours = valuesOf(hour, 0, 23, []);
  const days = valuesOf(day, 1, 31, []);
  const months = valuesOf(month, 1, 12, MONTHS);
  const weekdays = valuesOf(weekday, 0, 7, WEEKDAYS);
  if (!minutes || !hours || !days || !months || !weekdays) return null;
  return {
    minutes,
    hours,
    days,
    months,
    weekdays: new Set([...weekdays].map((value) => value % 7)),
    either: !day.startsWith("*") && !weekday.startsWith("*"),
  };
}

function valuesOf(field: string, low: number, high: number, names: string[]): Set<number> | null {
  const values = new Set<number>();
  const numberOf = (text: string) => {
    const named = names.indexOf(text);
    if (named >= 0) return named + (low === 1 ? 1 : 0);
    return /^\d{1,3}$/.test(text) ? Number(text) : -1;
  };
  for (const piece of field.split(",")) {
    const match = PART.exec(piece);
    if (!match) return null;
    const [, from = "", to, by] = match;
    const step = Number(by ?? 1);
    const first = from === "*" ? low : numberOf(from);
    const last = from === "*" ? high : to !== undefined ? numberOf(to) : by !== undefined ? high : first;
    if (step < 1 || first < low || last < first || last > high) return null;
    for (let value = first; value <= last; value += step) values.add(value);
  }
  return values;
}

/** Whether any minute of that day is named. `weekday`: 0 is Sunday. */
export function onDay(cron: Cron, month: number, day: number, weekday: number): boolean {
  if (!cron.months.has(month)) return false;
  const [byDay, byWeekday] = [cron.days.has(day), cron.weekdays.has(weekday)];
  return cron.either ? byDay || byWeekday : byDay && byWeekday;
}
