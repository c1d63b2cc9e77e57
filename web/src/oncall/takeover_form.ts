/** The form by which somebody takes over: "I am on call until …". */
import type { Channel } from "../alerts/contract";
import { selectControl } from "../forms/control";
import { type FieldSpec, Form } from "../forms/form";
import { serverNow } from "../live/server_clock";
import { momentControl } from "../maintenance/rule_form";
import type { Schedule } from "./contract";
import type { OnCallGateway } from "./on_call_gateway";

const FIRST_LENGTH_MS = 8 * 3_600_000;
const WHOLE_MS = 15 * 60_000;

/** `done` is called when it is so, or the form was left. */
export function takeoverForm(
  gateway: OnCallGateway,
  channels: readonly Channel[],
  schedule: Schedule,
  done: (taken: boolean) => void,
): HTMLElement {
  const form = new Form({
    testid: "takeover-form",
    save: "Take over",
    cancel: () => done(false),
    send: async (said) => {
      await gateway.takeOver(schedule.id, takeoverBody(said));
      done(true);
    },
  });
  const fields: FieldSpec[] = [
    {
      name: "channel",
      label: "Who",
      make: (name) =>
        selectControl(
          name,
          channels.map(({ id, name: label }) => [String(id), label] as const),
        ),
    },
    { name: "from_ms", label: "From", hint: "Empty: from now on", make: momentControl },
    {
      name: "to_ms",
      label: "Until",
      hint: "In this browser's time zone",
      make: momentControl,
    },
  ];
  form.build([{ title: `Take over in ${schedule.name}`, fields }]);
  form.write({ to_ms: Math.ceil((serverNow() + FIRST_LENGTH_MS) / WHOLE_MS) * WHOLE_MS });
  return form.element;
}

/** As the gateway takes it; without an end it says what is missing. */
export function takeoverBody(said: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...said, channel: Number(said["channel"]) };
}
