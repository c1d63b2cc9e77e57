/** Scheduled reports, and what became of those that were sent, as the gateway tells them. */
import type { Id } from "../gateway/contract";

export interface Report {
  id: Id;
  name: string;
  kind: "weekly" | "daily";
  channels: Id[];
  when: string;
  zone: string;
  /** When it is due next; null: never again. */
  next_ms: number | null;
}

export interface ReportDelivery {
  channel: string;
  state: "pending" | "delivered" | "failed" | "dropped";
  attempts: number;
  answer: string | null;
  delivered_ms: number | null;
}

export interface ReportRun {
  id: string;
  due_ms: number;
  by_hand: string | null;
  state: "made" | "skipped";
  reason: string | null;
  notifications: ReportDelivery[];
}

export interface ReportDetail extends Report {
  runs: ReportRun[];
}
