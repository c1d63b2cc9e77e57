/** Asking the gateway about situations. */
import type { Gateway } from "../gateway/gateway";
import type { SituationDetail, Situations } from "./contract";

/** Those that went on since `from` (as in `-7d`), in a state or in any, the newest first. */
export async function situationsSince(
  gateway: Gateway,
  from: string,
  state: string | undefined,
  signal: AbortSignal,
): Promise<Situations> {
  const search = new URLSearchParams(state === undefined ? { from } : { from, state });
  return gateway.ask(`/v1/situations?${search}`, { signal });
}

/** One, by its number, or that of any of its alerts. */
export function situationOf(gateway: Gateway, id: string, signal: AbortSignal): Promise<SituationDetail> {
  return gateway.ask(address(id), { signal });
}

/** The draft of a post-mortem, as Markdown. */
export function postMortem(gateway: Gateway, id: string): Promise<string> {
  return gateway.ask(`${address(id)}/post-mortem`, { text: true });
}

/** Takes up all its open alerts that nobody has; of very many, the first. */
export function takeUp(gateway: Gateway, id: string): Promise<{ acknowledged: string[]; left: number }> {
  return gateway.ask(`${address(id)}/acknowledge`, { method: "POST", body: {} });
}

function address(id: string): string {
  return `/v1/situations/${encodeURIComponent(id)}`;
}
