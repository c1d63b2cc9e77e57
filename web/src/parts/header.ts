/** The bar on top of every page: the rooms, the state of the connection, the account. */

import type { Me } from "../gateway/contract";
import { CONNECTION_LABEL, type Connection } from "../live/feed_state";
import { ALERTS, HOME, incidentsAddress, MAINTENANCE, MODELS, ON_CALL, SITUATIONS } from "../route";
import { el, setClass, setText } from "./element";
import { mark } from "./mark";

export interface Header {
  element: HTMLElement;
  show(connection: Connection): void;
  showAccount(me: Me): void;
  /** Marks the room that the open page belongs to. */
  showRoom(address: string): void;
  showOpenIncidents(count: number): void;
}

export function header(signOut: () => Promise<void>): Header {
  const leave = async () => {
    try {
      await signOut();
    } catch {
      setText(out, "Not signed out: no answer");
      window.setTimeout(() => setText(out, "Sign out"), 4_000);
    }
  };
  const out = el(
    "button",
    { class: "button button-quiet", type: "button", testid: "sign-out", on: { click: () => void leave() } },
    "Sign out",
  );
  const label = el("span", { testid: "connection-state" }, CONNECTION_LABEL.connecting);
  const pill = el("span", { class: "pill", role: "status", "aria-live": "polite" }, el("i"), label);
  const email = el("span", { class: "email", testid: "account-email" });
  const account = el("span", { class: "account-name" });
  const open = el("span", { class: "nav-count", testid: "open-incidents", hidden: true });
  const rooms = [
    el("a", { href: HOME }, "Overview"),
    el("a", { href: ALERTS }, "Alerts"),
    el("a", { href: SITUATIONS }, "Situations"),
    el("a", { href: incidentsAddress() }, "Incidents", open),
    el("a", { href: ON_CALL }, "On call"),
    el("a", { href: MODELS }, "Models"),
    el("a", { href: MAINTENANCE }, "Maintenance"),
  ];
  const element = el(
    "header",
    { class: "top" },
    el("a", { class: "home", href: "#/", "aria-label": "Vedette, overview" }, mark(), el("b", {}, "Vedette")),
    el("nav", { class: "rooms", "aria-label": "Rooms" }, ...rooms),
    account,
    el("span", { class: "spring" }),
    pill,
    email,
    out,
  );
  return {
    element,
    show(connection) {
      setText(label, CONNECTION_LABEL[connection]);
      setClass(pill, `pill pill-${connection}`);
    },
    showAccount(me) {
      setText(email, me.email);
      setText(account, me.account.name);
    },
    showRoom(address) {
      for (const room of rooms) {
        const current = room.getAttribute("href") === address;
        if (current) room.setAttribute("aria-current", "page");
        else room.removeAttribute("aria-current");
      }
    },
    showOpenIncidents(count) {
      open.hidden = count === 0;
      setText(open, String(count));
      open.title = count === 1 ? "1 open incident" : `${count} open incidents`;
    },
  };
}
