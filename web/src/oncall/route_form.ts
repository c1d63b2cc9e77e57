/** The form that makes or changes a route: which alerts, when, and who is told after how long. */
import type { Channel } from "../alerts/contract";
import { type Control, numberControl, selectControl, textControl } from "../forms/control";
import { type FieldSpec, Form } from "../forms/form";
import { daysControl, ownZone, ZONE } from "../maintenance/rule_form";
import type { AlertRoute, ChannelGroup, Schedule } from "./contract";
import type { OnCallGateway } from "./on_call_gateway";
import { stepsControl } from "./steps_control";
import { spanOf, spanText } from "./wording";

const DAYS = [0, 1, 2, 3, 4, 5, 6];

/** `done` is called when it is saved, or left. */
export function routeForm(
  gateway: OnCallGateway,
  known: { channels: readonly Channel[]; groups: readonly ChannelGroup[]; schedules: readonly Schedule[] },
  route: AlertRoute | undefined,
  done: (saved: boolean) => void,
): HTMLElement {
  const form = new Form({
    testid: "route-form",
    save: route ? "Save route" : "Make route",
    cancel: () => done(false),
    prefixes: ["hours"],
    send: async (said) => {
      await gateway.save("routes", routeBody(said), route?.id);
      done(true);
    },
  });
  const what: FieldSpec[] = [
    {
      name: "name",
      label: "Name",
      make: (name) => textControl(name, { placeholder: "nights", empty: "" }),
    },
    {
      name: "match",
      label: "Alerts",
      hint: "By their labels: severity, rule, source, role, monitor, model …; empty: all of them",
      make: (name) => textControl(name, { placeholder: '{severity="critical",role="db"}', empty: null }),
    },
    {
      name: "position",
      label: "Position",
      hint: "Smaller ones are asked first; the first that matches counts",
      make: (name) => numberControl(name, { placeholder: "0" }),
    },
  ];
  const when: FieldSpec[] = [
    {
      name: "always",
      label: "It takes alerts",
      make: (name) =>
        selectControl(name, [
          ["yes", "at any time"],
          ["no", "in these hours only"],
        ]),
    },
    { name: "since", label: "From", make: (name) => textControl(name, { type: "time", empty: "" }) },
    {
      name: "until",
      label: "Until",
      hint: "Before the beginning: of the next day",
      make: (name) => textControl(name, { type: "time", empty: "" }),
    },
    ZONE,
    { name: "days", label: "Days", wide: true, make: daysControl },
  ];
  const who: FieldSpec[] = [
    {
      name: "steps",
      label: "Steps",
      hint: "The escalation: each is told unless somebody has acknowledged the alert before; none: nobody is told",
      wide: true,
      make: (name) => stepsControl(name, known),
    },
    {
      name: "remind_s",
      label: "Remind each",
      hint: "While it fires and nobody acknowledges it, as 1h; empty: never",
      make: (name) => spanControl(name, null),
    },
    {
      name: "group_s",
      label: "Wait for others",
      hint: "To go as one message, as 30s; empty: not at all",
      make: (name) => spanControl(name, 0),
    },
  ];
  form.build([
    { title: route ? `Route ${route.name}` : "New route", fields: what },
    { title: "When", fields: when },
    { title: "Who is told", fields: who },
  ]);
  const choice = form.element.querySelector<HTMLSelectElement>("#field-always");
  const adapt = () => {
    for (const name of ["since", "until", "zone", "days"]) {
      const field = form.element.querySelector(`#field-${name}`)?.closest<HTMLElement>(".field");
      if (field) field.hidden = choice?.value !== "no";
    }
  };
  choice?.addEventListener("change", adapt);
  form.write(routeValues(route, known.channels));
  adapt();
  return form.element;
}

/** What the form shows of a route; of none, what a new one begins with. */
export function routeValues(
  route: AlertRoute | undefined,
  channels: readonly Channel[],
): Record<string, unknown> {
  const hours = route?.hours ?? { days: DAYS, since: "18:00", until: "08:00", zone: ownZone() };
  const always = route?.hours ? "no" : "yes";
  if (route) return { ...route, ...hours, always };
  const first = channels[0]
    ? [{ after_s: 0, channels: [Number(channels[0].id)], groups: [], schedules: [] }]
    : [];
  return { ...hours, always, steps: first };
}

/** What a form says as the gateway takes it. */
export function routeBody(said: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { always, days, since, until, zone, ...rest } = said;
  // Without a zone it is the gateway's own.
  const hours = { days, since, until, ...(zone === undefined ? {} : { zone }) };
  return { ...rest, hours: always === "no" ? hours : null };
}

/** A span such as `15m`; an emptied one says `empty`. */
function spanControl(name: string, empty: null | 0): Control {
  const text = textControl(name, { placeholder: "1h", empty: "" });
  return {
    ...text,
    read: () => (text.read() === "" ? empty : spanOf(String(text.read()))),
    write: (value) => text.write(typeof value === "number" && value > 0 ? spanText(value) : ""),
  };
}
