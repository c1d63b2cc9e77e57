/** Channels on the page: the fields of a kind, what is sent, and what a test says. */
import { expect, test } from "vitest";
import { channelBody, kindLabel, settingsOf, trialWords } from "../src/alerts/channel_settings";
import type { ChannelKind } from "../src/alerts/contract";

const EMAIL: ChannelKind = {
  kind: "email",
  settings: {
    properties: {
      port: { anyOf: [{ type: "integer" }, { type: "null" }], default: null, description: "a port" },
      security: { type: "string", enum: ["starttls", "tls"], default: "tls", description: "starttls or tls" },
      password: { anyOf: [{ type: "string" }, { type: "null" }], description: "any", writeOnly: true },
      smtp_api_url: { type: "string", description: "a host" },
      to: { type: "array", description: "addresses" },
    },
    required: ["smtp_api_url", "to"],
  },
};

test("each setting is a field of its shape, those that are needed first", () => {
  expect(settingsOf(EMAIL).map(({ name, shape }) => [name, shape])).toEqual([
    ["smtp_api_url", "text"],
    ["to", "list"],
    ["port", "number"],
    ["security", "choice"],
    ["password", "secret"],
  ]);
});

test("a field says what is allowed, whether it is needed, and what holds otherwise", () => {
  const [url, , port, security] = settingsOf(EMAIL);
  expect(url).toMatchObject({ label: "Smtp API URL", hint: "A host", fallback: "" });
  expect(port).toMatchObject({ label: "Port", hint: "A port (need not be given)", fallback: "" });
  expect(security).toMatchObject({ options: ["starttls", "tls"], fallback: "tls" });
});

test("a kind without settings has no fields, and an unknown one a name", () => {
  expect(settingsOf({ kind: "console", settings: { properties: {}, required: [] } })).toEqual([]);
  expect(kindLabel("teams")).toBe("Microsoft Teams");
  expect(kindLabel("pigeon")).toBe("Pigeon");
});

test("all but the name are settings", () => {
  expect(channelBody("ntfy", { name: "ops", topic: "a", token: "b" })).toEqual({
    name: "ops",
    kind: "ntfy",
    config: { topic: "a", token: "b" },
  });
});

test("a test says whether it arrived, and what the receiver said", () => {
  expect(trialWords({ delivered: true, permanent: false, answer: "200 ok" })).toBe("Delivered: 200 ok");
  expect(trialWords({ delivered: false, permanent: false, answer: "" })).toBe("Not delivered");
  expect(trialWords({ delivered: false, permanent: true, answer: "410 Gone" })).toBe(
    "Refused for good: 410 Gone",
  );
});
