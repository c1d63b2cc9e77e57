/** Channels on the page: the fields of a kind, what is sent, and what a test says. */
import { expect, test } from "vitest";
import {
  changeableSettings,
  channelBody,
  kindLabel,
  rotationWords,
  settingsOf,
  trialWords,
} from "../src/alerts/channel_settings";
import type { ChannelKind } from "../src/alerts/contract";
import { rotationBody } from "../src/alerts/rotation_form";
import { formatMoment } from "../src/format";

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

test("of a channel that there is, secrets stay unless they are said, and what signs is rotated instead", () => {
  const webhook: ChannelKind = {
    kind: "webhook",
    settings: {
      properties: {
        url: { type: "string", description: "a URL" },
        secret: { type: "string", description: "16 to 200 characters", writeOnly: true },
      },
      required: ["url"],
    },
  };
  expect(changeableSettings(settingsOf(webhook)).map(({ name }) => name)).toEqual(["url"]);
  const password = changeableSettings(settingsOf(EMAIL)).find(({ name }) => name === "password");
  expect(password?.hint).toBe("Any (need not be given); empty: it stays as it is");
});

test("a rotation is sent with seconds, and the time in which both secrets sign is said", () => {
  expect(rotationBody({ overlap_s: "3600" })).toEqual({ overlap_s: 3600 });
  const now = Date.UTC(2026, 10, 30);
  const channel = { id: 1, name: "ops", kind: "webhook", disabled_reason: null };
  expect(rotationWords(channel, now)).toBe("");
  expect(rotationWords({ ...channel, previous_until_s: now / 1000 }, now)).toBe("");
  expect(rotationWords({ ...channel, previous_until_s: now / 1000 + 60 }, now)).toBe(
    `until ${formatMoment(now + 60_000, now)} the secret before signs too`,
  );
});
