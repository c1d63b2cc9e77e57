/** The answers of the read routes, computed from the invented world. */

export function moment(text, now) {
  if (text === null || text === "now") return now;
  const relative = /^-(\d+)([smhd])$/.exec(text);
  if (!relative) return Number(text);
  return now - Number(relative[1]) * { s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[relative[2]];
}

function parseSelector(selector) {
  const brace = selector.indexOf("{");
  const name = selector.slice(0, brace < 0 ? undefined : brace);
  const tests = name ? [(series) => series.metric === name] : [];
  for (const [, key, op, raw] of selector.slice(brace).matchAll(/(\w+)(=~|!=|=)"((?:[^"\\]|\\.)*)"/g)) {
    const value = raw.replace(/\\(.)/g, "$1");
    const pattern = new RegExp(`^(?:${value})$`);
    const of = (series) =>
      key === "source" ? series.source : key === "__name__" ? series.metric : (series.labels[key] ?? "");
    if (op === "=") tests.push((series) => of(series) === value);
    else if (op === "!=") tests.push((series) => of(series) !== value);
    else tests.push((series) => pattern.test(of(series)));
  }
  return (series) => tests.every((test) => test(series));
}

function catalogue(world) {
  return world.hosts.flatMap((host) =>
    Object.keys(world.values(host, 0)).map((canonical) => {
      const [metric, rest = ""] = canonical.split("{");
      const labels = Object.fromEntries([...rest.matchAll(/(\w+)="([^"]*)"/g)].map(([, k, v]) => [k, v]));
      return { source: host.name, host, canonical, metric, labels };
    }),
  );
}

export function query(world, parameters) {
  const now = Date.now();
  const from = moment(parameters.get("from"), now);
  const to = moment(parameters.get("to"), now);
  const agg = parameters.get("agg") ?? "avg";
  const step_s = Number(parameters.get("step") ?? Math.max(10, Math.ceil((to - from) / 300_000)));
  const step = step_s * 1000;
  const timestamps = [];
  for (let t = Math.floor(from / step) * step; t < to; t += step) timestamps.push(t);
  const wanted = parameters.getAll("series").map(parseSelector);
  const found = catalogue(world).filter((series) => wanted.some((test) => test(series)));
  const cache = new Map();
  const at = (host, t) => {
    const key = `${host.name} ${t}`;
    if (!cache.has(key)) cache.set(key, world.values(host, t));
    return cache.get(key);
  };
  const series = found.map(({ source, host, canonical, metric, labels }) => ({
    source,
    name: metric,
    labels,
    values: timestamps.map((t) => {
      if (t + step > now || !world.reported(host, t)) return null;
      if (agg !== "rate") return at(host, t)[canonical];
      return (at(host, t + step)[canonical] - at(host, t)[canonical]) / step_s;
    }),
  }));
  return { from, to, step_s, agg, tier: "10s", timestamps, series };
}

export function sources(world) {
  const now = Date.now();
  return world.hosts.map((host) => ({
    source: host.name,
    state: host.silent ? "silent" : "active",
    first_seen_ms: now - 9e8,
    last_seen_ms: host.silent ? world.started - 400_000 : now - (now % world.intervalMs),
    interval_ms: world.intervalMs,
  }));
}

const BANDS = [
  [0.94, "Excellent"],
  [0.85, "Good"],
  [0.7, "Fair"],
  [0.5, "Poor"],
  [0, "Unacceptable"],
];

export function apdex(satisfied, tolerating, count) {
  if (count === 0) return { score: null, display: "NS [0.5]", band: null, count: 0 };
  const score = (satisfied + tolerating / 2) / count;
  const band = BANDS.find(([least]) => score >= least)[1];
  return { score, display: `${score.toFixed(2)}${count < 100 ? "*" : ""} [0.5]`, band, count };
}

export function checksOf(world, monitor, limit) {
  const now = Date.now();
  const checks = [];
  for (let n = Math.floor(now / 60_000); checks.length < limit; n -= 1) {
    world.places.forEach((place, i) => {
      const t = n * 60_000 + 1_000 * (monitor.seed % 50) + i * 2_000;
      if (t <= now) checks.push(world.check(monitor, place, t));
    });
  }
  return checks.sort((a, b) => b.started_ms - a.started_ms).slice(0, limit);
}

export function monitorAnswer(world, monitor) {
  const last = checksOf(world, monitor, 6).filter((check) => check.outcome !== "missed");
  const locations = world.places.flatMap((place) => {
    const check = last.find((candidate) => candidate.location === place);
    if (!check) return [];
    const since_ms = monitor.bad ? world.started - 14 * 60_000 : Date.now() - 86_400_000 * 3;
    const { outcome, started_ms, total_ms, status, error } = check;
    return [{ location: place, outcome, at_ms: started_ms, since_ms, total_ms, status, error }];
  });
  // Every thirteenth is a job that reports itself.
  const job = monitor.id % 13 === 9;
  const heartbeat = job && {
    kind: "heartbeat",
    url: "",
    heartbeat: {
      state: "up",
      pings: 240,
      last_ping_ms: Date.now() - 40_000,
      running_since_ms: null,
      next_expected_ms: Date.now() + 260_000,
      down_after_ms: Date.now() + 560_000,
    },
  };
  const good = monitor.bad === "down" ? 80 : 400 - (monitor.seed % 30);
  return {
    id: monitor.id,
    name: monitor.name,
    kind: "http",
    url: `https://${monitor.slug}.example.com/healthz`,
    interval_s: 60,
    timeout_s: 10,
    apdex_t_ms: 500,
    paused: monitor.paused,
    state: monitor.paused ? "paused" : (monitor.bad ?? "up"),
    places: locations,
    apdex: apdex(good, monitor.bad === "degraded" ? 300 : 20, monitor.bad === "degraded" ? 720 : 425),
    uptime_24h: monitor.bad === "down" ? 0.9412 : 1 - (monitor.seed % 5) / 4000,
    ...heartbeat,
  };
}

export function history(world, monitor, parameters) {
  const now = Date.now();
  const from = moment(parameters.get("from"), now);
  const to = moment(parameters.get("to"), now);
  const step_s = Number(parameters.get("step") ?? 60);
  const answer = { monitor: monitor.id, from, to, step_s, timestamps: [] };
  const lists = ["satisfied", "tolerating", "frustrated", "up", "down", "degraded", "missed"];
  for (const key of [...lists, "avg_ms", "p50_ms", "p95_ms", "p99_ms", "apdex"]) answer[key] = [];
  const total = { satisfied: 0, tolerating: 0, judged: 0, up: 0 };
  for (let t = Math.floor(from / step_s / 1000) * step_s * 1000; t < to; t += step_s * 1000) {
    const counts = Object.fromEntries(lists.map((key) => [key, 0]));
    const durations = [];
    for (let m = t; m < t + step_s * 1000 && m < to; m += Math.max(60_000, step_s * 50)) {
      for (const place of world.places) {
        const check = world.check(monitor, place, m);
        counts[check.outcome] += 1;
        if (check.outcome === "missed") continue;
        if (check.outcome !== "down") durations.push(check.total_ms);
        if (check.outcome === "down" || check.total_ms > 2000) counts.frustrated += 1;
        else counts[check.total_ms > 500 ? "tolerating" : "satisfied"] += 1;
      }
    }
    durations.sort((a, b) => a - b);
    const at = (q) => durations[Math.floor(q * (durations.length - 1))] ?? null;
    answer.timestamps.push(t);
    for (const key of lists) answer[key].push(counts[key]);
    answer.avg_ms.push(durations.length ? durations.reduce((a, b) => a + b) / durations.length : null);
    answer.p50_ms.push(at(0.5));
    answer.p95_ms.push(at(0.95));
    answer.p99_ms.push(at(0.99));
    const judged = counts.satisfied + counts.tolerating + counts.frustrated;
    answer.apdex.push(apdex(counts.satisfied, counts.tolerating, judged));
    total.satisfied += counts.satisfied;
    total.tolerating += counts.tolerating;
    total.judged += judged;
    total.up += counts.up + counts.degraded;
  }
  const uptime = total.judged ? total.up / total.judged : null;
  answer.summary = {
    uptime,
    reachability: uptime,
    apdex: apdex(total.satisfied, total.tolerating, total.judged),
  };
  return answer;
}

export function alerts(world) {
  return world.monitors
    .filter((monitor) => monitor.bad)
    .map((monitor) => ({
      id: `a-${monitor.id}`,
      rule_name: monitor.bad === "down" ? "Endpoint down" : "Apdex falling",
      subject: monitor.id,
      state: "firing",
      started_ms: world.started - 13 * 60_000,
      ended_ms: null,
      title: `${monitor.name} is ${monitor.bad} from ${world.places.length} locations`,
      value: null,
    }));
}
