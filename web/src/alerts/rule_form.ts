/** The form that makes or changes a rule, with a try on the past before it is saved. */
import type { App } from "../app";
import { formatMoment, formatSpan } from "../format";
import { selectControl, textControl } from "../forms/control";
import { type FieldSpec, Form } from "../forms/form";
import { serverNow } from "../live/server_clock";
import { deed } from "../parts/deed";
import { el, setChildren, setText } from "../parts/element";
import { soon } from "../parts/soon";
import { kindLabel } from "./channel_settings";
import type { Backtest, Rule, RuleKind } from "./contract";
import { backtestWords, matchWords, ruleFields } from "./rule_settings";

const FIRST = "threshold";
const EPISODES_SHOWN = 8;
const TYPING_MS = 400;
const RANGES = [
  ["-1d", "the last day"],
  ["-7d", "the last 7 days"],
  ["-30d", "the last 30 days"],
] as const;
const NAME: FieldSpec = {
  name: "name",
  label: "Name",
  make: (name) => textControl(name, { placeholder: "Disk full", empty: "" }),
};

/** `done` is called when it is saved, or left. */
export function ruleForm(
  app: App,
  known: readonly RuleKind[],
  rule: Rule | undefined,
  done: (saved: boolean) => void,
): HTMLElement {
  const kinds = selectControl(
    "kind",
    known.map(({ kind }) => [kind, kindLabel(kind.replace(/_/g, " "))] as const),
  );
  kinds.write(rule?.kind ?? FIRST);
  const means = el("p", { class: "muted note", testid: "rule-means" });
  const form = new Form({
    testid: "rule-form",
    save: rule ? "Save rule" : "Make rule",
    cancel: () => done(false),
    send: async (said) => {
      await app.editing.saveRule({ ...said, kind: kinds.read() }, rule?.id);
      done(true);
    },
  });
  const chooser = el(
    "div",
    { class: "field kind-field" },
    el("label", { class: "field-label", for: "field-rule-kind" }, "Kind"),
    kinds.element,
    means,
  );
  const build = () => {
    const chosen = known.find(({ kind }) => kind === kinds.read());
    const { when, how } = chosen ? ruleFields(chosen) : { when: [], how: [] };
    setText(means, chosen?.means ?? "");
    const title = rule ? `Rule ${rule.name}` : "New rule";
    form.build(
      [
        { title, fields: [NAME, ...when] },
        { title: "How it is told", fields: how, folded: true },
      ],
      [chooser],
    );
  };
  kinds.target.id = "field-rule-kind";
  kinds.target.dataset["testid"] = "field-rule-kind";
  if (rule) kinds.target.setAttribute("disabled", "");
  kinds.target.addEventListener("change", build);
  build();
  if (rule) form.write(rule);
  const read = () => {
    const said = form.read();
    return { ...said, name: said["name"] || "tried", kind: kinds.read() };
  };
  return el("div", {}, form.element, matching(app, form.element, read), trial(app, read));
}

/** What the rule is about now, as the form stands; nothing while that is no rule. */
function matching(app: App, form: HTMLElement, read: () => Record<string, unknown>): HTMLElement {
  const words = el("p", { class: "note", role: "status", testid: "rule-matches" });
  let asked = 0;
  const look = async () => {
    asked += 1;
    const mine = asked;
    // A half-filled form is refused: it says so when it is saved, not while somebody types.
    const found = await app.editing.matchRule(read()).catch(() => null);
    if (mine !== asked) return;
    setText(words, found ? matchWords(found) : "");
    words.classList.toggle("tone-warn", found !== null && found.warning !== null);
  };
  const later = soon(() => void look(), TYPING_MS);
  form.addEventListener("input", later.ask);
  form.addEventListener("change", later.ask);
  later.ask();
  return words;
}

/** A button that says what the rule would have done, as the form stands. */
function trial(app: App, read: () => Record<string, unknown>): HTMLElement {
  const range = selectControl("range", RANGES);
  range.target.setAttribute("aria-label", "Which past");
  const answer = el("div", { role: "status", testid: "rule-tried" });
  const tried = deed({
    label: "Try on the past",
    testid: "rule-try",
    act: async () => {
      setChildren(answer);
      setChildren(answer, ...shown(await app.editing.tryRule(read(), String(range.read()))));
    },
  });
  return el(
    "div",
    { class: "rule-trial" },
    el("div", { class: "alert-deeds" }, range.element, tried),
    answer,
  );
}

function shown(found: Backtest): HTMLElement[] {
  const now = serverNow();
  const rows = found.episodes
    .slice(0, EPISODES_SHOWN)
    .map((one) =>
      el(
        "tr",
        {},
        el("td", {}, formatMoment(one.started_ms, now)),
        el("td", { class: "number" }, formatSpan(one.lasted_s * 1000)),
        el("td", {}, one.title),
      ),
    );
  const left = found.fired - rows.length;
  const words = el("p", { class: "note", testid: "rule-tried-words" }, backtestWords(found));
  if (rows.length === 0) return [words];
  const more = left > 0 ? [el("p", { class: "muted note" }, `and ${left} more`)] : [];
  return [words, el("table", { class: "table-tight" }, el("tbody", {}, ...rows)), ...more];
}
