/** The form that makes a report: what, to whom, when. */
import type { Channel } from "../alerts/contract";
import { type Control, selectControl, textControl } from "../forms/control";
import { type FieldSpec, Form } from "../forms/form";
import { ownZone } from "../maintenance/rule_form";
import { el } from "../parts/element";
import { ableChannels, KINDS, reportBody } from "./report_wording";
import type { ReportsGateway } from "./reports_gateway";

/** `done` is called when it was made, or the form was left. */
export function reportForm(
  gateway: ReportsGateway,
  channels: readonly Channel[],
  done: (made: boolean) => void,
): HTMLElement {
  const form = new Form({
    testid: "report-form",
    save: "Make report",
    cancel: () => done(false),
    send: async (said) => {
      await gateway.add(reportBody(said));
      done(true);
    },
  });
  const fields: FieldSpec[] = [
    {
      name: "name",
      label: "Name",
      make: (name) => textControl(name, { placeholder: "The week", empty: "" }),
    },
    { name: "kind", label: "Kind", make: (name) => selectControl(name, KINDS) },
    {
      name: "when",
      label: "When",
      hint: "A cron expression; empty: Monday, or each day, at 8:00",
      make: (name) => textControl(name, { placeholder: "0 8 * * mon", empty: "" }),
    },
    { name: "zone", label: "Time zone", make: (name) => textControl(name, { placeholder: "UTC" }) },
    {
      name: "channels",
      label: "To",
      wide: true,
      make: (name) => channelsControl(name, ableChannels(channels)),
    },
  ];
  form.build([{ title: "New report", fields }]);
  form.write({ kind: "weekly", zone: ownZone() });
  return form.element;
}

function channelsControl(name: string, channels: readonly Channel[]): Control {
  const boxes = channels.map(({ id }) => el("input", { type: "checkbox", name, value: String(id) }));
  const labels = channels.map((channel, at) => el("label", { class: "check" }, boxes[at], channel.name));
  const element = el("div", { class: "days", role: "group", "aria-label": "To", tabindex: "-1" }, ...labels);
  return {
    element,
    target: element,
    read: () => channels.flatMap(({ id }, at) => (boxes[at]?.checked ? [Number(id)] : [])),
    write: (value) => {
      const chosen = Array.isArray(value) ? value.map(String) : [];
      channels.forEach(({ id }, at) => {
        const box = boxes[at];
        if (box) box.checked = chosen.includes(String(id));
      });
    },
  };
}
