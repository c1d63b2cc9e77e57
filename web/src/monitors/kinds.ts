/** The kinds of monitors: a new kind is one entry here. Only those that the gateway knows are offered. */
import type { FieldSpec, SectionSpec } from "../forms/form";
import {
  DNS,
  HEADERS,
  HEARTBEAT,
  HTTP_ANSWER,
  HTTP_REQUEST,
  LABELS,
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
import { definitionOf, type MonitorSchema } from "./schema";

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
  const sections: SectionSpec[] = [{ title: "What is checked", fields: [...spec.main, LABELS] }];
  if (!spec.passive) sections.push({ title: "How often, how fast", fields: RHYTHM });
  sections.push(...spec.own);
  if (!spec.passive) sections.push({ title: "From where", fields: PLACES });
  sections.push({
    title: "Outages",
    fields: spec.passive ? OUTAGES.filter(isEverybodys) : OUTAGES,
    folded: true,
  });
  return sections.map((section) => ({
    ...section,
    fields: section.fields.filter((field) => schema.fields.has(field.name)),
  }));
}

/** Of the fields about outages, those that need no locations. */
function isEverybodys(field: FieldSpec): boolean {
  return field.name === "recover_after" || field.name === "parent";
}

/** The definition within an answer, as a PUT takes it: of a passive kind without what only probed ones have. */
export function ownDefinition(
  answer: Readonly<Record<string, unknown>>,
  schema: MonitorSchema,
): Record<string, unknown> {
  const definition = definitionOf(answer, schema);
  if (!KINDS[String(answer["kind"])]?.passive) return definition;
  const probed = [...RHYTHM, ...PLACES, ...OUTAGES.filter((field) => !isEverybodys(field))];
  for (const field of probed) delete definition[field.name];
  return definition;
}
