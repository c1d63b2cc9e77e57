/** Who is on call, who takes over, and which alerts are told to whom. */
import type { App } from "../app";
import { el, setChildren } from "../parts/element";
import type { Page } from "../parts/page";
import { errorState, skeletonRows } from "../parts/states";
import { groupPanel } from "./group_panel";
import { readKnown } from "./known";
import { OnCallGateway } from "./on_call_gateway";
import { routePanel } from "./route_panel";
import { schedulePanel } from "./schedule_panel";

const RELOAD_EVERY_MS = 60_000;

export function onCallPage(app: App): Page {
  const gateway = new OnCallGateway(app.gateway);
  const content = el("div");
  let shown = false;
  let closed = false;
  const load = async () => {
    try {
      const found = await readKnown(app.gateway, gateway);
      if (closed) return;
      for (const panel of panels) panel.show(found);
      if (!shown) setChildren(content, ...panels.map(({ element }) => element));
      shown = true;
    } catch (error) {
      if (closed || shown) return;
      const again = () => void load();
      setChildren(content, errorState("Who is on call could not be loaded", error, again));
    }
  };
  const panels = [
    schedulePanel(app, gateway, load),
    routePanel(app, gateway, load),
    groupPanel(app, gateway, load),
  ];
  // A handover shows by itself.
  const timer = window.setInterval(() => {
    if (!document.hidden) void load();
  }, RELOAD_EVERY_MS);
  setChildren(content, skeletonRows(4));
  void load();
  return {
    title: "On call",
    element: el(
      "div",
      { class: "page on-call" },
      el("div", { class: "page-head" }, el("h1", {}, "On call")),
      content,
    ),
    close() {
      closed = true;
      window.clearInterval(timer);
      for (const panel of panels) panel.close();
    },
  };
}
