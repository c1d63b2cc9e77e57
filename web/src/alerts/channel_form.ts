/** The form that makes or changes a channel: its fields are those of its kind. */
import type { App } from "../app";
import { selectControl, textControl } from "../forms/control";
import { type FieldSpec, Form } from "../forms/form";
import { el } from "../parts/element";
import { changeableSettings, channelBody, fieldOf, kindLabel, settingsOf } from "./channel_settings";
import type { Channel, ChannelKind } from "./contract";

const FIRST = "webhook";
const NAME: FieldSpec = {
  name: "name",
  label: "Name",
  make: (name) => textControl(name, { placeholder: "ops", empty: "" }),
};

/** `done` gets a new webhook's secret, which is shown once; nothing if the form was left. */
export function channelForm(
  app: App,
  known: readonly ChannelKind[],
  channel: Channel | undefined,
  done: (saved?: { secret?: string }) => void,
): HTMLElement {
  const kinds = selectControl(
    "kind",
    known.map(({ kind }) => [kind, kindLabel(kind)] as const),
  );
  kinds.write(channel?.kind ?? FIRST);
  const form = new Form({
    testid: "channel-form",
    save: channel ? "Save channel" : "Make channel",
    cancel: () => done(),
    send: async (said) =>
      done(await app.editing.saveChannel(channelBody(String(kinds.read()), said), channel?.id)),
  });
  const chooser = el(
    "div",
    { class: "field kind-field" },
    el("label", { class: "field-label", for: "field-kind" }, "Kind"),
    kinds.element,
  );
  const build = () => {
    const chosen = known.find(({ kind }) => kind === kinds.read());
    const settings = chosen ? settingsOf(chosen) : [];
    const fields = (channel ? changeableSettings(settings) : settings).map(fieldOf);
    const title = channel ? `Channel ${channel.name}` : "New channel";
    form.build([{ title, fields: [NAME, ...fields] }], [chooser]);
  };
  kinds.target.id = "field-kind";
  kinds.target.dataset["testid"] = "field-kind";
  if (channel) kinds.target.setAttribute("disabled", "");
  kinds.target.addEventListener("change", build);
  build();
  if (channel) form.write(channel);
  return form.element;
}
