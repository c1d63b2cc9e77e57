/** The routes of the stand-in gateway except the stream. */
import * as answers from "./answers.mjs";
import * as outages from "./outages.mjs";

const EXPIRES_S = Number(process.env.EXPIRES ?? 900);
const tokens = new Set();
let counter = 0;
let failures = 0;

function json(response, status, value, headers = {}) {
  const type = status >= 400 ? "application/problem+json" : "application/json";
  response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store", ...headers });
  response.end(value === undefined ? "" : JSON.stringify(value));
}

function problem(response, status, title, detail, headers) {
  json(response, status, { type: "about:blank", title, status, detail }, headers);
}

export function signedIn(request) {
  return (request.headers.cookie ?? "").includes("vedette_refresh=yes");
}

function login(response) {
  counter += 1;
  const access_token = `mock-${counter}`;
  tokens.add(access_token);
  json(
    response,
    200,
    { access_token, token_type: "Bearer", expires_in: EXPIRES_S },
    { "Set-Cookie": "vedette_refresh=yes; HttpOnly; SameSite=Strict; Path=/v1" },
  );
}

function auth(action, request, response, body) {
  if (action === "refresh") {
    if (signedIn(request)) return login(response);
    return problem(response, 401, "No session", "Sign in again.");
  }
  if (action === "logout") {
    response.writeHead(204, { "Set-Cookie": "vedette_refresh=; Path=/v1; Max-Age=0" });
    return response.end();
  }
  const { password } = JSON.parse(body || "{}");
  if (failures >= 5) return problem(response, 429, "Too many tries", "", { "Retry-After": "30" });
  if (password === "password") return login(response);
  failures += 1;
  return problem(response, 401, "Wrong email or password", "");
}

/** Null: there is no such thing; undefined: another route's. */
function aroundOf(world, parts, parameters) {
  const [room, id] = parts;
  if (room === "incidents") {
    return id ? outages.incident(world, id) : { incidents: outages.incidents(world, parameters) };
  }
  if (room === "maintenance") return { maintenance: outages.maintenance(world) };
  if (room !== "markers") return undefined;
  if (parts[2] === "compare") return outages.comparison(Number(parameters.get("monitor")), Number(id));
  return { markers: outages.markers(world, parameters) };
}

export function routes(world, request, response, url, body) {
  const parts = url.pathname.split("/").slice(2).map(decodeURIComponent);
  const parameters = url.searchParams;
  if (parts[0] === "auth") return auth(parts[1], request, response, body);
  const bearer = (request.headers.authorization ?? "").replace("Bearer ", "");
  if (!tokens.has(bearer)) return problem(response, 401, "Not signed in", "The token is not known.");
  if (parts[0] === "me") {
    return json(response, 200, {
      email: "anna@example.com",
      account: { id: "1", name: "Harbour" },
      scopes: process.env.READER === "1" ? ["read"] : ["admin", "read"],
    });
  }
  if (parts[0] === "sources") return json(response, 200, { sources: answers.sources(world) });
  if (parts[0] === "query") return json(response, 200, answers.query(world, parameters));
  const around = aroundOf(world, parts, parameters);
  if (around !== undefined) {
    return around === null ? problem(response, 404, "Not found", "") : json(response, 200, around);
  }
  if (parts[0] === "alerts") return json(response, 200, { alerts: answers.alerts(world) });
  if (parts[0] === "monitors" && parts.length === 1) {
    const monitors = world.monitors.map((monitor) => answers.monitorAnswer(world, monitor));
    return json(response, 200, { monitors });
  }
  const monitor = world.monitors.find((candidate) => String(candidate.id) === parts[1]);
  if (parts[0] !== "monitors" || !monitor)
    return problem(response, 404, "Not found", "There is no such thing.");
  if (parts.length === 2) return json(response, 200, answers.monitorAnswer(world, monitor));
  if (parts[2] === "history") return json(response, 200, answers.history(world, monitor, parameters));
  if (parts[2] === "trend") return json(response, 200, outages.trend(monitor));
  if (parts[2] === "uptime") return json(response, 200, outages.uptime(world, monitor, parameters));
  if (parts[2] === "pings") return json(response, 200, { pings: outages.pings() });
  if (parts[2] === "ping-url")
    return json(response, 200, { ping: "/v1/ping/3f9c", fail: "/v1/ping/3f9c/fail" });
  if (parts[2] === "badges") return problem(response, 404, "Not found", "The badges are not public.");
  const limit = Number(parameters.get("limit") ?? 50);
  return json(response, 200, { checks: answers.checksOf(world, monitor, limit) });
}
