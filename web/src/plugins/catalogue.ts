/** What plugins say about themselves: those that ship by a list made from their code, others by their series' names. */
import type { Unit } from "../charts/axes";

export interface MetricInfo {
  name: string;
  label: string;
  unit: string;
  kind: "gauge" | "counter" | "delta";
}

export interface PluginInfo {
  title: string;
  section: string;
  metrics: MetricInfo[];
}

export type Shipped = Record<string, PluginInfo>;

/** Only hosts that run plugins need the list. */
export async function loadShipped(): Promise<Shipped> {
  return (await import("./shipped.json")).default as Shipped;
}

/** A series of the gateway's catalogue. */
export interface SeriesEntry {
  name: string;
  labels: Record<string, string>;
  kind: string;
}

/** One plugin as it is set up on a host. */
export interface Instance {
  instance: string;
  plugin: string;
  title: string;
  section: string;
  metrics: MetricInfo[];
}

const KINDS = new Set(["gauge", "counter", "delta"]);
/** Each run's own series: they are shown as the state. */
const OWN = "plugin.";

/** The instances of a host, by section and title: every series of a plugin says which instance it is from. */
export function instancesOf(series: readonly SeriesEntry[], shipped: Shipped): Instance[] {
  const found = new Map<string, { plugin: string; kinds: Map<string, string> }>();
  for (const { name, labels, kind } of series) {
    const instance = labels["instance"];
    const dot = name.indexOf(".");
    if (instance === undefined || dot < 1 || name.startsWith(OWN)) continue;
    const plugin = name.slice(0, dot);
    const key = `${plugin}\n${instance}`;
    const known = found.get(key) ?? { plugin, kinds: new Map<string, string>() };
    known.kinds.set(name.slice(dot + 1), kind);
    found.set(key, known);
  }
  const instances = [...found].map(([key, { plugin, kinds }]) => {
    const info = shipped[plugin];
    const told = (info?.metrics ?? []).filter((metric) => kinds.has(metric.name));
    const names = new Set(told.map((metric) => metric.name));
    const guessed = [...kinds].filter(([name]) => !names.has(name)).map(([name, kind]) => guess(name, kind));
    return {
      instance: key.slice(plugin.length + 1),
      plugin,
      title: info?.title ?? plugin,
      section: info?.section ?? "Plugins",
      metrics: [...told, ...guessed.sort((a, b) => a.name.localeCompare(b.name))],
    };
  });
  const order = (one: Instance) => `${one.section}\n${one.title}\n${one.instance}`;
  return instances.sort((a, b) => order(a).localeCompare(order(b)));
}

function guess(name: string, kind: string): MetricInfo {
  const ending = /_(bytes|ratio|s)$/.exec(name)?.[1] ?? "";
  const known = KINDS.has(kind) ? (kind as MetricInfo["kind"]) : "gauge";
  const unit = known === "counter" && ending !== "ratio" ? `${ending || "1"}/s` : ending;
  return { name, label: name.replaceAll(/[_.]/g, " "), unit, kind: known };
}

export function chartUnit(metric: MetricInfo): Unit {
  switch (metric.unit) {
    case "ratio":
      return "percent";
    case "bytes":
      return "bytes";
    case "bytes/s":
      return "byte rate";
    default:
      return "number";
  }
}

/** The unit behind the title, where the axis does not say it. */
export function titleOf(metric: MetricInfo): string {
  const shown = ["", "ratio", "bytes", "bytes/s"].includes(metric.unit) ? "" : ` (${metric.unit})`;
  return `${metric.label}${shown}`;
}
