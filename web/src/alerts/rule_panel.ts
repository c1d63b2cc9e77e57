/** Rules: when there is an alert; forms to make and change them. */
import type { App } from "../app";
import { deed } from "../parts/deed";
import { el, setChildren } from "../parts/element";
import { errorState } from "../parts/states";
import { kindLabel } from "./channel_settings";
import type { Learned, Rule } from "./contract";
import { ruleForm } from "./rule_form";
import { learnedWords, ruleWords } from "./rule_settings";

const HEAD = ["Name", "Kind", "About", "Severity", ""];

export interface RulePanel {
  element: HTMLElement;
  close(): void;
}

export function rulePanel(app: App): RulePanel {
  const content = el("div");
  const making = el("div", { class: "form-inside" });
  const open = async (rule?: Rule) => {
    const kinds = await app.gateway.ruleKinds();
    setChildren(making, ruleForm(app, kinds, rule, left));
  };
  const left = (saved: boolean) => {
    setChildren(making);
    if (saved) void load();
  };
  const add = deed({ label: "New rule", testid: "rule-new", act: () => open() });
  const load = async () => {
    try {
      const found = await app.gateway.rules();
      const learns = found.some((rule) => rule.kind === "anomaly");
      const learned = learns ? await app.gateway.learned() : [];
      const nothing = el("p", { class: "muted note" }, "There is no rule: nothing is ever an alert.");
      setChildren(content, found.length === 0 ? nothing : table(found, learned));
    } catch (error) {
      setChildren(
        content,
        errorState("The rules could not be loaded", error, () => void load()),
      );
    }
  };
  const table = (found: readonly Rule[], learned: readonly Learned[]) =>
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, ...HEAD.map((label) => el("th", { scope: "col" }, label)))),
      el(
        "tbody",
        {},
        ...found.map((rule) =>
          row(
            rule,
            learned.find((one) => one.rule === rule.id),
          ),
        ),
      ),
    );
  const row = (rule: Rule, learned: Learned | undefined) =>
    el(
      "tr",
      { testid: "rule-row" },
      el("th", { scope: "row", class: "name" }, rule.name),
      el("td", {}, kindLabel(rule.kind.replace(/_/g, " "))),
      el(
        "td",
        { class: "muted" },
        learned === undefined ? ruleWords(rule) : `${ruleWords(rule)}; ${learnedWords(learned)}`,
      ),
      el("td", {}, rule.severity),
      el("td", {}, app.viewer.admin && deeds(rule)),
    );
  const deeds = (rule: Rule) => {
    const change = deed({ label: "Change", testid: "rule-change", act: () => open(rule) });
    const remove = deed({
      label: "Remove",
      testid: "rule-remove",
      confirm: "Remove it, and end its alerts?",
      act: async () => {
        await app.editing.removeRule(rule.id);
        await load();
      },
    });
    return el("div", { class: "row-deeds" }, change, remove);
  };
  const stops = [app.viewer.forAdmins(add), app.viewer.changed.on(() => void load())];
  void load();
  return {
    element: el(
      "section",
      { class: "panel block", testid: "rules", "aria-label": "Rules" },
      el("header", { class: "chart-head" }, el("h3", {}, "Rules")),
      el("div", { class: "alert-deeds" }, add),
      making,
      content,
    ),
    close() {
      for (const stop of stops) stop();
    },
  };
}
