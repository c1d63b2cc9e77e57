/** Scheduled reports: what is sent when, how it looks, and what became of the last one. */
import type { App } from "../app";
import { formatMoment } from "../format";
import { serverNow } from "../live/server_clock";
import { deed } from "../parts/deed";
import { el, setChildren, setText } from "../parts/element";
import { errorState } from "../parts/states";
import type { ReportDetail } from "./contract";
import { reportForm } from "./report_form";
import { kindText, lastText } from "./report_wording";
import { ReportsGateway } from "./reports_gateway";

const HEAD = ["Report", "Kind", "When", "Due next", "Last", ""];

export interface ReportPanel {
  element: HTMLElement;
  close(): void;
}

export function reportPanel(app: App): ReportPanel {
  const gateway = new ReportsGateway(app.gateway);
  const content = el("div");
  const making = el("div", { class: "form-inside" });
  const preview = el("pre", { testid: "report-preview", hidden: true, tabindex: "0" });
  const add = deed({
    label: "New report",
    testid: "report-new",
    act: async () => {
      const channels = await app.gateway.channels();
      const done = (made: boolean) => {
        setChildren(making);
        if (made) void load();
      };
      setChildren(making, reportForm(gateway, channels, done));
    },
  });
  const load = async () => {
    try {
      const found = await gateway.all();
      const nothing = el("p", { class: "muted note" }, "No report is sent.");
      setChildren(content, found.length === 0 ? nothing : table(found));
    } catch (error) {
      setChildren(
        content,
        errorState("The reports could not be loaded", error, () => void load()),
      );
    }
  };
  const table = (found: readonly ReportDetail[]) =>
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, ...HEAD.map((label) => el("th", { scope: "col" }, label)))),
      el("tbody", {}, ...found.map(row)),
    );
  const row = (report: ReportDetail) => {
    const now = serverNow();
    return el(
      "tr",
      { testid: "report-row" },
      el("th", { scope: "row", class: "name" }, report.name),
      el("td", {}, kindText(report.kind)),
      el("td", {}, el("code", {}, report.when), el("span", { class: "muted" }, ` ${report.zone}`)),
      el("td", {}, report.next_ms === null ? "never" : formatMoment(report.next_ms, now)),
      el("td", { class: "muted", testid: "report-last" }, lastText(report, now)),
      el("td", {}, deeds(report)),
    );
  };
  const deeds = ({ id }: ReportDetail) => {
    const show = deed({
      label: "Preview",
      testid: "report-show",
      act: async () => {
        setText(preview, await gateway.preview(id));
        preview.hidden = false;
        preview.focus();
      },
    });
    const send = deed({
      label: "Send now",
      testid: "report-send",
      act: async () => {
        await gateway.send(id);
        await load();
      },
    });
    const remove = deed({
      label: "Remove",
      testid: "report-remove",
      confirm: "Remove it, with what is known of those sent?",
      act: async () => {
        await gateway.remove(id);
        preview.hidden = true;
        await load();
      },
    });
    return el("div", { class: "row-deeds" }, show, ...(app.viewer.admin ? [send, remove] : []));
  };
  const stops = [app.viewer.forAdmins(add), app.viewer.changed.on(() => void load())];
  void load();
  return {
    element: el(
      "section",
      { class: "panel block", testid: "reports", "aria-label": "Reports" },
      el("header", { class: "chart-head" }, el("h3", {}, "Reports")),
      el("div", { class: "alert-deeds" }, add),
      making,
      content,
      preview,
    ),
    close() {
      for (const stop of stops) stop();
    },
  };
}
