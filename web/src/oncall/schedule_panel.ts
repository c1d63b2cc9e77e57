/** Schedules: who is on call now and next, who takes over, and forms to make and change them. */
import type { App } from "../app";
import { formatMoment } from "../format";
import { serverNow } from "../live/server_clock";
import { deed } from "../parts/deed";
import { el, setChildren } from "../parts/element";
import type { Override, Schedule } from "./contract";
import type { Known } from "./known";
import type { OnCallGateway } from "./on_call_gateway";
import { type Panel, panelOf, table } from "./panel";
import { scheduleForm } from "./schedule_form";
import { takeoverForm } from "./takeover_form";
import { channelName, nowAndNext, rotationText } from "./wording";

const HEAD = ["Schedule", "On call", "Until", "Next", "In turn", ""];
const OVERRIDE_HEAD = ["Takes over", "In", "From", "Until", ""];

export function schedulePanel(app: App, gateway: OnCallGateway, reload: () => Promise<void>): Panel {
  const content = el("div");
  const making = el("div", { class: "form-inside" });
  let known: Known | null = null;
  const left = (changed: boolean) => {
    setChildren(making);
    if (changed) void reload();
  };
  const edit = async (schedule?: Schedule) => {
    setChildren(making, scheduleForm(gateway, await app.gateway.channels(), schedule, left));
    making.scrollIntoView({ block: "nearest" });
  };
  const takeOver = async (schedule: Schedule) => {
    setChildren(making, takeoverForm(gateway, await app.gateway.channels(), schedule, left));
    making.scrollIntoView({ block: "nearest" });
  };
  const add = deed({ label: "New schedule", testid: "schedule-new", act: () => edit() });
  const show = (found: Known) => {
    known = found;
    const now = serverNow();
    const nothing = el("p", { class: "muted note" }, "Nobody is on call: there is no schedule.");
    const rows = found.schedules.map((schedule) => row(schedule, found, now));
    const overrides = found.schedules.flatMap((schedule) =>
      schedule.overrides
        .filter((one) => one.to_ms > now)
        .map((override) => overrideRow(schedule, override, found, now)),
    );
    setChildren(
      content,
      rows.length === 0 ? nothing : table(HEAD, rows),
      overrides.length > 0 && table(OVERRIDE_HEAD, overrides),
    );
  };
  const row = (schedule: Schedule, found: Known, now: number) => {
    const { who, until, next } = nowAndNext(found.shifts.get(schedule.id) ?? [], found.channels, now);
    return el(
      "tr",
      { testid: "schedule-row" },
      el("th", { scope: "row", class: "name" }, schedule.name),
      el("td", { testid: "on-call-now" }, el("strong", {}, who)),
      el("td", {}, until),
      el("td", { testid: "on-call-next" }, next),
      el("td", { class: "muted wrap" }, rotationText(schedule, found.channels)),
      el("td", {}, deeds(schedule)),
    );
  };
  const deeds = (schedule: Schedule) => {
    const take = deed({ label: "Take over", testid: "schedule-take", act: () => takeOver(schedule) });
    const change = deed({ label: "Change", testid: "schedule-change", act: () => edit(schedule) });
    const remove = deed({
      label: "Remove",
      testid: "schedule-remove",
      confirm: "Remove it?",
      act: async () => {
        await gateway.remove("schedules", schedule.id);
        await reload();
      },
    });
    return el(
      "div",
      { class: "row-deeds" },
      app.viewer.responder && take,
      ...(app.viewer.admin ? [change, remove] : []),
    );
  };
  const overrideRow = (schedule: Schedule, override: Override, found: Known, now: number) => {
    const end = deed({
      label: "End",
      testid: "override-end",
      act: async () => {
        await gateway.giveBack(schedule.id, override);
        await reload();
      },
    });
    return el(
      "tr",
      { testid: "override-row" },
      el("th", { scope: "row", class: "name" }, channelName(found.channels, override.channel)),
      el("td", {}, schedule.name),
      el("td", {}, override.from_ms <= now ? "now" : formatMoment(override.from_ms, now)),
      el("td", {}, formatMoment(override.to_ms, now)),
      el("td", {}, el("div", { class: "row-deeds" }, app.viewer.responder && end)),
    );
  };
  const again = () => known && show(known);
  return panelOf(app, { testid: "schedules", title: "Schedules", add, making, content, show, again });
}
