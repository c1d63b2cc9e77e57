/** A small line of recent values, painted straight on a canvas. */
import { paintSoon } from "../live/frame";
import { el } from "../parts/element";
import type { Ring } from "../series/ring";
import { type ColorName, color, faded } from "./palette";

const PAD = 2;

export interface SparkOptions {
  color: ColorName;
  /** The fixed top of the scale; without it the highest value in view. */
  ceiling?: number;
  /** The lowest the top may be. */
  least?: number;
  label: string;
}

export interface SparkView {
  windowMs: number;
  /** Two values further apart than this are not joined. */
  gapMs: number;
  now: number;
}

export class Sparkline {
  readonly element: HTMLCanvasElement;
  private view: SparkView = { windowMs: 1, gapMs: 1, now: 0 };
  private readonly paint = () => this.draw();

  constructor(
    private readonly values: Ring,
    private readonly options: SparkOptions,
    private readonly marks: Ring | null = null,
  ) {
    this.element = el("canvas", { class: "spark", role: "img", "aria-label": options.label });
  }

  show(view: SparkView): void {
    this.view = view;
    paintSoon(this.paint);
  }

  private draw(): void {
    const canvas = this.element;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    if (width === 0 || height === 0) return;
    const ratio = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const context = canvas.getContext("2d");
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    this.drawBase(context, width, height);
    this.drawLine(context, width, height);
    this.drawMarks(context, width, height);
  }

  private drawBase(context: CanvasRenderingContext2D, width: number, height: number): void {
    context.fillStyle = color("grid");
    context.fillRect(0, height - 1, width, 1);
  }

  private x(time: number, width: number): number {
    const { now, windowMs } = this.view;
    return ((time - (now - windowMs)) / windowMs) * (width - PAD);
  }

  private drawLine(context: CanvasRenderingContext2D, width: number, height: number): void {
    const { values, options } = this;
    const from = this.view.now - this.view.windowMs;
    let first = 0;
    while (first < values.length && values.time(first) < from) first += 1;
    let top = options.ceiling ?? options.least ?? 0;
    if (options.ceiling === undefined) {
      for (let i = first; i < values.length; i += 1) top = Math.max(top, values.value(i));
    }
    const scale = top > 0 ? (height - 1 - PAD * 2) / top : 0;
    const y = (value: number) => height - 1 - PAD - Math.min(value, top) * scale;

    context.lineWidth = 1.25;
    context.lineJoin = "round";
    context.strokeStyle = color(options.color);
    let segment: [number, number][] = [];
    for (let i = first; i < values.length; i += 1) {
      const time = values.time(i);
      if (segment.length > 0 && time - values.time(i - 1) > this.view.gapMs) {
        this.drawSegment(context, segment, height);
        segment = [];
      }
      segment.push([this.x(time, width), y(values.value(i))]);
    }
    this.drawSegment(context, segment, height);
  }

  private drawSegment(
    context: CanvasRenderingContext2D,
    points: readonly [number, number][],
    height: number,
  ): void {
    const [start] = points;
    const end = points[points.length - 1];
    if (!start || !end) return;
    if (points.length === 1) {
      context.fillStyle = color(this.options.color);
      context.fillRect(start[0] - 1, start[1] - 1, 2, 2);
      return;
    }
    context.beginPath();
    for (const [x, y] of points) context.lineTo(x, y);
    context.stroke();
    context.lineTo(end[0], height - 1);
    context.lineTo(start[0], height - 1);
    context.closePath();
    context.fillStyle = faded(this.options.color, 0.12);
    context.fill();
  }

  private drawMarks(context: CanvasRenderingContext2D, width: number, height: number): void {
    if (!this.marks) return;
    context.fillStyle = color("bad");
    const from = this.view.now - this.view.windowMs;
    for (let i = 0; i < this.marks.length; i += 1) {
      const time = this.marks.time(i);
      if (time >= from) context.fillRect(this.x(time, width) - 1, height - 7, 2, 7);
    }
  }
}
