/** What is drawn over a chart beside its lines: releases as vertical lines, incidents and maintenance as bands. */
import type uPlot from "uplot";
import { type ColorName, color, faded } from "./palette";

/** A moment with a name. */
export interface Mark {
  id: string;
  at: number;
  label: string;
}

export type BandKind = "down" | "partial" | "maintenance";

export interface Band {
  from: number;
  to: number;
  kind: BandKind;
}

export interface Marks {
  lines: readonly Mark[];
  bands: readonly Band[];
  /** The line that somebody has chosen. */
  chosen: string | null;
}

export const NO_MARKS: Marks = { lines: [], bands: [], chosen: null };

const BAND_COLOR: Record<BandKind, ColorName> = { down: "bad", partial: "warn", maintenance: "idle" };
const NEAR_PX = 8;
const FLAG_PX = 5;

/** The mark nearest to `x` (pixels of the plot) if a pointer there means it. */
export function markNear(marks: readonly Mark[], x: number, positionOf: (at: number) => number): Mark | null {
  let best: Mark | null = null;
  let distance = NEAR_PX;
  for (const mark of marks) {
    const away = Math.abs(positionOf(mark.at) - x);
    if (away <= distance) [best, distance] = [mark, away];
  }
  return best;
}

/** Bands go under the lines. */
export function paintBands(plot: uPlot, bands: readonly Band[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const band of bands) {
    const from = plot.valToPos(band.from, "x", true);
    const to = plot.valToPos(band.to, "x", true);
    ctx.fillStyle = faded(BAND_COLOR[band.kind], band.kind === "maintenance" ? 0.14 : 0.12);
    // A short outage in a long range still shows.
    ctx.fillRect(from, bbox.top, Math.max(to - from, 2 * devicePixelRatio), bbox.height);
  }
  ctx.restore();
}

/** Marks go over everything. */
export function paintMarks(plot: uPlot, marks: Marks): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const { min, max } = plot.scales["x"] ?? {};
  ctx.save();
  for (const mark of marks.lines) {
    if (mark.at < (min ?? 0) || mark.at > (max ?? 0)) continue;
    const x = Math.round(plot.valToPos(mark.at, "x", true));
    const chosen = mark.id === marks.chosen;
    ctx.strokeStyle = color("c2");
    ctx.fillStyle = color("c2");
    ctx.lineWidth = (chosen ? 2 : 1) * ratio;
    ctx.setLineDash(chosen ? [] : [4 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x - FLAG_PX * ratio, bbox.top - FLAG_PX * ratio);
    ctx.lineTo(x + FLAG_PX * ratio, bbox.top - FLAG_PX * ratio);
    ctx.lineTo(x, bbox.top + FLAG_PX * ratio);
    ctx.fill();
  }
  ctx.restore();
}
