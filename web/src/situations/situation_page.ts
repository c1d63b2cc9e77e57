/** The page of one situation: its alerts, what it cost, what else changed, and how it went. */
import type { App } from "../app";
import { Problem } from "../gateway/problem";
import { serverNow } from "../live/server_clock";
import { badge, setBadge } from "../parts/badge";
import { deed } from "../parts/deed";
import { el, setChildren, setText } from "../parts/element";
import type { Page } from "../parts/page";
import { soon } from "../parts/soon";
import { emptyState, errorState, skeletonRows } from "../parts/states";
import { SITUATIONS } from "../route";
import type { SituationDetail } from "./contract";
import { postMortem, situationOf, takeUp } from "./requests";
import { alertsPanel, changesPanel, costPanel, timelinePanel } from "./situation_panels";
import { situationState } from "./situation_wording";

const RELOAD_OPEN_MS = 15_000;
/** Alerts may come by the thousand. */
const CHANGED_MS = 1_500;

export function situationPage(app: App, id: string): Page {
  const title = el("h1", {}, "Situation");
  const state = badge("situation-state");
  const content = el("div");
  let request = new AbortController();
  let situation: SituationDetail | null = null;

  const load = async () => {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    if (!situation) setChildren(content, skeletonRows(4));
    try {
      const found = await situationOf(app.gateway, id, signal);
      if (signal.aborted) return;
      situation = found;
      show(found);
    } catch (error) {
      if (signal.aborted || situation) return;
      const missing = error instanceof Problem && (error.status === 404 || error.status === 422);
      setChildren(
        content,
        missing
          ? emptyState("There is no such situation", el("a", { href: SITUATIONS }, "See all situations"))
          : errorState("The situation could not be loaded", error, () => void load()),
      );
    }
  };
  const show = (found: SituationDetail) => {
    const now = serverNow();
    const shown = situationState(found);
    setBadge(state, shown.state, shown.label);
    setText(title, found.title);
    showTake();
    document.title = `${found.title} · Vedette`;
    setChildren(
      content,
      alertsPanel(found, now),
      changesPanel(found, now),
      el("div", { class: "two-columns" }, costPanel(found, now), timelinePanel(found, now)),
    );
  };
  const download = deed({
    label: "Post-mortem",
    testid: "situation-post-mortem",
    act: async () => save(`post-mortem-${id}.md`, await postMortem(app.gateway, id)),
  });
  const take = deed({
    label: "Acknowledge all",
    testid: "situation-acknowledge",
    act: async () => {
      await takeUp(app.gateway, id);
      await load();
    },
  });
  const showTake = () => {
    const free = situation?.members.some((one) => one.ended_ms === null && one.acknowledged_by === null);
    take.hidden = !(app.viewer.responder && free);
  };
  const timer = window.setInterval(() => {
    if (!document.hidden && situation?.ended_ms === null) void load();
  }, RELOAD_OPEN_MS);
  const later = soon(() => void load(), CHANGED_MS);
  const stop = app.alerts.changed.on(() => later.ask());
  const stopTake = app.viewer.changed.on(showTake);
  showTake();
  void load();
  return {
    title: "Situation",
    element: el(
      "div",
      { class: "page" },
      el(
        "div",
        { class: "page-head" },
        el("a", { class: "back", href: SITUATIONS }, "Situations"),
        title,
        state,
        el("span", { class: "spring" }),
        take,
        download,
      ),
      content,
    ),
    close() {
      request.abort();
      window.clearInterval(timer);
      stop();
      stopTake();
      later.close();
    },
  };
}

/** A text becomes a file of the browser's downloads. */
function save(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
  el("a", { href: address, download: name }).click();
  window.setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
