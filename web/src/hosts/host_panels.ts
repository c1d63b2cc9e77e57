/** The charts of a host: which series go into which line of which chart. */

import { type ColorName, SERIES_COLORS } from "../charts/palette";
import type { ChartOptions, Line } from "../charts/time_chart";
import type { QueryAnswer } from "../gateway/contract";
import type { Cell } from "../series/gaps";
import { readSeriesName } from "../series/name";
import { sumCells } from "../series/sample_table";

export interface PanelSpec {
  chart: ChartOptions;
  /** Counters are shown as rates, summed over devices; gauges as they are. */
  counter?: boolean;
  /** A pattern for the names asked of the gateway; it must hold every name `lineOf` accepts. */
  pattern: string;
  /** The line a series belongs to, or null when it is not part of this chart. */
  lineOf(name: string, labels: Record<string, string>): string | null;
  /** The lines of the keys that have data, bottom first. */
  lines(keys: readonly string[]): Line[];
}

function fixed(entries: readonly [key: string, label: string, color: ColorName, area?: boolean][]) {
  return (keys: readonly string[]): Line[] =>
    entries
      .filter(([key]) => keys.includes(key))
      .map(([key, label, color, area]) => ({ key, label, color, area: area ?? false }));
}

function oneOf(names: Record<string, string>) {
  return (name: string): string | null => names[name] ?? null;
}

const WIRE = { "network.received_bytes": "received", "network.sent_bytes": "sent" };

/** Many mounts would be unreadable in one chart; the fullest ones matter. */
const MOST_MOUNTS = 6;

export const PANELS: readonly PanelSpec[] = [
  {
    chart: { testid: "chart-cpu", title: "CPU", unit: "percent", stack: true, ceiling: 1 },
    pattern: "cpu[.](user|system|iowait|steal)_ratio",
    lineOf: oneOf({
      "cpu.user_ratio": "user",
      "cpu.system_ratio": "system",
      "cpu.iowait_ratio": "iowait",
      "cpu.steal_ratio": "steal",
    }),
    lines: fixed([
      ["user", "user", "c1"],
      ["system", "system", "c2"],
      ["iowait", "iowait", "c3"],
      ["steal", "steal", "c4"],
    ]),
  },
  {
    chart: { testid: "chart-load", title: "Load", unit: "number", least: 1 },
    pattern: "load[.](1m|5m|15m)",
    lineOf: oneOf({ "load.1m": "1m", "load.5m": "5m", "load.15m": "15m" }),
    lines: fixed([
      ["15m", "15 min", "c6"],
      ["5m", "5 min", "c3"],
      ["1m", "1 min", "c1"],
    ]),
  },
  {
    chart: { testid: "chart-memory", title: "Memory", unit: "bytes" },
    pattern: "memory[.](total|used|cached|buffers)_bytes",
    lineOf: oneOf({
      "memory.total_bytes": "total",
      "memory.used_bytes": "used",
      "memory.cached_bytes": "cached",
      "memory.buffers_bytes": "buffers",
    }),
    lines: fixed([
      ["used", "used", "c2", true],
      ["cached", "cached", "c5"],
      ["buffers", "buffers", "c3"],
    ]),
  },
  {
    chart: { testid: "chart-disk", title: "Disk used", unit: "percent", ceiling: 1 },
    pattern: "disk[.]used_ratio",
    lineOf: (name, labels) => (name === "disk.used_ratio" ? (labels["mount"] ?? "?") : null),
    lines: (keys) =>
      keys.slice(0, MOST_MOUNTS).map((mount, index) => ({
        key: mount,
        label: mount,
        color: SERIES_COLORS[index % SERIES_COLORS.length] ?? "c1",
      })),
  },
  {
    chart: { testid: "chart-diskio", title: "Disk I/O", unit: "byte rate", least: 100_000 },
    counter: true,
    pattern: "diskio[.](read|written)_bytes",
    lineOf: oneOf({ "diskio.read_bytes": "read", "diskio.written_bytes": "written" }),
    lines: fixed([
      ["read", "read", "c1", true],
      ["written", "written", "c3"],
    ]),
  },
  {
    chart: { testid: "chart-network", title: "Network", unit: "byte rate", least: 10_000 },
    counter: true,
    pattern: "network[.](received|sent)_bytes",
    lineOf: (name, labels) =>
      labels["interface"] === "lo" ? null : (WIRE[name as keyof typeof WIRE] ?? null),
    lines: fixed([
      ["received", "received", "c5", true],
      ["sent", "sent", "c1"],
    ]),
  },
];

/** Of an answer, the columns of one chart: series of the same line are added. */
export function columnsOf(panel: PanelSpec, answer: QueryAnswer): Map<string, Cell[]> {
  const groups = new Map<string, (number | null)[][]>();
  for (const series of answer.series) {
    // Some gateways answer the canonical name with its labels inside, some keep them apart.
    const { name, labels } = readSeriesName(series.name);
    const line = panel.lineOf(name, { ...labels, ...series.labels });
    if (line !== null) groups.set(line, [...(groups.get(line) ?? []), series.values]);
  }
  const length = answer.timestamps.length;
  return new Map([...groups].map(([line, columns]) => [line, sumCells(columns, length)]));
}
