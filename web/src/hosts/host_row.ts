/** One host as a row of the overview. */
import { Sparkline } from "../charts/sparkline";
import { formatAgo, formatByteRate, formatPercent } from "../format";
import type { Row } from "../overview/paged_rows";
import type { Column } from "../overview/sort";
import { badge, setBadge } from "../parts/badge";
import { el, setClass, setText } from "../parts/element";
import { hostAddress } from "../route";
import { gapAfter } from "../series/gaps";
import { stepFor } from "../series/range";
import { type Host, OVERVIEW_MS } from "./host";

export const HOST_COLUMNS: readonly Column<Host>[] = [
  { id: "name", label: "Host", value: (host) => host.name },
  { id: "state", label: "State", value: (host) => (host.silent ? 0 : 1) },
  { id: "cpu", label: "CPU", value: (host) => host.cpu.lastValue, descending: true, class: "metric" },
  {
    id: "memory",
    label: "Memory",
    value: (host) => host.memory.lastValue,
    descending: true,
    class: "metric",
  },
  {
    id: "network",
    label: "Network",
    value: (host) => host.network.lastValue,
    descending: true,
    class: "metric",
  },
];

export function hostRow(host: Host): Row<Host> {
  const state = badge();
  const seen = el("span", { class: "seen" });
  const cpu = el("span", { class: "now", testid: "host-cpu" });
  const memory = el("span", { class: "now", testid: "host-memory" });
  const network = el("span", { class: "now wide-now", testid: "host-network" });
  const cpuLine = new Sparkline(host.cpu, {
    color: "c1",
    ceiling: 1,
    label: `CPU of ${host.name}, last 15 minutes`,
  });
  const memoryLine = new Sparkline(host.memory, {
    color: "c2",
    ceiling: 1,
    label: `Memory of ${host.name}, last 15 minutes`,
  });
  const networkLine = new Sparkline(host.network, {
    color: "c5",
    least: 10_000,
    label: `Network of ${host.name}, last 15 minutes`,
  });
  const address = hostAddress(host.name);
  const metric = (line: Sparkline, value: HTMLElement) =>
    el("td", { class: "metric" }, el("div", { class: "metric-cell" }, line.element, value));
  const element = el(
    "tr",
    { testid: "host-card", data: { source: host.name, href: address } },
    el("th", { scope: "row", class: "name" }, el("a", { href: address }, host.name)),
    el("td", { class: "state-cell" }, state, seen),
    metric(cpuLine, cpu),
    metric(memoryLine, memory),
    metric(networkLine, network),
  );
  const row: Row<Host> = {
    element,
    item: host,
    refresh(now) {
      const current = row.item;
      setBadge(state, current.about.state, current.silent ? "Silent" : "Active");
      setText(seen, `last sample ${formatAgo(now - current.about.last_seen_ms)}`);
      setClass(element, current.silent ? "is-silent" : "");
      setText(cpu, formatPercent(current.cpu.lastValue));
      setText(memory, formatPercent(current.memory.lastValue));
      setText(network, formatByteRate(current.network.lastValue));
      // History comes in steps that may be longer than the live reports' interval.
      const step = stepFor(OVERVIEW_MS / 1000, current.intervalMs / 1000) * 1000;
      const view = { windowMs: OVERVIEW_MS, gapMs: gapAfter(step), now };
      for (const line of [cpuLine, memoryLine, networkLine]) line.show(view);
    },
  };
  return row;
}
