/** Silences: those that hold now or later, and a line to make one. */
import type { App } from "../app";
import { formatMoment } from "../format";
import { serverNow } from "../live/server_clock";
import { deed } from "../parts/deed";
import { el, setChildren } from "../parts/element";
import { errorState } from "../parts/states";
import type { Silence } from "./contract";

const LENGTHS: readonly [number, string][] = [
  [60, "1 hour"],
  [240, "4 hours"],
  [1_440, "1 day"],
  [10_080, "7 days"],
];
const HEAD = ["Alerts", "From", "Until", "By", "Reason", ""];

export interface SilencePanel {
  element: HTMLElement;
  close(): void;
}

export function silencePanel(app: App): SilencePanel {
  const content = el("div");
  const selector = el("input", {
    type: "text",
    class: "filter",
    placeholder: '{source="web-1"}',
    "aria-label": "Which alerts",
    testid: "silence-selector",
    spellcheck: "false",
    autocomplete: "off",
  });
  const reason = el("input", {
    type: "text",
    class: "filter",
    placeholder: "Why",
    "aria-label": "Why",
    maxlength: "2000",
    testid: "silence-reason",
  });
  const length = el(
    "select",
    { "aria-label": "For how long", testid: "silence-length" },
    ...LENGTHS.map(([minutes, label]) => el("option", { value: String(minutes) }, label)),
  );
  const add = deed({
    label: "Silence",
    testid: "silence-add",
    act: async () => {
      const minutes = Number(length.value);
      await app.editing.addSilence({ selector: selector.value.trim(), minutes, reason: reason.value.trim() });
      selector.value = reason.value = "";
      await load();
    },
  });
  const form = el("div", { class: "alert-deeds" }, selector, length, reason, add);
  const load = async () => {
    try {
      const found = await app.gateway.silences();
      const nothing = el("p", { class: "muted note" }, "No silence holds.");
      setChildren(content, found.length === 0 ? nothing : table(found));
    } catch (error) {
      setChildren(
        content,
        errorState("The silences could not be loaded", error, () => void load()),
      );
    }
  };
  const table = (found: readonly Silence[]) =>
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, ...HEAD.map((label) => el("th", { scope: "col" }, label)))),
      el("tbody", {}, ...found.map(row)),
    );
  const row = (silence: Silence) => {
    const now = serverNow();
    const end = deed({
      label: "End",
      testid: "silence-end",
      act: async () => {
        await app.editing.endSilence(silence.id);
        await load();
      },
    });
    return el(
      "tr",
      { testid: "silence-row" },
      el("th", { scope: "row" }, el("code", {}, silence.selector)),
      el("td", {}, silence.active ? "now" : formatMoment(silence.from_ms, now)),
      el("td", {}, formatMoment(silence.to_ms, now)),
      el("td", { class: "muted" }, silence.author),
      el("td", { class: "muted" }, silence.reason),
      el("td", {}, app.viewer.responder && end),
    );
  };
  const stops = [app.viewer.forResponders(form), app.viewer.changed.on(() => void load())];
  void load();
  return {
    element: el(
      "section",
      { class: "panel block", testid: "silences", "aria-label": "Silences" },
      el("header", { class: "chart-head" }, el("h3", {}, "Silences")),
      form,
      content,
    ),
    close() {
      for (const stop of stops) stop();
    },
  };
}
