/** The form that makes a channel: its fields are those of the chosen kind. */
import type { App } from "../app";
import { selectControl, textControl } from "../forms/control";
import { type FieldSpec, Form } from "../forms/form";
import { el } from "../parts/element";
import { channelBody, fieldOf, kindLabel, settingsOf } from "./channel_settings";
import type { ChannelKind } from "./contract";

const FIRST = "webhook";
const NAME: FieldSpec = {
  name: "name",
  label: "Name",
  make: (name) => textControl(name, { placeholder: "ops", empty: "" }),
};

/** `done` gets a webhook's secret, which is shown once; nothing if the form was left. */
export function channelForm(
  app: App,
  known: readonly ChannelKind[],
  done: (made?: { secret?: string }) => void,
): HTMLElement {
  const kinds = selectControl(
    "kind",
    known.map(({ kind }) => [kind, kindLabel(kind)] as const),
  );
  kinds.write(FIRST);
  const form = new Form({
    testid: "channel-form",
    save: "Make channel",
    cancel: () => done(),
    send: async (said) => done(await app.editing.addChannel(channelBody(String(kinds.read()), said))),
  });
  const chooser = el(
    "div",
    { class: "field kind-field" },
    el("label", { class: "field-label", for: "field-kind" }, "Kind"),
    kinds.element,
  );
  const build = () => {
    const chosen = known.find(({ kind }) => kind === kinds.read());
    const fields = chosen ? settingsOf(chosen).map(fieldOf) : [];
    form.build([{ title: "New channel", fields: [NAME, ...fields] }], [chooser]);
  };
  kinds.target.id = "field-kind";
  kinds.target.dataset["testid"] = "field-kind";
  kinds.target.addEventListener("change", build);
  build();
  return form.element;
}
