/** Routes: which alerts are told to whom and after how long, in the order in which they are asked. */
import type { App } from "../app";
import { deed } from "../parts/deed";
import { el, setChildren } from "../parts/element";
import type { AlertRoute } from "./contract";
import type { Known } from "./known";
import type { OnCallGateway } from "./on_call_gateway";
import { type Panel, panelOf, rowDeeds, table } from "./panel";
import { routeForm } from "./route_form";
import { hoursText, mannerText, namesOf, stepText } from "./wording";

const HEAD = ["Route", "Alerts", "When", "Who is told", ""];

export function routePanel(app: App, gateway: OnCallGateway, reload: () => Promise<void>): Panel {
  const content = el("div");
  const making = el("div", { class: "form-inside" });
  let known: Known | null = null;
  const edit = async (route?: AlertRoute) => {
    const [channels, groups, schedules] = await Promise.all([
      app.gateway.channels(),
      gateway.groups(),
      gateway.schedules(),
    ]);
    const left = (saved: boolean) => {
      setChildren(making);
      if (saved) void reload();
    };
    setChildren(making, routeForm(gateway, { channels, groups, schedules }, route, left));
    making.scrollIntoView({ block: "nearest" });
  };
  const add = deed({ label: "New route", testid: "route-new", act: () => edit() });
  const show = (found: Known) => {
    known = found;
    const rows = found.routes.map((route) => row(route, found));
    const rest =
      rows.length === 0
        ? "There is no route: every alert is told to all channels at once."
        : "Alerts that no route takes are told to all channels at once; those of rules that name channels, to these.";
    setChildren(content, rows.length > 0 && table(HEAD, rows), el("p", { class: "muted note" }, rest));
  };
  const row = (route: AlertRoute, found: Known) => {
    const schedules = namesOf(found.schedules);
    const steps = route.steps.map((step) =>
      el("li", {}, stepText(step, found.channels, found.groups, schedules)),
    );
    const manner = mannerText(route);
    return el(
      "tr",
      { testid: "route-row" },
      el("th", { scope: "row", class: "name" }, route.name),
      el("td", { class: "wrap" }, route.match === null ? "all" : el("code", {}, route.match)),
      el("td", {}, hoursText(route.hours)),
      el(
        "td",
        { class: "wrap", testid: "route-steps" },
        steps.length === 0 ? "nobody" : el("ol", { class: "steps" }, ...steps),
        manner !== "" && el("span", { class: "muted" }, manner),
      ),
      el("td", {}, app.viewer.admin && deeds(route)),
    );
  };
  const deeds = (route: AlertRoute) =>
    rowDeeds(
      "route",
      () => edit(route),
      () => gateway.remove("routes", route.id).then(reload),
    );
  const again = () => known && show(known);
  return panelOf(app, { testid: "routes", title: "Routes", add, making, content, show, again });
}
