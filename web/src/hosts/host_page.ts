/** The page of one host: its charts over a range, and its busiest commands. */
import type { App } from "../app";
import { formatAgo, formatSpan } from "../format";
import type { Source } from "../gateway/contract";
import { named } from "../gateway/selector";
import { paintSoon } from "../live/frame";
import { serverNow } from "../live/server_clock";
import { badge, setBadge } from "../parts/badge";
import { deed } from "../parts/deed";
import { el, setChildren, setText } from "../parts/element";
import type { Page } from "../parts/page";
import { rangePicker } from "../parts/range_picker";
import { emptyState, errorState, skeletonCharts } from "../parts/states";
import type { PluginSection } from "../plugins/plugin_section";
import { PluginSections } from "../plugins/plugin_sections";
import { hostAddress, realtimeAddress } from "../route";
import { lastWholeStep, rangeById, reloadEveryMs, stepFor, windowOf } from "../series/range";
import { HostPanel } from "./host_panel";
import { PANELS } from "./host_panels";
import { COMMAND_PATTERN, TopCommands } from "./top_commands";

const DEFAULT_INTERVAL_MS = 60_000;
const COMMANDS_EVERY_S = 10;
const PLUGINS_EVERY_S = 60;

export function hostPage(app: App, name: string, wantedRange: string | null): Page {
  const panels = PANELS.map((spec) => new HostPanel(spec));
  const commands = new TopCommands();
  const plugins = new PluginSections(name, app.gateway, (section) => void loadPlugins(section));
  const state = badge("host-state");
  const seen = el("span", { class: "seen" });
  const uptime = el("span", { class: "muted" });
  const content = el("div");
  const realtime = deed({
    label: "Realtime",
    testid: "realtime",
    class: "button-main",
    act: async () => {
      const session = await app.gateway.beginRealtime([name], plugins.names);
      location.hash = realtimeAddress(session.id);
    },
  });
  const charts = el("div", { class: "chart-grid" }, ...panels.map((panel) => panel.chart.element));
  const picker = rangePicker((chosen) => {
    range = chosen;
    history.replaceState(null, "", hostAddress(name, range.id));
    void load();
  });
  let range = rangeById(wantedRange, "15m");
  let about: Source | null = app.hosts.hosts.get(name)?.about ?? null;
  let request = new AbortController();
  let askedAt = 0;
  let step = 10;
  let shown = false;

  const load = async (quiet = false) => {
    askedAt = Date.now();
    request.abort();
    request = new AbortController();
    const { signal } = request;
    picker.show(range);
    if (!quiet && !shown) setChildren(content, skeletonCharts(PANELS.length));
    content.classList.toggle("is-loading", !quiet && shown);
    try {
      if (about === null) {
        await app.hosts.load();
        about = app.hosts.hosts.get(name)?.about ?? null;
      }
      if (signal.aborted) return;
      if (about === null) {
        setChildren(
          content,
          emptyState(`There is no host “${name}”`, el("a", { href: "#/" }, "See all hosts")),
        );
        return;
      }
      const intervalMs = about.interval_ms ?? DEFAULT_INTERVAL_MS;
      step = stepFor(range.seconds, intervalMs / 1000);
      await ask(signal, intervalMs);
      if (signal.aborted) return;
      if (!shown) setChildren(content, charts, commands.element, plugins.element);
      shown = true;
      content.classList.remove("is-loading");
      paintSoon(paint);
      void loadPlugins();
    } catch (error) {
      if (signal.aborted) return;
      content.classList.remove("is-loading");
      // A quiet reload that fails leaves what is there; the banner tells that it is old.
      if (quiet && shown) return;
      shown = false;
      setChildren(
        content,
        errorState(`The history of ${name} could not be loaded`, error, () => void load()),
      );
    }
  };

  /** All of them, or one that was opened. They come after the host's own charts, and never hold those up. */
  const loadPlugins = async (part: Pick<PluginSection, "load"> = plugins) => {
    const { signal } = request;
    const now = Math.round(serverNow());
    const intervalMs = about?.interval_ms ?? DEFAULT_INTERVAL_MS;
    const window = {
      ...windowOf(range, now, step),
      step,
      whole: lastWholeStep(now, step),
      intervalMs,
      seconds: range.seconds,
    };
    await part.load(window, signal);
    if (!signal.aborted) paintSoon(paint);
  };

  const ask = async (signal: AbortSignal, intervalMs: number) => {
    const now = Math.round(serverNow());
    const window = { ...windowOf(range, now, step), step };
    const selectors = (counter: boolean) =>
      panels
        .filter(({ spec }) => (spec.counter ?? false) === counter)
        .map(({ spec }) => named(spec.pattern, name));
    // Commands: the newest values of a live range, the average over a long one.
    const commandWindow = range.live
      ? { from: now - 10 * 60_000, to: now, agg: "last" as const }
      : { from: window.from, to: now, step: range.seconds, agg: "avg" as const };
    const [gauges, rates, processes] = await Promise.all([
      app.gateway.query({ series: selectors(false), ...window, agg: "avg" }, signal),
      app.gateway.query(
        { series: selectors(true), ...window, to: lastWholeStep(now, step), agg: "rate" },
        signal,
      ),
      // Not every host reports processes; without them the charts still show.
      app.gateway
        .query({ series: [named(COMMAND_PATTERN, name)], ...commandWindow }, signal)
        .catch(() => null),
    ]);
    for (const panel of panels) {
      const answer = panel.spec.counter ? rates : gauges;
      panel.load(answer, Math.max(answer.step_s * 1000, intervalMs));
    }
    if (processes) commands.load(processes, range.live ? "now" : `average over ${range.label}`);
  };

  const paint = () => {
    if (!shown) return;
    const now = serverNow();
    for (const panel of panels) panel.show(range, now);
    plugins.paint(range, now);
  };
  const showAge = () => {
    const current = app.hosts.hosts.get(name)?.about;
    if (!current) return;
    setBadge(state, current.state, current.state === "silent" ? "Silent" : "Active");
    setText(seen, `last sample ${formatAgo(serverNow() - current.last_seen_ms)}`);
  };

  const stops = [
    app.feed.samples.on((event) => {
      if (event.source !== name) return;
      const up = event.values["host.uptime_s"];
      if (up !== undefined) setText(uptime, `up ${formatSpan(up * 1000)}`);
      if (!range.live) return;
      commands.absorb(event);
      // Every panel hears every report: `some` would stop at the first that wants it.
      const changed = panels.map((panel) => panel.absorb(event));
      if (plugins.absorb(event) || changed.includes(true)) paintSoon(paint);
    }),
    app.feed.reset.on(() => void load(true)),
    app.hosts.changed.on(showAge),
  ];
  let seconds = 0;
  const timer = window.setInterval(() => {
    seconds += 1;
    showAge();
    // The window moves with time even when nothing arrives: a silent host must look silent.
    if (range.live) paintSoon(paint);
    if (range.live && seconds % COMMANDS_EVERY_S === 0) commands.show();
    if (range.live && shown && seconds % PLUGINS_EVERY_S === 0 && !document.hidden) void loadPlugins();
    const due = !range.live && Date.now() - askedAt > reloadEveryMs(range, step);
    if (due && shown && !document.hidden) void load(true);
  }, 1_000);

  showAge();
  void load();
  return {
    title: name,
    element: el(
      "div",
      { class: "page" },
      el(
        "div",
        { class: "page-head" },
        el("a", { class: "back", href: "#/" }, "Hosts"),
        el("h1", {}, name),
        state,
        seen,
        uptime,
        el("span", { class: "spring" }),
        realtime,
        picker.element,
      ),
      content,
    ),
    close() {
      request.abort();
      window.clearInterval(timer);
      for (const stop of stops) stop();
      for (const panel of panels) panel.chart.close();
      plugins.close();
    },
  };
}
