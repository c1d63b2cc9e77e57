/** Channels: where notifications go, whether they arrive there, and forms to make and change one and to rotate secrets. */
import type { App } from "../app";
import { serverNow } from "../live/server_clock";
import { stateBadge } from "../parts/badge";
import { deed } from "../parts/deed";
import { el, setChildren, setText } from "../parts/element";
import { errorState } from "../parts/states";
import { channelForm } from "./channel_form";
import { kindLabel, rotationWords, trialWords } from "./channel_settings";
import type { Channel } from "./contract";
import { rotationForm } from "./rotation_form";

const HEAD = ["Name", "Kind", "State", ""];

export interface ChannelPanel {
  element: HTMLElement;
  close(): void;
}

export function channelPanel(app: App): ChannelPanel {
  const content = el("div");
  const note = el("p", { class: "muted note", role: "status", testid: "channel-secret", hidden: true });
  const making = el("div", { class: "form-inside" });
  const add = deed({
    label: "New channel",
    testid: "channel-new",
    act: () => edit(),
  });
  const edit = async (channel?: Channel) => {
    const kinds = await app.gateway.channelKinds();
    note.hidden = true;
    setChildren(making, channelForm(app, kinds, channel, saved));
    making.scrollIntoView({ block: "nearest" });
  };
  const saved = (channel?: { secret?: string }) => {
    setChildren(making);
    if (channel === undefined) return;
    note.hidden = channel.secret === undefined;
    setChildren(
      note,
      "Its messages are signed with this secret, shown once: ",
      el("code", {}, channel.secret),
    );
    void load();
  };
  const load = async () => {
    try {
      const found = await app.gateway.channels();
      const nothing = el("p", { class: "muted note" }, "Notifications go nowhere: there is no channel.");
      setChildren(content, found.length === 0 ? nothing : table(found));
    } catch (error) {
      setChildren(
        content,
        errorState("The channels could not be loaded", error, () => void load()),
      );
    }
  };
  const table = (found: readonly Channel[]) =>
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, ...HEAD.map((label) => el("th", { scope: "col" }, label)))),
      el("tbody", {}, ...found.map(row)),
    );
  const row = (channel: Channel) => {
    const reason = channel.disabled_reason;
    const both = rotationWords(channel, serverNow());
    return el(
      "tr",
      { testid: "channel-row" },
      el("th", { scope: "row", class: "name" }, channel.name),
      el("td", {}, kindLabel(channel.kind)),
      el(
        "td",
        { testid: "channel-state" },
        reason === null ? stateBadge("up", "in use") : stateBadge("down", "disabled"),
        reason !== null && el("span", { class: "muted" }, ` ${reason}`),
        both !== "" && el("span", { class: "muted", testid: "channel-both" }, ` ${both}`),
      ),
      el("td", {}, app.viewer.admin && deeds(channel)),
    );
  };
  const deeds = (channel: Channel) => {
    const answer = el("span", { class: "muted", role: "status", testid: "channel-answer" });
    const test = deed({
      label: "Test",
      testid: "channel-test",
      act: async () => {
        setText(answer, "");
        setText(answer, trialWords(await app.editing.tryChannel(channel.id)));
      },
    });
    const change = deed({ label: "Change", testid: "channel-change", act: () => edit(channel) });
    const rotate = deed({
      label: "Rotate secret",
      testid: "channel-rotate",
      act: async () => {
        note.hidden = true;
        setChildren(making, rotationForm(app, channel, saved));
        making.scrollIntoView({ block: "nearest" });
      },
    });
    const enable = deed({
      label: "Enable",
      testid: "channel-enable",
      act: async () => {
        await app.editing.enableChannel(channel.id);
        await load();
      },
    });
    const remove = deed({
      label: "Remove",
      testid: "channel-remove",
      confirm: "Remove it, with what waits for it?",
      act: async () => {
        await app.editing.removeChannel(channel.id);
        await load();
      },
    });
    const enabling = channel.disabled_reason === null ? null : enable;
    const rotating = channel.kind === "webhook" ? rotate : null;
    return el("div", { class: "row-deeds" }, test, change, rotating, enabling, remove, answer);
  };
  const stops = [app.viewer.forAdmins(add), app.viewer.changed.on(() => void load())];
  void load();
  return {
    element: el(
      "section",
      { class: "panel block", testid: "channels", "aria-label": "Channels" },
      el("header", { class: "chart-head" }, el("h3", {}, "Channels")),
      el("div", { class: "alert-deeds" }, add),
      note,
      making,
      content,
    ),
    close() {
      for (const stop of stops) stop();
    },
  };
}
