/** All models of the account. */
import type { App } from "../app";
import { formatMoment } from "../format";
import { serverNow } from "../live/server_clock";
import { el, setChildren, setText } from "../parts/element";
import type { Page } from "../parts/page";
import { followRows } from "../parts/row_link";
import { emptyState, errorState, skeletonRows } from "../parts/states";
import { modelAddress } from "../route";
import { lengthOf, type Model } from "./contract";
import { ModelsGateway } from "./models_gateway";

const HEAD = ["Model", "Windows", "False alarms", "Registered"];

export function modelsPage(app: App): Page {
  const content = el("div");
  const count = el("span", { class: "count" });
  const body = el("tbody");
  const table = el(
    "div",
    { class: "panel table-panel flush" },
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, ...HEAD.map((label) => el("th", { scope: "col" }, label)))),
      body,
    ),
  );
  followRows(body);
  const load = async () => {
    setChildren(content, skeletonRows(3));
    try {
      const models = await new ModelsGateway(app.gateway).all();
      setText(count, String(models.length));
      setChildren(body, ...models.map(row));
      const how = "Register one with POST /v1/models, give it a reference, and report rows with the client.";
      setChildren(content, models.length === 0 ? emptyState("There are no models yet", how) : table);
    } catch (error) {
      setChildren(
        content,
        errorState("The models could not be loaded", error, () => void load()),
      );
    }
  };
  void load();
  return {
    title: "Models",
    element: el(
      "div",
      { class: "page" },
      el("div", { class: "page-head" }, el("h1", {}, "Models"), count),
      content,
    ),
    close: () => undefined,
  };
}

function row(model: Model): HTMLElement {
  return el(
    "tr",
    { testid: "model-row", data: { href: modelAddress(model.id) } },
    el("td", {}, el("a", { href: modelAddress(model.id) }, model.name)),
    el("td", {}, windowsOf(model)),
    el("td", {}, `${100 * model.alpha} % of quiet windows`),
    el("td", { class: "muted" }, formatMoment(model.created_ms, serverNow())),
  );
}

function windowsOf(model: Model): string {
  if (model.window_rows) return `${model.window_rows} rows`;
  const length = `${model.window_s / 60} min`;
  return model.slide_s ? `${length}, every ${lengthOf(model.slide_s)}` : length;
}
