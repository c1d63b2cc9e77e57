/** What an alert is about, with a link to its page. */
import { type Child, el } from "../parts/element";
import { endpointAddress, hostAddress, modelAddress } from "../route";

export function subjectLink(subject: string): Child {
  const [kind = "", ...rest] = subject.split(":");
  const name = rest.join(":");
  if (kind === "source" || kind === "clone" || kind === "clock")
    return el("a", { href: hostAddress(name) }, name);
  if (kind === "series" || kind === "plugin" || kind === "expression") {
    const [source = ""] = name.split("/", 1);
    return el(
      "span",
      {},
      el("a", { href: hostAddress(source) }, source),
      ` ${name.slice(source.length + 1)}`,
    );
  }
  if (kind === "monitor") return el("a", { href: endpointAddress(name.split(/[@/]/)[0] ?? name) }, subject);
  if (kind === "model" || kind === "segment" || kind === "quality" || kind === "metric")
    return el("a", { href: modelAddress(name.split(/[@/]/)[0] ?? name) }, subject);
  return subject;
}
