/** The commands of a host that use the most CPU and memory. */
import { formatBytes, formatCount, formatPercent } from "../format";
import type { QueryAnswer, SamplesEvent } from "../gateway/contract";
import { el, setChildren, setText } from "../parts/element";
import { readSeriesName } from "../series/name";

const SHOWN = 10;
const FORGET_MS = 5 * 60_000;

interface Command {
  cpu: number | null;
  memory: number | null;
  count: number | null;
  at: number;
}

const FIELD: Record<string, "cpu" | "memory" | "count"> = {
  "process.cpu_ratio": "cpu",
  "process.memory_bytes": "memory",
  "process.count": "count",
};

export const COMMAND_PATTERN = "process[.](cpu_ratio|memory_bytes|count)";

export class TopCommands {
  readonly element: HTMLElement;
  private readonly commands = new Map<string, Command>();
  private readonly byCpu = el("tbody");
  private readonly byMemory = el("tbody");
  private readonly when = el("span", { class: "muted" });

  constructor() {
    this.element = el(
      "section",
      { class: "panel commands", testid: "top-commands", "aria-label": "Top commands" },
      el("header", { class: "chart-head" }, el("h3", {}, "Top commands"), this.when),
      el("div", { class: "commands-tables" }, table("by CPU", this.byCpu), table("by memory", this.byMemory)),
    );
  }

  load(answer: QueryAnswer, when: string): void {
    this.commands.clear();
    setText(this.when, when);
    for (const series of answer.series) {
      const { name, labels } = readSeriesName(series.name);
      for (let i = series.values.length - 1; i >= 0; i -= 1) {
        const value = series.values[i];
        if (typeof value !== "number") continue;
        this.put(name, { ...labels, ...series.labels }["command"], answer.timestamps[i] ?? 0, value);
        break;
      }
    }
    this.show();
  }

  absorb(event: SamplesEvent): void {
    for (const [canonical, value] of Object.entries(event.values)) {
      if (!canonical.startsWith("process.")) continue;
      const { name, labels } = readSeriesName(canonical);
      this.put(name, labels["command"], event.ts, value);
    }
  }

  /** Re-sorts. Called about every ten seconds: rows that jump each second cannot be read. */
  show(): void {
    const newest = Math.max(...[...this.commands.values()].map((command) => command.at));
    const current = [...this.commands].filter(([, command]) => newest - command.at < FORGET_MS);
    this.fill(this.byCpu, current, "cpu");
    this.fill(this.byMemory, current, "memory");
  }

  private put(name: string, command: string | undefined, at: number, value: number): void {
    const field = FIELD[name];
    if (!field || command === undefined) return;
    const known = this.commands.get(command) ?? { cpu: null, memory: null, count: null, at };
    this.commands.set(command, { ...known, [field]: value, at: Math.max(at, known.at) });
  }

  private fill(body: HTMLElement, commands: [string, Command][], by: "cpu" | "memory"): void {
    const sorted = commands
      .filter(([, command]) => command[by] !== null)
      .sort(([, a], [, b]) => (b[by] ?? 0) - (a[by] ?? 0))
      .slice(0, SHOWN);
    const most = sorted[0]?.[1][by] ?? 0;
    const rows = sorted.map(([name, command]) => {
      const bar = el("i", { class: `bar bar-${by}`, "aria-hidden": "true" });
      bar.style.width = `${most > 0 ? ((command[by] ?? 0) / most) * 100 : 0}%`;
      return el(
        "tr",
        {},
        el("th", { scope: "row", title: name }, bar, el("span", {}, name)),
        el("td", { class: by === "cpu" ? "number strong" : "number" }, formatPercent(command.cpu)),
        el("td", { class: by === "memory" ? "number strong" : "number" }, formatBytes(command.memory)),
        el("td", { class: "number muted" }, formatCount(command.count)),
      );
    });
    const none = el("tr", {}, el("td", { colspan: 4, class: "muted" }, "No process samples in this range"));
    setChildren(body, ...(rows.length > 0 ? rows : [none]));
  }
}

function table(caption: string, body: HTMLElement): HTMLElement {
  const head = ["Command", "CPU", "Memory", "Count"].map((label, index) =>
    el("th", { scope: "col", class: index === 0 ? "" : "number" }, label),
  );
  return el("table", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, ...head)), body);
}
