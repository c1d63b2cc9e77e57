/** What was seen of a failure: phase, address, status, headers, first bytes. Texts come from strangers' servers. */
import { el } from "../parts/element";

const ORDER = ["class", "phase", "address", "status", "headers", "first_bytes"];
const LABEL: Record<string, string> = {
  class: "Error class",
  phase: "Phase",
  address: "Address",
  status: "Status",
  headers: "Headers",
  first_bytes: "First bytes",
};

/** Known entries first, in a fixed order; others as the probe named them. */
export function evidenceEntries(evidence: Readonly<Record<string, string>>): [string, string][] {
  const names = Object.keys(evidence);
  const others = names.filter((name) => !ORDER.includes(name)).sort();
  const label = (name: string) => LABEL[name] ?? name.replaceAll("_", " ");
  return [...ORDER.filter((name) => names.includes(name)), ...others].map((name) => [
    label(name),
    evidence[name] ?? "",
  ]);
}

export function evidenceList(evidence: Readonly<Record<string, string>> | null | undefined): HTMLElement {
  const entries = Object.entries(evidence ?? {});
  if (entries.length === 0) return el("p", { class: "muted note" }, "Nothing was recorded beside the error.");
  return el(
    "dl",
    { class: "facts", testid: "evidence" },
    ...evidenceEntries(evidence ?? {}).flatMap(([label, text]) => [
      el("dt", {}, label),
      el("dd", {}, text.length > 40 || text.includes("\n") ? el("pre", {}, text) : el("code", {}, text)),
    ]),
  );
}
