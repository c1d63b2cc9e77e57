/** Which page the address names. Everything lives behind `#`, so the server needs no routes. */

export type Route =
  | { page: "overview" }
  | { page: "host"; name: string; range: string | null }
  | { page: "endpoint"; id: string; range: string | null }
  | { page: "endpoint form"; id: string | null }
  | { page: "incidents"; state: string | null; range: string | null }
  | { page: "incident"; id: string }
  | { page: "alerts"; state: string | null }
  | { page: "alert"; id: string }
  | { page: "situations"; state: string | null; range: string | null }
  | { page: "situation"; id: string }
  | { page: "realtime"; id: string }
  | { page: "choose hosts"; hosts: string[] }
  | { page: "maintenance" }
  | { page: "maintenance form"; id: string | null }
  | { page: "on call" }
  | { page: "models" }
  | { page: "model"; id: string }
  | { page: "missing" };

export function readRoute(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  const parts = path.split("/").filter((part) => part !== "");
  const parameters = new URLSearchParams(search);
  const range = parameters.get("range");
  if (parts.length === 0) return { page: "overview" };
  const [room, rest] = [parts[0], parts.slice(1).map(decode)];
  const name = rest.join("/");
  switch (room) {
    case "hosts":
      return name === "" ? { page: "missing" } : { page: "host", name, range };
    case "endpoints":
      return endpointRoute(rest, range);
    case "incidents":
      if (name !== "") return { page: "incident", id: name };
      return { page: "incidents", state: parameters.get("state"), range };
    case "alerts":
      if (name !== "") return { page: "alert", id: name };
      return { page: "alerts", state: parameters.get("state") };
    case "situations":
      if (name !== "") return { page: "situation", id: name };
      return { page: "situations", state: parameters.get("state"), range };
    case "realtime":
      if (name !== "") return { page: "realtime", id: name };
      return { page: "choose hosts", hosts: parameters.getAll("host") };
    case "maintenance":
      if (name === "") return { page: "maintenance" };
      return { page: "maintenance form", id: name === "new" ? null : name };
    case "on-call":
      return name === "" ? { page: "on call" } : { page: "missing" };
    case "models":
      return name === "" ? { page: "models" } : { page: "model", id: name };
    default:
      return { page: "missing" };
  }
}

function endpointRoute(rest: string[], range: string | null): Route {
  const [id = "", what] = rest;
  if (id === "new") return { page: "endpoint form", id: null };
  if (what === "edit" && rest.length === 2) return { page: "endpoint form", id };
  return id === "" ? { page: "missing" } : { page: "endpoint", id: rest.join("/"), range };
}

export const HOME = "#/";
export const NEW_ENDPOINT = "#/endpoints/new";
export const MAINTENANCE = "#/maintenance";
export const ALERTS = "#/alerts";
export const ON_CALL = "#/on-call";
export const SITUATIONS = "#/situations";
export const MODELS = "#/models";
export const NEW_MAINTENANCE = "#/maintenance/new";

export function hostAddress(name: string, range?: string): string {
  return `#/hosts/${encodeURIComponent(name)}${range ? `?range=${range}` : ""}`;
}

export function alertAddress(id: string | number): string {
  return `${ALERTS}/${encodeURIComponent(id)}`;
}

export function situationsAddress(state?: string | null, range?: string): string {
  return withChoices(SITUATIONS, state, range);
}

export function situationAddress(id: string | number): string {
  return `${SITUATIONS}/${encodeURIComponent(id)}`;
}

export function realtimeAddress(id: string): string {
  return `#/realtime/${encodeURIComponent(id)}`;
}

export function chooseAddress(hosts: readonly string[]): string {
  const search = new URLSearchParams(hosts.map((host) => ["host", host]));
  return `#/realtime${hosts.length > 0 ? `?${search}` : ""}`;
}

export function endpointAddress(id: string | number, range?: string): string {
  return `#/endpoints/${encodeURIComponent(id)}${range ? `?range=${range}` : ""}`;
}

export function endpointFormAddress(id: string | number): string {
  return `#/endpoints/${encodeURIComponent(id)}/edit`;
}

export function incidentsAddress(state?: string | null, range?: string): string {
  return withChoices("#/incidents", state, range);
}

export function modelAddress(id: string | number): string {
  return `${MODELS}/${encodeURIComponent(id)}`;
}

export function incidentAddress(id: string): string {
  return `#/incidents/${encodeURIComponent(id)}`;
}

export function maintenanceAddress(id: string | number): string {
  return `#/maintenance/${encodeURIComponent(id)}`;
}

function withChoices(address: string, state?: string | null, range?: string): string {
  const search = new URLSearchParams();
  if (state) search.set("state", state);
  if (range) search.set("range", range);
  const text = search.toString();
  return `${address}${text === "" ? "" : `?${text}`}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
