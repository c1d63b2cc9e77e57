/** All that the page of who is on call shows, read together. */
import type { Gateway } from "../gateway/gateway";
import type { AlertRoute, ChannelGroup, Schedule, Shift } from "./contract";
import type { OnCallGateway } from "./on_call_gateway";
import { type Names, namesOf } from "./wording";

export interface Known {
  channels: Names;
  groups: Names;
  sets: ChannelGroup[];
  schedules: Schedule[];
  routes: AlertRoute[];
  /** By schedule, from now on. */
  shifts: ReadonlyMap<Schedule["id"], Shift[]>;
}

export async function readKnown(gateway: Gateway, onCall: OnCallGateway): Promise<Known> {
  const [channels, groups, schedules, routes] = await Promise.all([
    gateway.channels(),
    onCall.groups(),
    onCall.schedules(),
    onCall.routes(),
  ]);
  const shifts = await Promise.all(schedules.map(async ({ id }) => [id, await onCall.shifts(id)] as const));
  return {
    channels: namesOf(channels),
    groups: namesOf(groups),
    sets: groups,
    schedules,
    routes,
    shifts: new Map(shifts),
  };
}
