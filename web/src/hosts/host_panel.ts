/** One running chart of a host: history from a query, then the stream. */
import { TimeChart } from "../charts/time_chart";
import type { QueryAnswer, SamplesEvent } from "../gateway/contract";
import { readSeriesName } from "../series/name";
import type { Range } from "../series/range";
import { RateSum } from "../series/rate";
import { SampleTable } from "../series/sample_table";
import { columnsOf, type PanelSpec } from "./host_panels";

export class HostPanel {
  readonly chart: TimeChart;
  private table: SampleTable;
  private rates = new Map<string, RateSum>();

  /** `cadenceMs`: the usual distance of two reports, until a query says otherwise. */
  constructor(
    readonly spec: PanelSpec,
    private readonly cadenceMs = 60_000,
  ) {
    this.chart = new TimeChart(spec.chart);
    this.table = new SampleTable(cadenceMs);
  }

  forget(): void {
    this.table = new SampleTable(this.cadenceMs);
    this.rates.clear();
  }

  load(answer: QueryAnswer, cadenceMs: number): void {
    this.table.load(answer.timestamps, columnsOf(this.spec, answer), cadenceMs);
  }

  /** True when the report holds values of this chart. */
  absorb(event: SamplesEvent): boolean {
    let changed = false;
    for (const [canonical, value] of Object.entries(event.values)) {
      const { name, labels } = readSeriesName(canonical);
      const line = this.spec.lineOf(name, labels);
      if (line === null) continue;
      const shown = this.spec.counter ? this.rateOf(line).read(canonical, event.ts, value) : value;
      if (shown !== null) changed = this.table.put(line, event.ts, shown) || changed;
    }
    return changed;
  }

  show(range: Range, now: number): void {
    const from = now - range.seconds * 1000;
    this.table.dropBefore(from);
    if (this.spec.chart.testid === "chart-memory") this.chart.setCeiling(this.table.latest("total"));
    const lines = this.spec.lines(this.table.keys);
    const columns = lines.map((line) => this.table.columns.get(line.key) ?? []);
    this.chart.show(lines, this.table.times, columns, [from, now]);
  }

  private rateOf(line: string): RateSum {
    let rate = this.rates.get(line);
    if (!rate) {
      rate = new RateSum();
      this.rates.set(line, rate);
    }
    return rate;
  }
}
