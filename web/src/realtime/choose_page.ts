/** Choosing the hosts of a realtime session. */
import type { App } from "../app";
import { deed } from "../parts/deed";
import { el, setChildren, setText } from "../parts/element";
import type { Page } from "../parts/page";
import { emptyState, errorState } from "../parts/states";
import { realtimeAddress } from "../route";

/** As the gateway allows. */
const MOST = 100;

export function choosePage(app: App, wanted: readonly string[]): Page {
  const chosen = new Set(wanted);
  const search = el("input", { type: "search", placeholder: "Find hosts", "aria-label": "Find hosts" });
  const list = el("ul", { class: "rt-choices panel" });
  const count = el("span", { class: "muted" });

  const showCount = () => {
    setText(count, chosen.size === 1 ? "1 host" : `${chosen.size} hosts`);
    start.querySelector("button")?.toggleAttribute("disabled", chosen.size === 0 || chosen.size > MOST);
  };
  const start = deed({
    label: "Start realtime",
    testid: "rt-start",
    class: "button-main",
    act: async () => {
      const session = await app.gateway.beginRealtime([...chosen].sort());
      location.hash = realtimeAddress(session.id);
    },
  });
  const show = () => {
    const text = search.value.trim().toLowerCase();
    const hosts = [...app.hosts.hosts.values()]
      .filter((host) => host.name.toLowerCase().includes(text))
      .sort((a, b) => a.name.localeCompare(b.name));
    const rows = hosts.map((host) => {
      const box = el("input", { type: "checkbox", checked: chosen.has(host.name), value: host.name });
      box.addEventListener("change", () => {
        if (box.checked) chosen.add(host.name);
        else chosen.delete(host.name);
        showCount();
      });
      const state = el("span", { class: "muted" }, host.about.state === "silent" ? "silent" : "");
      return el("li", {}, el("label", {}, box, host.name, state));
    });
    setChildren(list, ...(rows.length > 0 ? rows : [emptyState("No such host")]));
  };
  const load = async () => {
    try {
      await app.hosts.load();
      for (const name of [...chosen]) if (!app.hosts.hosts.has(name)) chosen.delete(name);
      show();
      showCount();
    } catch (error) {
      setChildren(
        list,
        errorState("The hosts could not be loaded", error, () => void load()),
      );
    }
  };
  search.addEventListener("input", show);
  showCount();
  void load();
  return {
    title: "Realtime",
    element: el(
      "div",
      { class: "page page-narrow" },
      el(
        "div",
        { class: "page-head" },
        el("a", { class: "back", href: "#/" }, "Hosts"),
        el("h1", {}, "Realtime"),
        count,
        el("span", { class: "spring" }),
        search,
        start,
      ),
      el(
        "p",
        { class: "muted" },
        "Watch hosts second by second, for half an hour. The link may be shared with members of this account.",
      ),
      list,
    ),
    close: () => undefined,
  };
}
