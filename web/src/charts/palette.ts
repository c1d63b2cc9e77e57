/** The colours of the current scheme, read from the style sheet so that they stand in one place. */
import { Emitter } from "../live/emitter";

export type ColorName =
  | "c1"
  | "c2"
  | "c3"
  | "c4"
  | "c5"
  | "c6"
  | "ok"
  | "warn"
  | "bad"
  | "idle"
  | "grid"
  | "axis"
  | "panel";

/** For series whose number is not known beforehand, such as mounts. */
export const SERIES_COLORS: readonly ColorName[] = ["c1", "c5", "c3", "c2", "c4", "c6"];

export const paletteChanged = new Emitter<void>();
const cache = new Map<string, string>();

export function color(name: ColorName): string {
  let value = cache.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    cache.set(name, value);
  }
  return value;
}

/** The same colour, `alpha` (0..1) opaque. Colours of the style sheet are written as #rrggbb. */
export function faded(name: ColorName, alpha: number): string {
  const byte = Math.round(alpha * 255);
  return `${color(name)}${byte.toString(16).padStart(2, "0")}`;
}

export function watchScheme(): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    cache.clear();
    paletteChanged.emit();
  });
}
