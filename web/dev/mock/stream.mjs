/** The live stream of the stand-in gateway: reports, checks and ticks, with a short memory for reconnections. */
import { signedIn } from "./routes.mjs";

const RING = 2_000;
const GROUPS = ["cpu.", "load.", "memory.", "disk.", "diskio.", "network.", "process.", "host."];

export class Stream {
  constructor(world) {
    this.world = world;
    this.viewers = new Set();
    this.ring = [];
    this.id = 0;
    this.stalled = false;
    setInterval(() => this.reports(), world.intervalMs);
    setInterval(() => this.checks(), 2_000);
    setInterval(() => this.send("tick", { now: Date.now() }), 10_000);
  }

  open(request, response, url) {
    if (!signedIn(request)) return response.writeHead(401).end();
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.write("retry: 2000\n\n");
    const last = Number(url.searchParams.get("last_event_id") ?? 0);
    if (last > 0 && this.ring.length > 0 && last < this.ring[0].id - 1)
      response.write("event: reset\ndata: {}\n\n");
    for (const event of this.ring) if (last > 0 && event.id > last) response.write(event.text);
    this.stalled = false;
    this.viewers.add(response);
    request.on("close", () => this.viewers.delete(response));
  }

  cut() {
    for (const response of this.viewers) response.destroy();
    this.viewers.clear();
  }

  send(name, data) {
    this.id += 1;
    const text = `id: ${this.id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
    this.ring.push({ id: this.id, text });
    if (this.ring.length > RING) this.ring.shift();
    if (!this.stalled) for (const response of this.viewers) response.write(text);
  }

  reports() {
    const now = Date.now();
    const ts = now - (now % this.world.intervalMs);
    for (const host of this.world.hosts) {
      if (host.silent) continue;
      const values = this.world.values(host, ts);
      for (const group of GROUPS) {
        const own = Object.entries(values).filter(([name]) => name.startsWith(group));
        this.send("samples", { source: host.name, ts, values: Object.fromEntries(own) });
      }
    }
  }

  checks() {
    const now = Date.now();
    for (const monitor of this.world.monitors) {
      if (monitor.paused) continue;
      this.world.places.forEach((place, i) => {
        const offset = 1_000 * (monitor.seed % 50) + i * 2_000;
        const t = Math.floor((now - offset) / 60_000) * 60_000 + offset;
        if (now - t < 2_000) this.send("checks", this.world.check(monitor, place, t));
      });
    }
  }
}
