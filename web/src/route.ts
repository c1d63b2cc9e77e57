/** Which page the address names. Everything lives behind `#`, so the server needs no routes. */

export type Route =
  | { page: "overview" }
  | { page: "host"; name: string; range: string | null }
  | { page: "endpoint"; id: string; range: string | null }
  | { page: "missing" };

export function readRoute(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  const parts = path.split("/").filter((part) => part !== "");
  const range = new URLSearchParams(search).get("range");
  if (parts.length === 0) return { page: "overview" };
  const [room, rest] = [parts[0], parts.slice(1).map(decode).join("/")];
  if (room === "hosts" && rest !== "") return { page: "host", name: rest, range };
  if (room === "endpoints" && rest !== "") return { page: "endpoint", id: rest, range };
  return { page: "missing" };
}

export function hostAddress(name: string, range?: string): string {
  return `#/hosts/${encodeURIComponent(name)}${range ? `?range=${range}` : ""}`;
}

export function endpointAddress(id: string, range?: string): string {
  return `#/endpoints/${encodeURIComponent(id)}${range ? `?range=${range}` : ""}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
