/** The gateway's routes about who is told and who is on call. */
import type { Id } from "../gateway/contract";
import type { Body } from "../gateway/editing";
import type { Gateway } from "../gateway/gateway";
import type { AlertRoute, ChannelGroup, Override, Schedule, Shift } from "./contract";

type Room = "routes" | "schedules" | "groups";

const SHIFT_DAYS = 366;

function pathOf(room: Room, id?: Id, rest = ""): string {
  return id === undefined ? `/v1/${room}` : `/v1/${room}/${encodeURIComponent(id)}${rest}`;
}

export class OnCallGateway {
  constructor(private readonly gateway: Gateway) {}

  async routes(): Promise<AlertRoute[]> {
    return (await this.gateway.ask<{ routes: AlertRoute[] }>(pathOf("routes"), {})).routes;
  }

  async schedules(): Promise<Schedule[]> {
    return (await this.gateway.ask<{ schedules: Schedule[] }>(pathOf("schedules"), {})).schedules;
  }

  async groups(): Promise<ChannelGroup[]> {
    return (await this.gateway.ask<{ groups: ChannelGroup[] }>(pathOf("groups"), {})).groups;
  }

  /** Who is on call from now on, for a year. */
  async shifts(schedule: Id): Promise<Shift[]> {
    const path = pathOf("schedules", schedule, `/shifts?days=${SHIFT_DAYS}`);
    return (await this.gateway.ask<{ shifts: Shift[] }>(path, {})).shifts;
  }

  /** Makes one, or replaces the definition of the one named. */
  save(room: Room, body: Body, id?: Id): Promise<{ id: Id }> {
    return this.gateway.ask(pathOf(room, id), { method: id === undefined ? "POST" : "PUT", body });
  }

  remove(room: Room, id: Id): Promise<void> {
    return this.gateway.ask(pathOf(room, id), { method: "DELETE" });
  }

  /** Somebody is on call for a while instead of whom the rotation names. */
  takeOver(schedule: Id, body: Body): Promise<Override> {
    return this.gateway.ask(pathOf("schedules", schedule, "/overrides"), { method: "POST", body });
  }

  giveBack(schedule: Id, { from_ms, to_ms, channel }: Override): Promise<void> {
    const search = `?from_ms=${from_ms}&to_ms=${to_ms}&channel=${channel}`;
    return this.gateway.ask(pathOf("schedules", schedule, `/overrides${search}`), { method: "DELETE" });
  }
}
