/**
 * A small stand-in for the gateway, to look at the dashboard without one: `npm run dev:mock`.
 * It serves the built pages and the routes the dashboard uses, over an invented world that moves.
 * Environment: PORT, HOSTS, MONITORS, SECOND=1 (reports every second), READER=1 (nothing may be changed). Sign in as a@b.co / password.
 * POST /mock/outage?seconds=20 cuts every stream and refuses requests; POST /mock/stall goes silent.
 */
import { createServer } from "node:http";
import { description } from "./mock/outages.mjs";
import { routes } from "./mock/routes.mjs";
import { serveFile } from "./mock/static.mjs";
import { Stream } from "./mock/stream.mjs";
import { World } from "./mock/world.mjs";

const port = Number(process.env.PORT ?? 8737);
const world = new World({
  hosts: Number(process.env.HOSTS ?? 6),
  monitors: Number(process.env.MONITORS ?? 9),
  intervalMs: process.env.SECOND === "1" ? 1_000 : 10_000,
});
const stream = new Stream(world);
let awayUntil = 0;

const server = createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  let body = "";
  for await (const part of request) body += part;
  if (url.pathname === "/mock/outage") {
    awayUntil = Date.now() + Number(url.searchParams.get("seconds") ?? 20) * 1000;
    stream.cut();
    return response.writeHead(204).end();
  }
  if (url.pathname === "/mock/stall") {
    stream.stalled = true;
    return response.writeHead(204).end();
  }
  if (url.pathname === "/openapi.json") {
    return response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(description()));
  }
  if (!url.pathname.startsWith("/v1/")) return serveFile(url.pathname, response);
  if (Date.now() < awayUntil) return request.socket.destroy();
  if (url.pathname === "/v1/stream") return stream.open(request, response, url);
  return routes(world, request, response, url, body);
});
server.listen(port, "127.0.0.1", () => console.log(`mock gateway: http://127.0.0.1:${port}/`));
