import { describe, expect, test } from "vitest";
import { badgeMarkdown } from "../src/endpoints/badge_panel";
import { headerLines, headersOf, linesOf, numberOf, wordsOf } from "../src/forms/control";
import { placeErrors } from "../src/forms/placing";
import { type FieldError, GatewayAway, Problem } from "../src/gateway/problem";
import {
  type AssertionType,
  assertionOf,
  OPERATORS,
  rowsOf,
  scalarOf,
  scalarText,
} from "../src/monitors/assertion";
import { KINDS, offeredKinds, ownDefinition, sectionsOf } from "../src/monitors/kinds";
import { changedDefinition, definitionOf, readMonitorSchema } from "../src/monitors/schema";

const refused = (...fields: FieldError[]) => new Problem(422, "Invalid input", "first", fields);
const NAMES = ["name", "url", "timeout_s", "apdex_t_ms", "body", "assertions", "degraded_above_ms"];

describe("refusals find their field", () => {
  test("by name, and by the beginning of a path", () => {
    const placed = placeErrors(
      refused(
        { field: "url", value: "'ftp://x'", allowed: "an http:// or https:// URL" },
        { field: "assertions[0].json.path", value: "'x'", allowed: "a path such as $.a" },
      ),
      NAMES,
    );
    expect(placed.fields.get("url")).toBe("An http:// or https:// URL.");
    expect(placed.fields.get("assertions")).toBe("assertions[0].json.path: a path such as $.a.");
    expect(placed.form).toEqual([]);
  });

  test("a rule over several fields goes to the first that it names", () => {
    const allowed = "timeout_s (1.0) must exceed four times apdex_t_ms (500): a slow answer must be seen";
    const placed = placeErrors(refused({ field: "body", value: "{'name': 'x'}", allowed }), NAMES);
    expect(placed.fields.get("timeout_s")).toBe(`${allowed}.`);
    expect(placed.fields.has("body")).toBe(false);
  });

  test("a field that is named body keeps its own refusals", () => {
    const fault = { field: "body", value: "'text'", allowed: "none with method GET" };
    expect(placeErrors(refused(fault), NAMES).fields.get("body")).toBe("None with method GET.");
  });

  test("variants before a field are passed over", () => {
    const fault = { field: "weekly.start", value: "'25:00'", allowed: "HH:MM" };
    const placed = placeErrors(refused(fault), ["start"], ["once", "weekly"]);
    expect(placed.fields.get("start")).toBe("HH:MM.");
    const whole = { field: "once", value: "{…}", allowed: "to_ms (1) must be after from_ms (2)" };
    expect(placeErrors(refused(whole), ["from_ms", "to_ms"], ["once"]).fields.has("to_ms")).toBe(true);
  });

  test("what is missing is said so, a name that is taken stands at the name", () => {
    const placed = placeErrors(
      refused({ field: "name", value: "<missing>", allowed: "Field required" }),
      NAMES,
    );
    expect(placed.fields.get("name")).toBe("This is needed.");
    const taken = new Problem(409, "Conflict", "a monitor of that name exists");
    expect(placeErrors(taken, NAMES).fields.get("name")).toContain("exists");
  });

  test("all else stands above the form", () => {
    expect(placeErrors(new GatewayAway(), NAMES).form[0]).toContain("does not answer");
    const unknown = refused({ field: "colour", value: "1", allowed: "nothing" });
    expect(placeErrors(unknown, NAMES).form).toEqual(["colour: nothing."]);
  });
});

describe("what fields read", () => {
  test("no number goes to the gateway as it stands", () => {
    expect(numberOf(" 5 ", undefined)).toBe(5);
    expect(numberOf("five", undefined)).toBe("five");
    expect(numberOf("", null)).toBeNull();
  });

  test("words, lines and headers", () => {
    expect(wordsOf(" fra, iad  sin,")).toEqual(["fra", "iad", "sin"]);
    expect(linesOf("a\n\n b ")).toEqual(["a", "b"]);
    const headers = { Accept: "text/html", "X-Time": "12:30" };
    expect(headersOf(headerLines(headers))).toEqual(headers);
    expect(headersOf("nonsense")).toEqual({ nonsense: "" });
  });
});

describe("assertions", () => {
  test("each kind survives the way through its row", () => {
    const all = [
      { type: "header", severity: "down", name: "Content-Type", op: "contains", value: "json" },
      { type: "body", severity: "degraded", op: "not_contains", value: "error" },
      { type: "json", severity: "down", path: "$.n", op: ">=", value: 3 },
      { type: "json", severity: "down", path: "$.s", op: "==", value: "3" },
      { type: "json", severity: "down", path: "$.s", op: "exists" },
      { type: "json", severity: "down", path: "$.s[?@ > 1]", op: "absent" },
      { type: "header", severity: "down", name: "Server", op: "not_regex", value: "beta" },
      { type: "body", severity: "down", op: "not_regex", value: "err(or)?" },
      { type: "json", severity: "down", path: "$.s", op: "==", value: null },
      { type: "size", severity: "down", max_bytes: 100 },
    ];
    for (const assertion of all) {
      expect(rowsOf(assertion).map(assertionOf)).toEqual([assertion]);
      const known: readonly string[] = OPERATORS[assertion.type as AssertionType];
      for (const row of rowsOf(assertion)) expect(known).toContain(row.op);
    }
  });

  test("two limits of size are two rows, and what is no number is not made one", () => {
    expect(rowsOf({ type: "size", min_bytes: 1, max_bytes: 2 }).map(assertionOf)).toHaveLength(2);
    const row = { type: "size", where: "", op: "at most", value: "big", severity: "down" } as const;
    expect(assertionOf(row)).toMatchObject({ max_bytes: "big" });
  });

  test("texts that look like JSON are quoted", () => {
    for (const value of ["true", "12", "plain", '"', 12, true, null]) {
      expect(scalarOf(scalarText(value))).toBe(value);
    }
    expect(scalarOf("[1]")).toBe("[1]");
  });
});

describe("kinds", () => {
  const schema = {
    kinds: ["http", "tcp", "quic"],
    fields: new Set(["kind", "name", "url", "interval_s", "paused", "method", "expect", "quorum"]),
  };

  test("only what the gateway knows is offered, and what only it knows too", () => {
    expect(offeredKinds(schema)).toEqual([
      ["http", "HTTP"],
      ["tcp", "TCP"],
      ["quic", "quic"],
    ]);
  });

  test("a form has the kind's fields, as far as the gateway has them", () => {
    const names = (kind: string) =>
      sectionsOf(kind, schema).flatMap((section) => section.fields.map((field) => field.name));
    expect(names("http")).toEqual(["name", "url", "interval_s", "method", "quorum"]);
    expect(names("tcp")).toContain("expect");
    expect(names("quic")).toEqual(["name", "url", "interval_s", "quorum"]);
  });

  test("no kind names a field twice", () => {
    const everything = { kinds: Object.keys(KINDS), fields: { has: () => true } as unknown as Set<string> };
    for (const kind of Object.keys(KINDS)) {
      const names = sectionsOf(kind, everything).flatMap((section) =>
        section.fields.map((field) => field.name),
      );
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test("the description is read, and nonsense is not", () => {
    const properties = { kind: { enum: ["http"] }, name: {} };
    const found = readMonitorSchema({ components: { schemas: { MonitorSpec: { properties } } } });
    expect(found?.kinds).toEqual(["http"]);
    expect([...(found?.fields ?? [])]).toEqual(["kind", "name"]);
    for (const document of [null, {}, "x", { components: 1 }]) expect(readMonitorSchema(document)).toBeNull();
  });

  test("a change keeps what the form does not show, and drops what the gateway only tells", () => {
    const before = definitionOf({ name: "a", quorum: 3, method: "GET", state: "up", places: [] }, schema);
    expect(before).toEqual({ name: "a", quorum: 3, method: "GET" });
    expect(changedDefinition(before, { name: "b" }, ["quorum"])).toEqual({ name: "b", method: "GET" });
  });
});

test("a heartbeat is sent back without what only probed kinds have", () => {
  const schema = {
    kinds: ["http", "heartbeat"],
    fields: new Set(["name", "kind", "interval_s", "every_s", "parent"]),
  };
  const answer = { name: "backup", interval_s: 86_400, every_s: 86_400, parent: null, heartbeat: {} };
  expect(ownDefinition({ ...answer, kind: "heartbeat" }, schema)).toEqual({
    name: "backup",
    kind: "heartbeat",
    every_s: 86_400,
    parent: null,
  });
  expect(ownDefinition({ ...answer, kind: "http" }, schema)).toHaveProperty("interval_s", 86_400);
});

test("a badge's name cannot break out of its markdown", () => {
  expect(badgeMarkdown("a](x)", "status", "http://h/s.svg")).toBe("![a\\](x) status](http://h/s.svg)");
});
