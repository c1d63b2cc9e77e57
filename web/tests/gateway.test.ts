import { describe, expect, test } from "vitest";
import { explain, explainSignIn, GatewayAway, isAway, Problem, readProblem } from "../src/gateway/problem";
import { acrossSources, literal, named, quote } from "../src/gateway/selector";
import {
  endpointAddress,
  endpointFormAddress,
  hostAddress,
  incidentAddress,
  incidentsAddress,
  maintenanceAddress,
  NEW_ENDPOINT,
  NEW_MAINTENANCE,
  readRoute,
} from "../src/route";

describe("selectors", () => {
  test("quotes and backslashes are escaped", () => {
    expect(quote('a"b\\c')).toBe('"a\\"b\\\\c"');
  });

  test("a host name with dots matches only itself", () => {
    const pattern = new RegExp(`^(?:${literal("web-1.example+x(y)")})$`);
    expect(pattern.test("web-1.example+x(y)")).toBe(true);
    expect(pattern.test("web-1aexample+x(y)")).toBe(false);
  });

  test("one source is named, several are matched", () => {
    expect(acrossSources("cpu.used_ratio", ["h1"])).toBe('cpu.used_ratio{source="h1"}');
    expect(acrossSources("cpu.used_ratio", ["h1", "h.2"])).toBe('cpu.used_ratio{source=~"h1|h[.]2"}');
    expect(named("load[.].*", "h1")).toBe('{__name__=~"load[.].*",source="h1"}');
  });
});

describe("problems", () => {
  test("an RFC 9457 body keeps its detail", () => {
    const problem = readProblem(400, '{"title":"Bad range","detail":"from is after to"}', null);
    expect(explain(problem)).toBe("from is after to");
  });

  test("a body that is not JSON still tells its status", () => {
    expect(readProblem(500, "<html>", null).title).toContain("500");
  });

  test("too many tries say how long to wait", () => {
    expect(explainSignIn(readProblem(429, "{}", "30"))).toContain("in 30 s");
    expect(explainSignIn(readProblem(429, "{}", "600"))).toContain("in 10 min");
    expect(explainSignIn(readProblem(429, "{}", null))).toContain("in a moment");
  });

  test("a wrong password, and a gateway that is away, are told apart", () => {
    expect(explainSignIn(new Problem(401, "", ""))).toBe("Wrong email or password.");
    expect(explainSignIn(new GatewayAway())).toContain("does not answer");
    expect(isAway(new Problem(503, "", ""))).toBe(true);
    expect(isAway(new Problem(404, "", ""))).toBe(false);
  });
});

describe("addresses", () => {
  test("pages and their ranges are read back", () => {
    expect(readRoute("")).toEqual({ page: "overview" });
    expect(readRoute("#/")).toEqual({ page: "overview" });
    expect(readRoute(hostAddress("a b/c", "6h"))).toEqual({ page: "host", name: "a b/c", range: "6h" });
    expect(readRoute(endpointAddress("m1"))).toEqual({ page: "endpoint", id: "m1", range: null });
  });

  test("lists, forms and single things have addresses of their own", () => {
    expect(readRoute(NEW_ENDPOINT)).toEqual({ page: "endpoint form", id: null });
    expect(readRoute(endpointFormAddress(7))).toEqual({ page: "endpoint form", id: "7" });
    expect(readRoute(incidentsAddress("open", "30d"))).toEqual({
      page: "incidents",
      state: "open",
      range: "30d",
    });
    expect(readRoute(incidentsAddress())).toEqual({ page: "incidents", state: null, range: null });
    expect(readRoute(incidentAddress("-56"))).toEqual({ page: "incident", id: "-56" });
    expect(readRoute("#/maintenance")).toEqual({ page: "maintenance" });
    expect(readRoute(NEW_MAINTENANCE)).toEqual({ page: "maintenance form", id: null });
    expect(readRoute(maintenanceAddress(3))).toEqual({ page: "maintenance form", id: "3" });
    expect(readRoute("#/endpoints/7/else")).toEqual({ page: "endpoint", id: "7/else", range: null });
  });

  test("nonsense is a missing page, not an exception", () => {
    expect(readRoute("#/nowhere").page).toBe("missing");
    expect(readRoute("#/hosts").page).toBe("missing");
    expect(readRoute("#/hosts/%E0%A4%A").page).toBe("host");
  });
});
