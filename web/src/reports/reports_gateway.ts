/** The gateway's routes about scheduled reports. */
import type { Id } from "../gateway/contract";
import type { Body } from "../gateway/editing";
import type { Gateway } from "../gateway/gateway";
import type { Report, ReportDetail, ReportRun } from "./contract";

function reportPath(report: Id, rest = ""): string {
  return `/v1/reports/${encodeURIComponent(report)}${rest}`;
}

export class ReportsGateway {
  constructor(private readonly gateway: Gateway) {}

  /** All reports, each with what became of those that were sent. */
  async all(): Promise<ReportDetail[]> {
    const { reports } = await this.gateway.ask<{ reports: Report[] }>("/v1/reports", {});
    return Promise.all(reports.map(({ id }) => this.gateway.ask<ReportDetail>(reportPath(id), {})));
  }

  /** What a report would say now. */
  preview(report: Id): Promise<string> {
    return this.gateway.ask(reportPath(report, "/preview?format=text"), { text: true });
  }

  add(body: Body): Promise<Report> {
    return this.gateway.ask("/v1/reports", { method: "POST", body });
  }

  send(report: Id): Promise<ReportRun> {
    return this.gateway.ask(reportPath(report, "/send"), { method: "POST" });
  }

  remove(report: Id): Promise<void> {
    return this.gateway.ask(reportPath(report), { method: "DELETE" });
  }
}
