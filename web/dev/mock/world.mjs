/** An invented world: what each host and endpoint does at any moment, as a function of time alone. */

const ROLES = ["web", "api", "db", "cache", "queue", "build"];
const COMMANDS = [
  "postgres",
  "python3",
  "nginx",
  "redis-server",
  "node",
  "bytewax",
  "kafka",
  "systemd-journald",
  "sshd",
  "dockerd",
  "cron",
  "vedette",
];
const PLACES = ["fra", "iad", "sin"];
const GIB = 2 ** 30;

/** Deterministic noise in 0..1 for a whole number and a seed. */
export function noise(n, seed) {
  let x = (Math.imul(n | 0, 374761393) + Math.imul(seed | 0, 668265263)) | 0;
  x = Math.imul(x ^ (x >>> 13), 1274126177);
  return ((x ^ (x >>> 16)) >>> 0) / 4294967296;
}

function wave(t, period, seed) {
  return (Math.sin((t / period) * 2 * Math.PI + seed * 2.1) + 1) / 2;
}

export class World {
  constructor({ hosts, monitors, intervalMs }) {
    this.intervalMs = intervalMs;
    this.started = Date.now();
    this.hosts = Array.from({ length: hosts }, (_, i) => ({
      name: `${ROLES[i % ROLES.length]}-${1 + Math.floor(i / ROLES.length)}`,
      seed: i + 1,
      silent: i % 9 === 4,
    }));
    this.monitors = Array.from({ length: monitors }, (_, i) => this.monitor(i));
  }

  monitor(i) {
    const names = [
      "Shop",
      "Checkout API",
      "Search",
      "Login",
      "Docs",
      "Status page",
      "Images",
      "Webhooks",
      "Admin",
    ];
    const name = `${names[i % names.length]}${i >= names.length ? ` ${1 + Math.floor(i / names.length)}` : ""}`;
    const bad = i % 37 === 2 ? "down" : i % 23 === 5 ? "degraded" : null;
    const paused = i % 41 === 7;
    return {
      id: i + 1,
      name,
      seed: i + 101,
      bad,
      paused,
      slug: name.toLowerCase().replaceAll(" ", "-"),
    };
  }

  /** All values of one host at time `t` (ms); totals for counters. */
  values(host, t) {
    const s = host.seed;
    const n = Math.floor(t / this.intervalMs);
    const busy = 0.08 + 0.35 * wave(t, 420_000, s) * wave(t, 2_900_000, s * 3) + 0.1 * noise(n, s);
    const spike = noise(Math.floor(t / 90_000), s * 7) > 0.93 ? 0.3 : 0;
    const user = Math.min(0.8, busy + spike);
    const system = 0.03 + 0.25 * user * noise(n, s + 50);
    const iowait = 0.04 * noise(n, s + 60) + (spike ? 0.08 : 0);
    const steal = 0.01 * noise(n, s + 70);
    const total = (s % 2 ? 16 : 64) * GIB;
    const used = total * (0.35 + 0.1 * wave(t, 3_600_000, s) + 0.02 * noise(n, s + 80));
    const values = {
      "cpu.user_ratio": user,
      "cpu.system_ratio": system,
      "cpu.iowait_ratio": iowait,
      "cpu.steal_ratio": steal,
      "cpu.used_ratio": Math.min(1, user + system + steal),
      "load.1m": user * 8 + noise(n, s),
      "load.5m": (0.1 + 0.2 * wave(t, 2_900_000, s * 3)) * 8,
      "load.15m": (0.12 + 0.15 * wave(t, 5_900_000, s * 3)) * 8,
      "memory.total_bytes": total,
      "memory.used_bytes": used,
      "memory.cached_bytes": total * (0.2 + 0.05 * wave(t, 7_200_000, s)),
      "memory.buffers_bytes": total * 0.02,
      "memory.used_ratio": used / total,
      "host.uptime_s": (t - 1.6e12) / 1000 / 400,
    };
    for (const [mount, base] of [
      ["/", 0.41],
      ["/data", 0.72],
      ["/var/log", 0.18],
    ]) {
      values[`disk.used_ratio{mount="${mount}"}`] = base + 0.03 * wave(t, 86_400_000, s) + (s % 5) / 50;
    }
    // Totals are integrals of a positive rate in closed form, so they grow evenly at any step.
    const seconds = t / 1000;
    const total_ = (rate, seed) => rate * (seconds - (60 * Math.cos(seconds / 70 + seed)) / 1.1);
    values['network.received_bytes{interface="eth0"}'] = total_(2.4e6 * (1 + (s % 4)), s);
    values['network.sent_bytes{interface="eth0"}'] = total_(0.9e6 * (1 + (s % 3)), s * 2);
    values['network.received_bytes{interface="lo"}'] = total_(9e6, s);
    values['network.sent_bytes{interface="lo"}'] = total_(9e6, s);
    values['diskio.read_bytes{device="nvme0n1"}'] = total_(1.5e6, s * 5);
    values['diskio.written_bytes{device="nvme0n1"}'] = total_(4.2e6, s * 4);
    COMMANDS.forEach((command, c) => {
      const weight = noise(c, s) ** 3;
      values[`process.cpu_ratio{command="${command}"}`] = weight * user * (0.7 + 0.6 * noise(n, c + s));
      values[`process.memory_bytes{command="${command}"}`] = weight * used * 0.4 + 4e6 * (c + 1);
      values[`process.count{command="${command}"}`] = 1 + Math.floor(noise(c, s + 9) * 12);
    });
    return values;
  }

  /** Whether the host reported at `t`: one hole in the last quarter hour, silence of the silent ones. */
  reported(host, t) {
    if (host.silent && t > this.started - 400_000) return false;
    const age = this.started - t;
    return !(host.seed % 3 === 1 && age > 300_000 && age < 420_000);
  }

  check(monitor, location, t) {
    const s = monitor.seed + PLACES.indexOf(location) * 31;
    const n = Math.floor(t / 60_000);
    const since = this.started - 14 * 60_000;
    let outcome = "up";
    if (monitor.bad === "down" && t > since) outcome = "down";
    else if (noise(n, s * 3) > 0.996) outcome = "down";
    else if (noise(n, s * 5) > 0.997) outcome = "missed";
    const slow = monitor.bad === "degraded" && t > since ? 900 : 0;
    if (slow && outcome === "up") outcome = "degraded";
    const tail = noise(n, s) > 0.95 ? 500 * noise(n, s + 2) : 0;
    const total = 60 + (s % 9) * 22 + 40 * noise(n, s + 1) + tail + slow + PLACES.indexOf(location) * 70;
    const split = { dns: 0.05, connect: 0.15, tls: 0.25, ttfb: 0.45, transfer: 0.1 };
    const down = outcome === "down";
    return {
      monitor: monitor.id,
      location,
      scheduled_ms: n * 60_000,
      started_ms: t,
      outcome,
      status: down ? null : 200,
      error: down ? "connect: connection refused (ECONNREFUSED 203.0.113.7:443)" : null,
      phases: Object.fromEntries(
        Object.entries(split).map(([phase, part]) => [phase, down ? null : total * part]),
      ),
      total_ms: down ? 3 : total,
      bytes: down ? 0 : 14_200 + (s % 7) * 900,
      apdex_t_ms: 500,
      attempt: 1,
    };
  }

  get places() {
    return PLACES;
  }
}
