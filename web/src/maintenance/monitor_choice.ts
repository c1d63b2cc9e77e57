/** The choice of endpoints that a window is for: all, or some of a searchable list. */
import type { Endpoint } from "../endpoints/endpoint";
import type { Control } from "../forms/control";
import { el, setChildren, setText } from "../parts/element";

/** Of a thousand endpoints only so many are listed at once; searching brings the others. */
const LISTED = 60;

export function monitorChoice(name: string, endpoints: () => readonly Endpoint[]): Control {
  let chosen = new Set<string>();
  const search = el("input", {
    type: "search",
    placeholder: "Search endpoints",
    "aria-label": "Search endpoints",
  });
  const list = el("div", { class: "pick-list" });
  const note = el("p", { class: "field-hint" });
  const show = () => {
    const wanted = search.value.trim().toLowerCase();
    const all = [...endpoints()].sort((a, b) => a.monitor.name.localeCompare(b.monitor.name));
    const found = all.filter(({ monitor }) =>
      `${monitor.name} ${monitor.url}`.toLowerCase().includes(wanted),
    );
    // What is chosen stays in sight.
    found.sort((a, b) => Number(chosen.has(b.id)) - Number(chosen.has(a.id)));
    const rows = found.slice(0, LISTED).map(({ id, monitor }) => {
      const box = el("input", { type: "checkbox", name, value: id });
      box.checked = chosen.has(id);
      box.addEventListener("change", () => {
        if (box.checked) chosen.add(id);
        else chosen.delete(id);
        tell(found.length);
      });
      return el(
        "label",
        { class: "check" },
        box,
        el("span", {}, monitor.name),
        el("span", { class: "url" }, monitor.url),
      );
    });
    setChildren(list, ...(rows.length > 0 ? rows : [el("p", { class: "muted note" }, "None found")]));
    tell(found.length);
  };
  const tell = (found: number) => {
    const more = found > LISTED ? ` ${found - LISTED} more match: search to see them.` : "";
    setText(
      note,
      chosen.size === 0 ? `None chosen: it is for all endpoints.${more}` : `${chosen.size} chosen.${more}`,
    );
  };
  search.addEventListener("input", show);
  show();
  return {
    element: el("div", { class: "pick" }, search, list, note),
    target: search,
    read: () => [...chosen].map(Number),
    write(value) {
      chosen = new Set(Array.isArray(value) ? value.map(String) : []);
      show();
    },
  };
}
