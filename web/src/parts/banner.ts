/** The banner over a page whose data no longer moves: since when, and when the next try is. */
import { formatSpan } from "../format";
import type { FeedState } from "../live/feed_state";
import { el, setText } from "./element";

/** A stream that ends with its token comes back at once; that is not worth a banner. */
const PATIENCE_MS = 2_000;

export interface Banner {
  element: HTMLElement;
  /** True when the data on the page is old. */
  show(state: FeedState, now: number, online: boolean): boolean;
}

export function banner(retry: () => void): Banner {
  const what = el("strong");
  const next = el("span", { testid: "retry-countdown" });
  const element = el(
    "div",
    { class: "banner", testid: "disconnected", hidden: true },
    // The sentence is announced once; the countdown beside it would talk every second.
    el("span", { role: "alert" }, what),
    next,
    el("button", { type: "button", class: "button", on: { click: retry } }, "Try now"),
  );
  return {
    element,
    show(state, now, online) {
      const lost = state.lostAt !== null && state.phase !== "live" && state.phase !== "paused";
      const stale = lost && now - (state.lostAt ?? now) >= PATIENCE_MS;
      element.hidden = !stale;
      if (!stale) return false;
      setText(what, online ? "Live updates stopped." : "This computer is offline.");
      const since = `No data for ${formatSpan(now - (state.lostAt ?? now))}.`;
      const wait = state.retryAt === null ? null : Math.max(0, Math.ceil((state.retryAt - now) / 1000));
      setText(next, wait === null ? `${since} Connecting…` : `${since} Next try in ${wait} s.`);
      return true;
    },
  };
}
