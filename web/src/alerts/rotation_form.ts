/** The form that gives a webhook another secret, with a time in which both sign. */
import type { App } from "../app";
import { selectControl, textControl } from "../forms/control";
import { type FieldSpec, Form } from "../forms/form";
import type { Channel, Rotated } from "./contract";

const OVERLAPS: readonly (readonly [string, string])[] = [
  ["0", "the new one only, at once"],
  ["3600", "both for an hour"],
  ["86400", "both for a day"],
  ["604800", "both for 7 days"],
  ["2592000", "both for 30 days"],
];
const FIRST = "86400";
const FIELDS: readonly FieldSpec[] = [
  {
    name: "overlap_s",
    label: "Messages are signed with",
    hint: "A receiver that knows either secret goes on: give it the new one meanwhile",
    make: (name) => selectControl(name, OVERLAPS),
  },
  {
    name: "secret",
    label: "New secret",
    hint: "16 to 200 characters; empty: one is made",
    make: (name) => textControl(name, { type: "password" }),
  },
];

/** `done` gets the new secret; nothing if the form was left. */
export function rotationForm(app: App, channel: Channel, done: (rotated?: Rotated) => void): HTMLElement {
  const form = new Form({
    testid: "rotation-form",
    save: "Rotate secret",
    cancel: () => done(),
    send: async (said) => done(await app.editing.rotateSecret(channel.id, rotationBody(said))),
  });
  form.build([{ title: `Another secret for ${channel.name}`, fields: FIELDS }]);
  form.write({ overlap_s: FIRST });
  return form.element;
}

export function rotationBody(said: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...said, overlap_s: Number(said["overlap_s"]) };
}
