/** How many false alarms about steps of Apdex the account allows a day: seen by all, set by administrators. */
import type { App } from "../app";
import { numberControl } from "../forms/control";
import { Form } from "../forms/form";
import { deed } from "../parts/deed";
import { el, setChildren } from "../parts/element";

const NAME = "trend_false_alarms_per_day";

/** `saved` is called with the new number. */
export function trendBudget(app: App, allowed: number, saved: (allowed: number) => void): HTMLElement {
  const place = el("div", { class: "form-inside" });
  const close = () => setChildren(place);
  const open = () => {
    const form = new Form({
      testid: "trend-budget-form",
      save: "Save",
      cancel: close,
      send: async (body) => {
        const settings = await app.editing.saveAccountSettings(body);
        close();
        saved(settings.trend_false_alarms_per_day);
      },
    });
    const hint =
      "About steps, over all monitors of the account together. Fewer of them means that small changes are found later. The detectors follow within the hour.";
    const field = {
      name: NAME,
      label: "False alarms a day",
      hint,
      wide: true,
      make: (name: string) => numberControl(name),
    };
    form.build([{ title: "False alarms that are allowed", fields: [field] }]);
    form.write({ [NAME]: allowed });
    setChildren(place, form.element);
    form.focus(NAME);
  };
  const change = deed({
    label: "Change the allowance",
    testid: "trend-budget",
    class: "button-quiet",
    act: async () => open(),
  });
  return el("div", { class: "trend-budget" }, change, place);
}
