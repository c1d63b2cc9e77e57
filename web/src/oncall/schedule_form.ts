/** The form that makes or changes a schedule: who is on call in turn, and when it is handed over. */
import type { Channel } from "../alerts/contract";
import { numberControl, textControl } from "../forms/control";
import { type FieldSpec, Form } from "../forms/form";
import { serverNow } from "../live/server_clock";
import { ownZone, ZONE } from "../maintenance/rule_form";
import { toLocalInput } from "../maintenance/zone";
import { el } from "../parts/element";
import type { Schedule } from "./contract";
import type { OnCallGateway } from "./on_call_gateway";
import { type RowEditor, rowsControl } from "./row_list";

/** `done` is called when it is saved, or left. */
export function scheduleForm(
  gateway: OnCallGateway,
  channels: readonly Channel[],
  schedule: Schedule | undefined,
  done: (saved: boolean) => void,
): HTMLElement {
  const form = new Form({
    testid: "schedule-form",
    save: schedule ? "Save schedule" : "Make schedule",
    cancel: () => done(false),
    send: async (said) => {
      // Overrides are not said, so those that there are stay.
      await gateway.save("schedules", said, schedule?.id);
      done(true);
    },
  });
  const fields: FieldSpec[] = [
    {
      name: "name",
      label: "Name",
      make: (name) => textControl(name, { placeholder: "team", empty: "" }),
    },
    {
      name: "days",
      label: "Days each",
      hint: "For how many days each of them is on call",
      make: (name) => numberControl(name, { placeholder: "7" }),
    },
    {
      name: "first",
      label: "First day",
      hint: "On which the first of them begins",
      make: (name) => textControl(name, { type: "date", empty: "" }),
    },
    {
      name: "handover",
      label: "Handover at",
      make: (name) => textControl(name, { type: "time", empty: "" }),
    },
    ZONE,
    {
      name: "rotation",
      label: "In turn",
      hint: "Each person has a channel of their own",
      wide: true,
      make: (name) =>
        rowsControl(name, {
          add: "Add to the rotation",
          one: "turn",
          ordered: true,
          fresh: (rows) => channels.find(({ id }) => !rows.includes(Number(id)))?.id ?? channels[0]?.id,
          make: (value) => turnEditor(channels, value),
        }),
    },
  ];
  form.build([{ title: schedule ? `Schedule ${schedule.name}` : "New schedule", fields }]);
  const today = toLocalInput(serverNow()).slice(0, 10);
  const fresh = { days: 7, first: today, handover: "09:00", zone: ownZone(), rotation: [channels[0]?.id] };
  form.write(schedule ? { ...schedule } : fresh);
  return form.element;
}

function turnEditor(channels: readonly Channel[], value: unknown): RowEditor {
  const options = channels.map(({ id, name }) => el("option", { value: String(id) }, name));
  const select = el("select", { "aria-label": "Who", testid: "rotation-channel" }, ...options);
  select.value = String(value ?? "");
  return { element: select, read: () => Number(select.value) };
}
