/** A chart over time: uPlot with a legend, a cursor shared by all charts of the page, holes left open. */
import uPlot from "uplot";
import { formatMoment, NOTHING } from "../format";
import { cancelPaint, paintSoon } from "../live/frame";
import { serverNow } from "../live/server_clock";
import { el, setChildren, setText } from "../parts/element";
import type { Cell } from "../series/gaps";
import { axes, fittingRange, formatUnit, type Unit, yRange } from "./axes";
import { type Marks, markNear, NO_MARKS, paintBands, paintMarks } from "./marks";
import { type ColorName, color, faded, paletteChanged } from "./palette";
import { lonelyPoints, stacked } from "./stack";

const HEIGHT = 168;
const SYNC_KEY = "page";

export interface Line {
  key: string;
  label: string;
  color: ColorName;
  /** Filled to the axis. */
  area?: boolean;
}

export interface ChartOptions {
  testid: string;
  title: string;
  unit: Unit;
  stack?: boolean;
  bars?: boolean;
  /** The fixed top of the y axis. */
  ceiling?: number;
  /** The lowest the top of the y axis may be, so that noise near zero does not fill the chart. */
  least?: number;
  /** The y axis spans the values instead of beginning at zero. */
  fitting?: boolean;
  /** Somebody has pressed the line of a mark. */
  onMark?: (id: string) => void;
}

export class TimeChart {
  readonly element: HTMLElement;
  private readonly canvas = el("div", { class: "chart-canvas" });
  private readonly legend = el("div", { class: "legend" });
  private readonly moment = el("span", { class: "chart-moment" });
  private plot: uPlot | null = null;
  private lines: readonly Line[] = [];
  private times: readonly number[] = [];
  private columns: readonly (readonly Cell[])[] = [];
  private window: [number, number] = [0, 1];
  private ceiling: number | null;
  private marks: Marks = NO_MARKS;
  private readonly readouts: HTMLElement[] = [];
  private readonly observer = new ResizeObserver(() => this.resize());
  private readonly unwatch = paletteChanged.on(() => this.rebuild());
  private readonly paint = () => this.draw();

  constructor(private readonly options: ChartOptions) {
    this.ceiling = options.ceiling ?? null;
    this.element = el(
      "section",
      { class: "panel chart", testid: options.testid, "aria-label": options.title },
      el("header", { class: "chart-head" }, el("h3", {}, options.title), this.legend, this.moment),
      this.canvas,
    );
    this.observer.observe(this.canvas);
    this.canvas.addEventListener("click", (event) => this.press(event));
  }

  /** Drawn over the chart from now on. */
  mark(marks: Marks): void {
    this.marks = marks;
    paintSoon(this.paint);
  }

  setCeiling(ceiling: number | null): void {
    if (ceiling === this.ceiling) return;
    this.ceiling = ceiling;
    this.drop();
  }

  show(
    lines: readonly Line[],
    times: readonly number[],
    columns: readonly (readonly Cell[])[],
    window: [number, number],
  ): void {
    const sameLines =
      lines.length === this.lines.length && lines.every((line, i) => line.key === this.lines[i]?.key);
    if (!sameLines) {
      this.lines = lines;
      this.drop();
      this.fillLegend();
    }
    this.times = times;
    this.columns = columns;
    this.window = window;
    paintSoon(this.paint);
  }

  close(): void {
    this.unwatch();
    this.observer.disconnect();
    cancelPaint(this.paint);
    this.drop();
  }

  private drop(): void {
    this.plot?.destroy();
    this.plot = null;
  }

  private rebuild(): void {
    this.drop();
    this.fillLegend();
    paintSoon(this.paint);
  }

  private resize(): void {
    const width = this.canvas.clientWidth;
    if (this.plot && width > 0) this.plot.setSize({ width, height: HEIGHT });
    else paintSoon(this.paint);
  }

  private draw(): void {
    const width = this.canvas.clientWidth;
    if (width === 0 || this.lines.length === 0) return;
    const drawn = this.options.stack ? stacked(this.columns) : this.columns;
    const data = [this.times, ...this.inPaintOrder(drawn)] as unknown as uPlot.AlignedData;
    const [min, max] = this.window;
    if (this.plot) {
      this.plot.batch((plot: uPlot) => {
        plot.setData(data, false);
        plot.setScale("x", { min, max });
      });
    } else {
      this.plot = new uPlot(this.plotOptions(width), data, this.canvas);
      this.plot.setScale("x", { min, max });
    }
    this.readOut();
  }

  private plotOptions(width: number): uPlot.Options {
    const { options } = this;
    return {
      width,
      height: HEIGHT,
      ms: 1,
      padding: [10, 10, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: false, y: false },
        sync: { key: SYNC_KEY, setSeries: false },
        points: { size: 6, width: 2 },
      },
      scales: {
        x: { time: true, auto: false },
        y: {
          range: options.fitting
            ? (_, low, high) => fittingRange(low, high)
            : yRange(this.ceiling, options.least ?? 0),
        },
      },
      axes: axes(options.unit),
      series: [{}, ...this.inPaintOrder(this.lines).map((line, index) => this.seriesOf(line, index))],
      bands:
        options.stack && !options.bars
          ? this.lines.slice(1).map((line, i) => ({ series: [i + 2, i + 1], fill: this.fillOf(line) }))
          : [],
      hooks: {
        setCursor: [() => this.readOut()],
        drawClear: [(plot) => paintBands(plot, this.marks.bands)],
        draw: [(plot) => paintMarks(plot, this.marks)],
      },
    };
  }

  /** Stacked bars are painted tallest first, so that each leaves only its own part in view. */
  private inPaintOrder<T>(list: readonly T[]): T[] {
    return this.options.bars ? [...list].reverse() : [...list];
  }

  private seriesOf(line: Line, index: number): uPlot.Series {
    const filled = line.area === true || (this.options.stack === true && index === 0);
    const series: uPlot.Series = {
      stroke: color(line.color),
      // Edges of stacked areas would paint thin parts thicker than they are.
      width: this.options.stack ? 0 : 1.5,
      spanGaps: false,
      points: {
        show: true,
        size: 4,
        fill: color(line.color),
        filter: (plot, seriesIndex) => {
          const [from, to] = plot.series[0]?.idxs ?? [0, 0];
          return lonelyPoints((plot.data[seriesIndex] ?? []) as ArrayLike<Cell>, from, to);
        },
      },
    };
    if (filled) series.fill = this.fillOf(line);
    if (this.options.bars && uPlot.paths.bars) {
      series.paths = uPlot.paths.bars({ size: [0.8, 14, 1], align: 1 });
      series.points = { show: false };
      series.fill = this.fillOf(line);
      series.width = 0;
    }
    return series;
  }

  private fillOf(line: Line): string {
    if (this.options.bars) return color(line.color);
    return faded(line.color, this.options.stack ? 0.72 : 0.14);
  }

  private fillLegend(): void {
    this.readouts.length = 0;
    const entries = this.lines.map((line) => {
      const swatch = el("i", { class: "swatch", "aria-hidden": "true" });
      swatch.style.backgroundColor = color(line.color);
      const readout = el("b", {}, NOTHING);
      this.readouts.push(readout);
      return el("span", { class: "legend-entry" }, swatch, line.label, readout);
    });
    setChildren(this.legend, ...entries);
  }

  private press(event: MouseEvent): void {
    const { plot } = this;
    if (!plot || !this.options.onMark) return;
    const x = event.clientX - plot.over.getBoundingClientRect().left;
    const found = markNear(this.marks.lines, x, (at) => plot.valToPos(at, "x"));
    if (found) this.options.onMark(found.id);
  }

  /** The mark under the cursor, by its name. */
  private markedAt(): string {
    const { plot } = this;
    const left = plot?.cursor.left;
    if (!plot || left === undefined || left < 0) return "";
    const found = markNear(this.marks.lines, left, (at) => plot.valToPos(at, "x"));
    plot.over.style.cursor = found && this.options.onMark ? "pointer" : "";
    return found ? ` · ${found.label}` : "";
  }

  /** The values under the cursor, or the newest ones. */
  private readOut(): void {
    const hovered = this.plot?.cursor.idx;
    const index = typeof hovered === "number" ? hovered : null;
    const at = index === null ? null : this.times[index];
    setText(
      this.moment,
      at === null || at === undefined ? "" : formatMoment(at, serverNow()) + this.markedAt(),
    );
    this.readouts.forEach((readout, i) => {
      const column = this.columns[i] ?? [];
      const value = index === null ? newest(column) : near(column, index);
      setText(readout, formatUnit(this.options.unit, value));
    });
  }
}

function newest(column: readonly Cell[]): number | null {
  for (let i = column.length - 1; i >= 0; i -= 1) {
    const value = column[i];
    if (value !== undefined) return value;
  }
  return null;
}

/** A series without a row at the cursor shows the row before. */
function near(column: readonly Cell[], index: number): number | null {
  for (let i = index; i >= 0; i -= 1) {
    const value = column[i];
    if (value !== undefined) return value;
  }
  return null;
}
