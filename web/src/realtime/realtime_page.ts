/** The page of a realtime session: its hosts, second by second, and the link to share it. */
import type { App } from "../app";
import { formatSpan } from "../format";
import { explain } from "../gateway/problem";
import { cancelPaint, paintSoon } from "../live/frame";
import { serverNow } from "../live/server_clock";
import { badge, setBadge } from "../parts/badge";
import { deed } from "../parts/deed";
import { el, setChildren, setText } from "../parts/element";
import type { Page } from "../parts/page";
import { emptyState } from "../parts/states";
import { chooseAddress, realtimeAddress } from "../route";
import { type RealtimeSession, reasonOf } from "./contract";
import { LiveHost } from "./live_host";
import { RealtimeFeed } from "./realtime_feed";

const COPIED_MS = 2_000;

export function realtimePage(app: App, id: string): Page {
  const hosts = new Map<string, LiveHost>();
  const feed = new RealtimeFeed(id, app.gateway, app.session);
  const state = badge("rt-session-state");
  const watching = el("span", { class: "muted", testid: "rt-viewers" });
  const left = el("span", { class: "muted" });
  const content = el("div", { class: "rt-hosts" });
  let about: RealtimeSession | null = null;
  let paused = false;
  let held = false;

  const paint = () => {
    if (paused || held) return;
    const now = serverNow();
    for (const host of hosts.values()) host.paint(now);
  };
  const pause = el("button", { class: "button", type: "button", testid: "rt-pause" }, "Pause");
  pause.addEventListener("click", () => {
    paused = !paused;
    setText(pause, paused ? "Play" : "Pause");
    paintSoon(paint);
  });
  const copy = el("button", { class: "button", type: "button", testid: "rt-copy" }, "Copy link");
  copy.addEventListener("click", () => void copyLink(copy));
  const end = deed({
    label: "End session",
    testid: "rt-end",
    confirm: "End for everybody?",
    act: () => app.gateway.endRealtime(id),
  });
  const again = async () => {
    const session = await app.gateway.beginRealtime(about?.sources ?? [], about?.plugins ?? []);
    location.hash = realtimeAddress(session.id);
  };
  const tools = el("span", { class: "rt-tools" }, pause, copy, end);
  // Whoever points into a chart reads it: it must not move away.
  content.addEventListener("mouseover", (event) => {
    held = (event.target as Element).closest(".chart-canvas") !== null;
  });
  content.addEventListener("mouseleave", () => {
    held = false;
  });

  const know = (session: RealtimeSession) => {
    if (about === null) {
      for (const name of session.sources) hosts.set(name, new LiveHost(name));
      setChildren(content, ...[...hosts.values()].map((host) => host.element));
      content.classList.toggle("rt-many", hosts.size > 1);
      setText(title, session.sources.length === 1 ? (session.sources[0] ?? "") : `${hosts.size} hosts`);
    }
    about = session;
    showTime();
  };
  const showTime = () => {
    if (about === null || feed.standing.kind === "over") return;
    setText(left, `ends in ${formatSpan(Math.max(0, about.until_ms - serverNow()))}`);
  };
  const showStanding = () => {
    const { standing } = feed;
    switch (standing.kind) {
      case "opening":
        setBadge(state, "pending", "Opening");
        break;
      case "live":
        setBadge(state, "active", "Live");
        break;
      case "lost":
        setBadge(state, "silent", "Reconnecting");
        break;
      case "paused":
        setBadge(state, "pending", "Paused");
        break;
      case "over": {
        setBadge(state, "ended", "Ended");
        setText(left, "");
        setText(watching, "");
        for (const host of hosts.values()) host.end();
        const watch = deed({ label: "Watch again", testid: "rt-again", class: "button-main", act: again });
        const choose = el(
          "a",
          { class: "button", href: chooseAddress(about?.sources ?? []) },
          "Choose hosts",
        );
        setChildren(tools, about === null ? choose : watch);
        note.hidden = false;
        setText(note, `This session has ended: ${reasonOf(standing.reason)}.`);
        if (about === null) setChildren(content);
        break;
      }
      case "refused":
        setBadge(state, "ended", "Not open to you");
        setChildren(tools);
        setChildren(content, emptyState("This realtime session cannot be opened", explain(standing.error)));
        break;
    }
  };

  const stops = [
    feed.about.on(know),
    feed.moments.on((moment) => {
      hosts.get(moment.source)?.absorb(moment);
      paintSoon(paint);
    }),
    feed.viewers.on((count) => setText(watching, count === 1 ? "you are watching" : `${count} are watching`)),
    feed.reset.on(() => {
      for (const host of hosts.values()) host.forget();
    }),
    feed.changed.on(showStanding),
  ];
  const timer = window.setInterval(() => {
    showTime();
    if (feed.standing.kind === "over") return;
    for (const host of hosts.values()) host.showAge();
    // Time goes on also where nothing arrives: a gap must be seen as one.
    paintSoon(paint);
  }, 1_000);

  const title = el("h1", {}, "Realtime");
  const note = el("p", { class: "rt-note", role: "status", testid: "rt-note", hidden: true });
  showStanding();
  void feed.open();
  return {
    title: "Realtime",
    element: el(
      "div",
      { class: "page" },
      el(
        "div",
        { class: "page-head" },
        el("a", { class: "back", href: "#/" }, "Hosts"),
        title,
        state,
        watching,
        left,
        el("span", { class: "spring" }),
        tools,
      ),
      note,
      content,
    ),
    close() {
      feed.close();
      window.clearInterval(timer);
      cancelPaint(paint);
      for (const stop of stops) stop();
      for (const host of hosts.values()) host.close();
    },
  };
}

/** Where the page is not served securely, browsers offer no clipboard: then the link is shown to be copied by hand. */
async function copyLink(button: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(location.href);
    setText(button, "Copied");
  } catch {
    const field = el("input", {
      class: "rt-link",
      readonly: true,
      value: location.href,
      "aria-label": "Link",
    });
    button.replaceWith(field);
    field.select();
    return;
  }
  window.setTimeout(() => setText(button, "Copy link"), COPIED_MS);
}
