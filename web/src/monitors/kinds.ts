/** The kinds of monitors: a new kind is one entry here. Only those that the gateway knows are offered. */
import type { FieldSpec, SectionSpec } from "../forms/form";
import {
  DNS,
  HEADERS,
  HEARTBEAT,
  HTTP_ANSWER,
  HTTP_REQUEST,
  NAME,
  OUTAGES,
  PACKETS,
  PLACES,
  RHYTHM,
  SERVER_NAME,
  SERVICE,
  TCP,
  TRUST,
  target,
} from "./fields";
import type { MonitorSchema } from "./schema";

export interface KindSpec {
  label: string;
  /** Name and target. */
  main: readonly FieldSpec[];
  /** What only this kind has, in sections. */
  own: readonly SectionSpec[];
  /** Nothing checks it from anywhere: it reports itself. */
  passive?: boolean;
}

export const KINDS: Readonly<Record<string, KindSpec>> = {
  http: {
    label: "HTTP",
    main: [NAME, target("https://shop.example/health", "An http:// or https:// address")],
    own: [
      { title: "Request", fields: HTTP_REQUEST, folded: true },
      { title: "Answer", fields: HTTP_ANSWER, folded: true },
      { title: "Certificate", fields: TRUST, folded: true },
    ],
  },
  tcp: {
    label: "TCP",
    main: [NAME, target("tcp://mail.example:25", "tcp://host:port")],
    own: [{ title: "Conversation", fields: TCP }],
  },
  tls: {
    label: "TLS",
    main: [NAME, target("tls://shop.example:443", "tls://host or tls://host:port")],
    own: [{ title: "Certificate", fields: [...TRUST, SERVER_NAME] }],
  },
  dns: {
    label: "DNS",
    main: [NAME, target("dns://shop.example", "dns:// and a name")],
    own: [{ title: "Question and answers", fields: DNS }],
  },
  ws: {
    label: "WebSocket",
    main: [NAME, target("wss://shop.example/live", "A ws:// or wss:// address")],
    own: [
      { title: "Request", fields: [HEADERS], folded: true },
      { title: "Certificate", fields: TRUST, folded: true },
    ],
  },
  icmp: {
    label: "Ping (ICMP)",
    main: [NAME, target("icmp://router.example", "icmp:// and a host")],
    own: [{ title: "Ping", fields: [PACKETS] }],
  },
  grpc: {
    label: "gRPC health",
    main: [NAME, target("grpcs://shop.example:443", "grpc://host:port or grpcs://host:port")],
    own: [
      { title: "Service", fields: [SERVICE] },
      { title: "Certificate", fields: TRUST, folded: true },
    ],
  },
  heartbeat: {
    label: "Heartbeat",
    main: [NAME],
    own: [{ title: "Schedule", fields: HEARTBEAT }],
    passive: true,
  },
};

/** The kinds to offer, ours first; one that only the gateway knows is offered with the fields of all kinds. */
export function offeredKinds(schema: MonitorSchema): [string, string][] {
  const ours = Object.keys(KINDS).filter((kind) => schema.kinds.includes(kind));
  const others = schema.kinds.filter((kind) => !(kind in KINDS));
  return [...ours, ...others].map((kind) => [kind, KINDS[kind]?.label ?? kind]);
}

const UNKNOWN: KindSpec = { label: "", main: [NAME, target("", "")], own: [] };

/** The form of a kind: only fields that the gateway has. */
export function sectionsOf(kind: string, schema: MonitorSchema): SectionSpec[] {
  const spec = KINDS[kind] ?? UNKNOWN;
  const sections: SectionSpec[] = [{ title: "What is checked", fields: spec.main }];
  if (!spec.passive) sections.push({ title: "How often, how fast", fields: RHYTHM });
  sections.push(...spec.own);
  if (!spec.passive) sections.push({ title: "From where", fields: PLACES });
  sections.push({ title: "Outages", fields: spec.passive ? OUTAGES.slice(-1) : OUTAGES, folded: true });
  return sections.map((section) => ({
    ...section,
    fields: section.fields.filter((field) => schema.fields.has(field.name)),
  }));
}
