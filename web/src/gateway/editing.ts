/** What people may change: monitors, maintenance windows, markers, public badges; alerts, silences, channels and rules. */
import type { AlertDetail, Backtest, Matches, Rotated, Rule, Silence, Trial } from "../alerts/contract";
import type { Id, Monitor } from "./contract";
import { type Gateway, monitorPath } from "./gateway";
import type { AccountSettings, BadgeLinks, Maintenance, Marker } from "./outage_contract";

export type Body = Record<string, unknown>;

function channelPath(channel: Id, rest = ""): string {
  return `/v1/channels/${encodeURIComponent(channel)}${rest}`;
}

export class Editing {
  constructor(private readonly gateway: Gateway) {}

  /** Makes a monitor, or replaces the definition of the one named. */
  saveMonitor(body: Body, id?: string): Promise<Monitor> {
    if (id === undefined) return this.gateway.ask("/v1/monitors", { method: "POST", body });
    return this.gateway.ask(monitorPath(id), { method: "PUT", body });
  }

  removeMonitor(id: string): Promise<void> {
    return this.gateway.ask(monitorPath(id), { method: "DELETE" });
  }

  saveMaintenance(body: Body, id?: string): Promise<Maintenance> {
    if (id === undefined) return this.gateway.ask("/v1/maintenance", { method: "POST", body });
    return this.gateway.ask(`/v1/maintenance/${encodeURIComponent(id)}`, { method: "PUT", body });
  }

  removeMaintenance(id: Id): Promise<void> {
    return this.gateway.ask(`/v1/maintenance/${encodeURIComponent(id)}`, { method: "DELETE" });
  }

  addMarker(body: Body): Promise<Marker> {
    return this.gateway.ask("/v1/markers", { method: "POST", body });
  }

  removeMarker(id: Id): Promise<void> {
    return this.gateway.ask(`/v1/markers/${encodeURIComponent(id)}`, { method: "DELETE" });
  }

  /** Something done about an alert, such as `acknowledge`; the alert as it is then. */
  answerAlert(alert: string, deed: string, body: Body = {}): Promise<AlertDetail> {
    return this.gateway.ask(`/v1/alerts/${encodeURIComponent(alert)}/${deed}`, { method: "POST", body });
  }

  addSilence(body: Body): Promise<Silence> {
    return this.gateway.ask("/v1/silences", { method: "POST", body });
  }

  endSilence(silence: Id): Promise<Silence> {
    return this.gateway.ask(`/v1/silences/${encodeURIComponent(silence)}/end`, { method: "POST" });
  }

  /** Makes a channel, or changes the one named: secrets that are not said stay. What is made new tells a webhook's secret,
   * this once. */
  saveChannel(body: Body, channel?: Id): Promise<{ id: Id; secret?: string }> {
    if (channel === undefined) return this.gateway.ask("/v1/channels", { method: "POST", body });
    return this.gateway.ask(channelPath(channel), { method: "PUT", body });
  }

  /** Gives a webhook another secret; the one before signs too for `overlap_s` seconds. */
  rotateSecret(channel: Id, body: Body): Promise<Rotated> {
    return this.gateway.ask(channelPath(channel, "/rotate"), { method: "POST", body });
  }

  tryChannel(channel: Id): Promise<Trial> {
    return this.gateway.ask(channelPath(channel, "/test"), { method: "POST" });
  }

  enableChannel(channel: Id): Promise<void> {
    return this.gateway.ask(channelPath(channel, "/enable"), { method: "POST" });
  }

  removeChannel(channel: Id): Promise<void> {
    return this.gateway.ask(channelPath(channel), { method: "DELETE" });
  }

  /** Makes a rule, or replaces the definition of the one named. */
  saveRule(body: Body, id?: Id): Promise<Rule> {
    if (id === undefined) return this.gateway.ask("/v1/rules", { method: "POST", body });
    return this.gateway.ask(`/v1/rules/${encodeURIComponent(id)}`, { method: "PUT", body });
  }

  removeRule(id: Id): Promise<void> {
    return this.gateway.ask(`/v1/rules/${encodeURIComponent(id)}`, { method: "DELETE" });
  }

  /** What a rule would be about now. */
  async matchRule(rule: Body): Promise<Matches> {
    const found = await this.gateway.ask<{ matches: Matches }>("/v1/rules/match", {
      method: "POST",
      body: { rule },
    });
    return found.matches;
  }

  /** What a rule would have done; nothing is changed. */
  tryRule(rule: Body, from: string): Promise<Backtest> {
    return this.gateway.ask("/v1/rules/backtest", { method: "POST", body: { rule, from } });
  }

  publishBadges(monitor: string): Promise<BadgeLinks> {
    return this.gateway.ask(monitorPath(monitor, "/badges"), { method: "POST" });
  }

  saveAccountSettings(body: Body): Promise<AccountSettings> {
    return this.gateway.ask("/v1/account/settings", { method: "PATCH", body });
  }

  hideBadges(monitor: string): Promise<void> {
    return this.gateway.ask(monitorPath(monitor, "/badges"), { method: "DELETE" });
  }
}
