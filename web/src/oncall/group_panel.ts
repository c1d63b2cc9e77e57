/** Groups: named sets of channels, which rules and steps of routes name. */
import type { Channel } from "../alerts/contract";
import type { App } from "../app";
import { type Control, textControl } from "../forms/control";
import { Form } from "../forms/form";
import { deed } from "../parts/deed";
import { el, setChildren } from "../parts/element";
import type { ChannelGroup } from "./contract";
import type { Known } from "./known";
import type { OnCallGateway } from "./on_call_gateway";
import { type Panel, panelOf, rowDeeds, table } from "./panel";
import { channelName } from "./wording";

const HEAD = ["Group", "Channels", ""];

export function groupPanel(app: App, gateway: OnCallGateway, reload: () => Promise<void>): Panel {
  const content = el("div");
  const making = el("div", { class: "form-inside" });
  let known: Known | null = null;
  const edit = async (group?: ChannelGroup) => {
    const left = (saved: boolean) => {
      setChildren(making);
      if (saved) void reload();
    };
    setChildren(making, groupForm(gateway, await app.gateway.channels(), group, left));
    making.scrollIntoView({ block: "nearest" });
  };
  const add = deed({ label: "New group", testid: "group-new", act: () => edit() });
  const show = (found: Known) => {
    known = found;
    const nothing = el("p", { class: "muted note" }, "There is no group: rules and routes name channels.");
    const rows = found.sets.map((group) => row(group, found));
    setChildren(content, rows.length === 0 ? nothing : table(HEAD, rows));
  };
  const row = (group: ChannelGroup, found: Known) =>
    el(
      "tr",
      { testid: "group-row" },
      el("th", { scope: "row", class: "name" }, group.name),
      el("td", { class: "wrap" }, group.channels.map((one) => channelName(found.channels, one)).join(", ")),
      el("td", {}, app.viewer.admin && deeds(group)),
    );
  const deeds = (group: ChannelGroup) =>
    rowDeeds(
      "group",
      () => edit(group),
      () => gateway.remove("groups", group.id).then(reload),
    );
  const again = () => known && show(known);
  return panelOf(app, { testid: "groups", title: "Groups", add, making, content, show, again });
}

function groupForm(
  gateway: OnCallGateway,
  channels: readonly Channel[],
  group: ChannelGroup | undefined,
  done: (saved: boolean) => void,
): HTMLElement {
  const form = new Form({
    testid: "group-form",
    save: group ? "Save group" : "Make group",
    cancel: () => done(false),
    send: async (said) => {
      await gateway.save("groups", said, group?.id);
      done(true);
    },
  });
  form.build([
    {
      title: group ? `Group ${group.name}` : "New group",
      fields: [
        {
          name: "name",
          label: "Name",
          make: (name) => textControl(name, { placeholder: "shop team", empty: "" }),
        },
        {
          name: "channels",
          label: "Channels",
          hint: "Each is told",
          wide: true,
          make: (name) => channelsControl(name, channels),
        },
      ],
    },
  ]);
  form.write(group ? { name: group.name, channels: group.channels } : { name: "", channels: [] });
  return form.element;
}

/** A box for each channel; says the numbers of those that are chosen. */
export function channelsControl(name: string, channels: readonly Channel[]): Control {
  const boxes = channels.map((channel) => {
    const input = el("input", { type: "checkbox", testid: `channel-${channel.id}` });
    return {
      number: Number(channel.id),
      input,
      element: el("label", { class: "check" }, input, channel.name),
    };
  });
  const element = el("div", { class: "days", role: "group", "aria-label": name });
  setChildren(element, ...boxes.map((box) => box.element));
  return {
    element,
    target: boxes[0]?.input ?? element,
    read: () => boxes.flatMap(({ number, input }) => (input.checked ? [number] : [])),
    write: (value) => {
      const chosen = (value ?? []) as readonly number[];
      for (const { number, input } of boxes) input.checked = chosen.includes(number);
    },
  };
}
