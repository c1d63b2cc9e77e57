/** What the stand-in gateway answers about outages, maintenance, releases, trends and heartbeats. */
import { moment } from "./answers.mjs";

const HOUR = 3_600_000;
const DAY = 86_400_000;

function incidentOf(world, monitor) {
  const started_ms = world.started - 14 * 60_000;
  const down = monitor.bad === "down";
  return {
    id: `-${9_000_000 + monitor.id}`,
    monitor: monitor.id,
    monitor_name: monitor.name,
    state: down ? "down" : "partial",
    severity: down ? "down" : "partial",
    cause: "connect",
    error: "connect: connection refused (ECONNREFUSED 203.0.113.7:443)",
    started_ms,
    confirmed_ms: down ? started_ms + 420 : null,
    ended_ms: null,
    maintenance: false,
    suppressed_by: null,
  };
}

export function incidents(world, parameters) {
  const wanted = parameters.get("monitor");
  const state = parameters.get("state");
  const open = world.monitors
    .filter((monitor) => monitor.bad === "down" && !monitor.paused)
    .map((monitor) => incidentOf(world, monitor));
  const past = open.map((incident) => ({
    ...incident,
    id: `${incident.id}1`,
    state: "ended",
    started_ms: incident.started_ms - 5 * HOUR,
    confirmed_ms: incident.confirmed_ms && incident.confirmed_ms - 5 * HOUR,
    ended_ms: incident.started_ms - 5 * HOUR + 9 * 60_000,
  }));
  const tests = {
    open: (incident) => incident.ended_ms === null,
    ended: (incident) => incident.ended_ms !== null,
    confirmed: (incident) => incident.confirmed_ms !== null,
    partial: (incident) => incident.confirmed_ms === null,
  };
  return [...open, ...past].filter(
    (incident) =>
      (wanted === null || String(incident.monitor) === wanted) &&
      (state === null || tests[state]?.(incident)),
  );
}

export function incident(world, id) {
  const found = incidents(world, new URLSearchParams()).find((candidate) => candidate.id === id);
  if (!found) return null;
  const at = (ms) => found.started_ms + ms;
  const step = (ms, what, location, outcome) => ({
    at_ms: at(ms),
    what,
    location,
    outcome,
    error: found.error,
  });
  return {
    ...found,
    evidence: { class: "connect", phase: "connect", address: "203.0.113.7" },
    votes: Object.fromEntries(
      world.places.map((place) => [place, { at_ms: at(420), outcome: "down", error: found.error }]),
    ),
    timeline: [
      step(0, "failing", "fra", "down"),
      step(300, "check", "iad", "down"),
      step(420, "confirmed", "sin", "down"),
    ],
  };
}

export function maintenance(world) {
  return [
    {
      id: 1,
      kind: "weekly",
      name: "Nightly backup",
      monitors: [],
      days: [0, 1, 2, 3, 4],
      start: "02:30",
      minutes: 45,
      zone: "Europe/Berlin",
      active: false,
    },
    {
      id: 2,
      kind: "once",
      name: "New racks",
      monitors: world.monitors.slice(2, 5).map((monitor) => monitor.id),
      from_ms: world.started - HOUR,
      to_ms: world.started + 2 * HOUR,
      active: true,
    },
  ];
}

export function markers(world, parameters) {
  const from = moment(parameters.get("from"), Date.now());
  const all = [1, 9, 30, 200].map((hours, i) => ({
    id: 40 - i,
    name: `shop 4.${9 - i}.0`,
    at_ms: world.started - hours * HOUR + HOUR / 2,
    monitors: [],
    url: `https://ci.example/builds/${40 - i}`,
  }));
  return all.filter((marker) => marker.at_ms >= from);
}

export function comparison(monitor, marker) {
  const worse = marker % 2 === 0;
  return {
    window_s: 3600,
    complete: marker !== 40,
    monitors: [
      {
        monitor,
        before: { satisfied: 3931, tolerating: 346, frustrated: 43, display: "0.95 [0.5]", left_out: 0 },
        after: { satisfied: 3785, tolerating: 466, frustrated: 69, display: "0.93 [0.5]", left_out: 15 },
        difference: worse ? -0.0199 : 0.002,
        low: worse ? -0.0272 : -0.006,
        high: worse ? -0.0127 : 0.011,
        p: worse ? 7.8e-8 : 0.6,
      },
    ],
  };
}

export function trend(monitor) {
  const now = Date.now();
  const learning = monitor.seed % 3 === 0;
  const change = { kind: "step", direction: "down", size: -0.021, learning: false };
  return {
    state: learning ? "learning" : "watching",
    learned_buckets: learning ? 212 : 500,
    needed_buckets: 500,
    standing: { down: (monitor.seed % 10) / 9, up: 0.08 },
    expected: learning ? null : 0.951,
    smallest_change: { "1h": 0.059, "1d": 0.012, "7d": 0.0046 },
    false_alarms: { per_day: 0.2, monitors: 12, days_between_per_monitor: 60 },
    changes: learning
      ? []
      : [
          { ...change, start_ms: now - 9 * HOUR, found_ms: now - 3 * HOUR },
          { ...change, kind: "decline", size: -0.011, start_ms: now - 20 * DAY, found_ms: now - 2 * DAY },
        ],
  };
}

export function uptime(world, monitor, parameters) {
  const hours = (Date.now() - moment(parameters.get("from"), Date.now())) / HOUR;
  const counts = (bad) => {
    const executed = Math.round(hours * 60);
    const succeeded = executed - bad;
    return {
      reachability: succeeded / executed,
      uptime: succeeded / executed,
      executed,
      succeeded,
      missed: 1,
      probe_error: 0,
    };
  };
  const bad = monitor.bad === "down" ? 14 : monitor.seed % 3;
  const locations = world.places.map((location, i) => ({ location, ...counts(bad + i) }));
  return {
    monitor: monitor.id,
    resolution_s: hours > 48 ? 3600 : 60,
    exact: hours <= 48,
    ...counts(bad),
    locations,
  };
}

export function pings() {
  const now = Date.now();
  return Array.from({ length: 12 }, (_, i) => ({
    n: 12 - i,
    at_ms: now - 40_000 - i * 300_000,
    said: i === 3 ? "fail" : "success",
    exit_status: i === 3 ? 2 : 0,
    took_ms: 41_000 + i * 900,
    body: i === 3 ? "pg_dump: error: connection to server failed" : "dumped 812 tables",
  }));
}

/** The monitor's fields as the gateway's description names them. */
const FIELDS =
  "kind name url paused interval_s timeout_s apdex_t_ms degraded_above_ms down_above_ms ip_version locations " +
  "quorum recheck confirm_locations recover_after parent method headers body auth expected_status max_redirects " +
  "body_limit_bytes assertions verify_tls certificate_degraded_days certificate_down_days server_name send expect " +
  "record_type resolver expected_answers exact_answers packets service every_s cron zone grace_s max_run_s";
const ALL_KINDS = ["http", "tcp", "tls", "dns", "ws", "icmp", "grpc", "heartbeat"];

export function description() {
  const properties = Object.fromEntries(FIELDS.split(" ").map((name) => [name, {}]));
  properties.kind = { enum: ALL_KINDS };
  return { components: { schemas: { MonitorSpec: { properties } } } };
}
