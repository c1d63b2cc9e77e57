/** Every field of a monitor as a form shows it. What each allows is the gateway's to say. */
import {
  areaControl,
  checkControl,
  headersControl,
  linesControl,
  numberControl,
  pairsControl,
  selectControl,
  textControl,
  wordsControl,
} from "../forms/control";
import type { FieldSpec } from "../forms/form";
import { assertionsControl } from "./assertion_rows";
import { authControl, basicControl } from "./auth_control";

const optionalNumber = (placeholder: string) => (name: string) =>
  numberControl(name, { placeholder, empty: null });
const number = (placeholder: string) => (name: string) => numberControl(name, { placeholder });

export const NAME: FieldSpec = {
  name: "name",
  label: "Name",
  make: (name) => textControl(name, { placeholder: "Shop", empty: "" }),
};

export const LABELS: FieldSpec = {
  name: "labels",
  label: "Labels",
  hint: "One a line, as team: shop; rules, routes and silences choose by them",
  make: (name) => pairsControl(name, "team: shop"),
};

/** The target's form differs by kind, so each kind has its own. */
export function target(placeholder: string, hint: string): FieldSpec {
  return {
    name: "url",
    label: "Target",
    hint,
    make: (name) => textControl(name, { placeholder, empty: "" }),
  };
}

export const RHYTHM: readonly FieldSpec[] = [
  { name: "interval_s", label: "Interval, s", hint: "How often each location checks", make: number("60") },
  {
    name: "timeout_s",
    label: "Time-out, s",
    hint: "More than four times the Apdex target",
    make: number("10"),
  },
  {
    name: "apdex_t_ms",
    label: "Apdex target T, ms",
    hint: "Up to T satisfies, up to 4 T is tolerated",
    make: number("500"),
  },
  { name: "degraded_above_ms", label: "Degraded above, ms", make: optionalNumber("never") },
  { name: "down_above_ms", label: "Down above, ms", make: optionalNumber("never") },
];

export const PLACES: readonly FieldSpec[] = [
  {
    name: "locations",
    label: "Locations",
    hint: "Empty: all of them",
    make: (name) => wordsControl(name, { placeholder: "all" }),
  },
  { name: "quorum", label: "Quorum", hint: "So many must fail for it to be down", make: number("2") },
  {
    name: "ip_version",
    label: "Addresses",
    make: (name) =>
      selectControl(name, [
        ["any", "IPv4 or IPv6"],
        ["4", "IPv4 only"],
        ["6", "IPv6 only"],
      ]),
  },
];

export const OUTAGES: readonly FieldSpec[] = [
  {
    name: "recheck",
    label: "Re-checks",
    make: (name) => checkControl(name, "Other locations look again at once"),
  },
  {
    name: "confirm_locations",
    label: "Who looks again",
    hint: "Empty: all other locations",
    make: (name) => wordsControl(name, { placeholder: "all others" }),
  },
  { name: "recover_after", label: "Over after", hint: "So many good results in a row", make: number("1") },
  {
    name: "parent",
    label: "Depends on",
    hint: "Number of an endpoint; while it is down, nobody is called for this one",
    make: optionalNumber("nothing"),
  },
];

export const METHOD: FieldSpec = {
  name: "method",
  label: "Method",
  make: (name) => selectControl(name, ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
};

export const HEADERS: FieldSpec = {
  name: "headers",
  label: "Headers",
  hint: "One a line",
  wide: true,
  make: headersControl,
};

export const HTTP_REQUEST: readonly FieldSpec[] = [
  METHOD,
  { name: "max_redirects", label: "Redirects followed", make: number("5") },
  HEADERS,
  {
    name: "body",
    label: "Body",
    hint: "Sent with POST, PUT and the like",
    wide: true,
    make: (name) => areaControl(name, { empty: null }),
  },
  { name: "auth", label: "Sign-in", wide: true, make: authControl },
  {
    name: "proxy",
    label: "Proxy",
    hint: "Requests go through it",
    make: (name) => textControl(name, { placeholder: "http://proxy.example:3128", empty: null }),
  },
  {
    name: "http_version",
    label: "HTTP version",
    make: (name) =>
      selectControl(name, [
        ["auto", "What the server chooses"],
        ["1.1", "1.1"],
        ["2", "2"],
      ]),
  },
  { name: "proxy_auth", label: "Sign-in at the proxy", wide: true, make: basicControl },
];

export const HTTP_ANSWER: readonly FieldSpec[] = [
  {
    name: "expected_status",
    label: "Expected status",
    hint: "Such as 2xx, 301 or 200-204",
    make: (name) => wordsControl(name, { placeholder: "2xx, 3xx", empty: undefined }),
  },
  { name: "body_limit_bytes", label: "Read at most, bytes", make: number("1048576") },
  { name: "assertions", label: "Assertions", hint: "All must hold", wide: true, make: assertionsControl },
];

export const TRUST: readonly FieldSpec[] = [
  { name: "verify_tls", label: "Certificate", make: (name) => checkControl(name, "Is verified") },
  { name: "certificate_degraded_days", label: "Degraded below, days left", make: optionalNumber("never") },
  { name: "certificate_down_days", label: "Down below, days left", make: optionalNumber("never") },
];

export const SERVER_NAME: FieldSpec = {
  name: "server_name",
  label: "Server name",
  hint: "Where it is not the host of the target",
  make: (name) => textControl(name, { empty: null }),
};

export const TCP: readonly FieldSpec[] = [
  { name: "send", label: "Send", wide: true, make: (name) => areaControl(name, { rows: 2, empty: null }) },
  {
    name: "expect",
    label: "Expect in the answer",
    wide: true,
    make: (name) => textControl(name, { empty: null }),
  },
];

export const DNS: readonly FieldSpec[] = [
  {
    name: "record_type",
    label: "Record type",
    make: (name) =>
      selectControl(name, ["A", "AAAA", "CNAME", "MX", "TXT", "NS", "SOA", "SRV", "PTR", "CAA"]),
  },
  {
    name: "resolver",
    label: "Resolver",
    hint: "Address, or address:port",
    make: (name) => textControl(name, { placeholder: "the probe's own", empty: null }),
  },
  {
    name: "expected_answers",
    label: "Expected answers",
    hint: "One a line; empty: any will do",
    wide: true,
    make: linesControl,
  },
  { name: "exact_answers", label: "Others", make: (name) => checkControl(name, "No other answers may come") },
];

export const PACKETS: FieldSpec = {
  name: "packets",
  label: "Echo requests",
  hint: "One reply is enough",
  make: number("3"),
};

export const SERVICE: FieldSpec = {
  name: "service",
  label: "Service",
  hint: "Empty: the health of the whole server",
  make: (name) => textControl(name),
};

export const HEARTBEAT: readonly FieldSpec[] = [
  {
    name: "every_s",
    label: "A ping every, s",
    hint: "So long after the last one",
    make: optionalNumber("86400"),
  },
  {
    name: "cron",
    label: "Or a schedule",
    hint: "A cron expression, instead of the above",
    make: (name) => textControl(name, { placeholder: "30 2 * * mon-fri", empty: null }),
  },
  {
    name: "zone",
    label: "Time zone",
    hint: "Of the schedule",
    make: (name) => textControl(name, { placeholder: "UTC" }),
  },
  { name: "grace_s", label: "Grace, s", hint: "So much later a ping is missed", make: number("300") },
  {
    name: "max_run_s",
    label: "Longest run, s",
    hint: "For jobs that say when they begin",
    make: optionalNumber("any"),
  },
];
