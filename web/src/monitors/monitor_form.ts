/** The page that makes a monitor or changes one. */
import type { App } from "../app";
import { selectControl } from "../forms/control";
import { Form } from "../forms/form";
import { Problem } from "../gateway/problem";
import { el, setChildren, setText } from "../parts/element";
import type { Page } from "../parts/page";
import { emptyState, errorState, skeletonRows } from "../parts/states";
import { endpointAddress, HOME } from "../route";
import { KINDS, offeredKinds, ownDefinition, sectionsOf } from "./kinds";
import { changedDefinition, type MonitorSchema, readMonitorSchema } from "./schema";

/** What the form starts from; everything else is the gateway's default. */
const FRESH = {
  verify_tls: true,
  recheck: true,
  method: "GET",
  record_type: "A",
  ip_version: "any",
  http_version: "auto",
};

export function monitorForm(app: App, id: string | null): Page {
  const heading = id === null ? "New endpoint" : "Change endpoint";
  const title = el("h1", {}, heading);
  const content = el("div");
  const request = new AbortController();
  const back = id === null ? HOME : endpointAddress(id);

  const load = async () => {
    setChildren(content, skeletonRows(4));
    try {
      const [document, known] = await Promise.all([
        app.gateway.description(request.signal),
        id === null ? null : app.gateway.monitor(id, request.signal),
      ]);
      if (request.signal.aborted) return;
      const schema = readMonitorSchema(document);
      if (!schema) throw new Error("The gateway does not describe its monitors; is it of another version?");
      if (!app.viewer.admin && app.viewer.me !== null) {
        setChildren(content, emptyState("Only administrators change endpoints"));
        return;
      }
      if (known) setText(title, `Change ${known.name}`);
      show(schema, known ? ownDefinition(known, schema) : null);
    } catch (error) {
      if (request.signal.aborted) return;
      const missing = error instanceof Problem && error.status === 404;
      setChildren(
        content,
        missing
          ? emptyState("There is no such endpoint", el("a", { href: HOME }, "See all endpoints"))
          : errorState("The form could not be opened", error, () => void load()),
      );
    }
  };

  const show = (schema: MonitorSchema, before: Record<string, unknown> | null) => {
    const kinds = selectControl("kind", offeredKinds(schema));
    const kind = () => String(kinds.read());
    kinds.write(before?.["kind"] ?? "http");
    const form = new Form({
      testid: "monitor-form",
      save: id === null ? "Make endpoint" : "Save",
      cancel: back,
      send: async (said) => {
        const body = changedDefinition(before ?? {}, { ...said, kind: kind() }, form.silent());
        const saved = await app.editing.saveMonitor(body, id ?? undefined);
        await app.endpoints.load().catch(() => undefined);
        location.hash = endpointAddress(saved.id);
      },
    });
    const build = () => {
      const start: Record<string, unknown> = before ?? FRESH;
      const fresh = form.build(sectionsOf(kind(), schema), [chooser]);
      form.write(
        Object.fromEntries(fresh.filter((name) => name in start).map((name) => [name, start[name]])),
      );
    };
    // History is of one kind; whoever wants another makes another endpoint.
    const fixed = before !== null;
    const target = kinds.target as HTMLSelectElement;
    target.disabled = fixed;
    target.id = "field-kind";
    target.dataset["testid"] = "field-kind";
    target.addEventListener("change", build);
    const chooser = el(
      "div",
      { class: "field kind-field" },
      el("label", { class: "field-label", for: "field-kind" }, "Kind"),
      fixed ? el("strong", {}, KINDS[kind()]?.label ?? kind()) : kinds.element,
    );
    build();
    setChildren(content, form.element);
    form.focus("name");
  };

  void load();
  return {
    title: heading,
    element: el(
      "div",
      { class: "page page-narrow" },
      el("div", { class: "page-head" }, el("a", { class: "back", href: back }, "Endpoints"), title),
      content,
    ),
    close: () => request.abort(),
  };
}
