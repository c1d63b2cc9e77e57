/** The settings of a kind of channel as a form shows them, from what the gateway says of the kind. */
import { formatMoment } from "../format";
import {
  type Control,
  checkControl,
  numberControl,
  selectControl,
  textControl,
  wordsControl,
} from "../forms/control";
import type { FieldSpec } from "../forms/form";
import type { Channel, ChannelKind, RuleKind, SettingSchema, Trial } from "./contract";

/** The secret of a webhook. */
const SIGNING = "secret";
const CAPITALS = new Set(["url", "sid", "api"]);
const KINDS: Record<string, string> = {
  apprise: "Apprise (other services)",
  console: "Console (the worker's log)",
  ntfy: "ntfy",
  opsgenie: "Opsgenie",
  pagerduty: "PagerDuty",
  sms: "SMS (Twilio)",
  teams: "Microsoft Teams",
};

export interface Setting {
  name: string;
  label: string;
  hint: string;
  shape: "secret" | "choice" | "check" | "number" | "list" | "text";
  options: string[];
  /** What holds if nothing is said. */
  fallback: string;
}

export function kindLabel(kind: string): string {
  return KINDS[kind] ?? sentence(kind);
}

/** Those that are needed first. */
export function settingsOf(kind: ChannelKind | RuleKind): Setting[] {
  const { properties, required } = kind.settings;
  const needed = (name: string) => required.includes(name);
  const names = Object.keys(properties);
  return [...names.filter(needed), ...names.filter((name) => !needed(name))].map((name) => {
    const schema = properties[name] ?? {};
    const allowed = sentence(schema.description ?? "");
    const inner = schema.anyOf?.find(({ type }) => type !== "null") ?? schema;
    return {
      name,
      label: labelOf(name),
      hint: needed(name) ? allowed : `${allowed} (need not be given)`.trim(),
      shape: shapeOf(schema, inner),
      options: inner.enum ?? [],
      fallback: schema.default === undefined || schema.default === null ? "" : String(schema.default),
    };
  });
}

/** Those of a channel that there is: secrets are kept unless they are said, and what signs has a deed of its own. */
export function changeableSettings(settings: readonly Setting[]): Setting[] {
  return settings
    .filter(({ name }) => name !== SIGNING)
    .map((setting) =>
      setting.shape === "secret"
        ? { ...setting, hint: `${setting.hint}; empty: it stays as it is`.replace(/^; e/, "E") }
        : setting,
    );
}

function shapeOf(schema: SettingSchema, inner: SettingSchema): Setting["shape"] {
  if (schema.writeOnly) return "secret";
  if (inner.enum) return "choice";
  if (inner.type === "boolean") return "check";
  if (inner.type === "integer" || inner.type === "number") return "number";
  return inner.type === "array" ? "list" : "text";
}

function labelOf(name: string): string {
  const words = name.split("_").map((word) => (CAPITALS.has(word) ? word.toUpperCase() : word));
  return sentence(words.join(" "));
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function fieldOf(setting: Setting): FieldSpec {
  const { name, label, hint, fallback } = setting;
  const make = () => {
    if (setting.shape === "secret") return textControl(name, { type: "password" });
    if (setting.shape === "number") return numberControl(name, { placeholder: fallback });
    if (setting.shape === "list") return wordsControl(name, { empty: undefined });
    if (setting.shape === "text") return textControl(name, { placeholder: fallback });
    if (setting.shape === "check") return ticked(checkControl(name, "yes"), fallback === "true");
    return choosing(name, setting.options, fallback);
  };
  return { name, label, hint, make };
}

function ticked(control: Control, yes: boolean): Control {
  control.write(yes);
  return control;
}

/** One of the options; nothing, where nothing is an answer. */
function choosing(name: string, options: readonly string[], fallback: string): Control {
  if (fallback !== "") {
    const choice = selectControl(name, options);
    choice.write(fallback);
    return choice;
  }
  const choice = selectControl(name, [["", "not said"], ...options.map((one) => [one, one] as const)]);
  return { ...choice, read: () => choice.read() || undefined };
}

/** What a form says as the gateway takes it: all but the name are settings. */
export function channelBody(kind: string, said: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { name, ...config } = said;
  return { name, kind, config };
}

/** `Until 18:00 messages are signed with the secret before, too.`; nothing where that is over or never was. */
export function rotationWords(channel: Channel, now: number): string {
  const until = (channel.previous_until_s ?? 0) * 1000;
  return until > now ? `until ${formatMoment(until, now)} the secret before signs too` : "";
}

export function trialWords(trial: Trial): string {
  const where = trial.delivered ? "Delivered" : trial.permanent ? "Refused for good" : "Not delivered";
  return trial.answer === "" ? where : `${where}: ${trial.answer}`;
}
