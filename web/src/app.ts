/** The shell: who is signed in, which page shows, and the one feed all pages share. */
import { signInPage } from "./account/sign_in";
import { Viewer } from "./account/viewer";
import { AlertBoard } from "./alerts/alert_board";
import { alertPage } from "./alerts/alert_page";
import { alertsPage } from "./alerts/alerts_page";
import { EndpointBoard } from "./endpoints/endpoint_board";
import { endpointPage } from "./endpoints/endpoint_page";
import { Editing } from "./gateway/editing";
import { Gateway } from "./gateway/gateway";
import { Session } from "./gateway/session";
import { HostBoard } from "./hosts/host_board";
import { hostPage } from "./hosts/host_page";
import { IncidentBoard } from "./incidents/incident_board";
import { incidentPage } from "./incidents/incident_page";
import { incidentsPage } from "./incidents/incidents_page";
import { Feed } from "./live/feed";
import { connectionOf } from "./live/feed_state";
import { MaintenanceBoard } from "./maintenance/maintenance_board";
import { maintenanceForm } from "./maintenance/maintenance_form";
import { maintenancePage } from "./maintenance/maintenance_page";
import { modelPage } from "./models/model_page";
import { modelsPage } from "./models/models_page";
import { monitorForm } from "./monitors/monitor_form";
import { onCallPage } from "./oncall/on_call_page";
import { type OverviewView, overviewPage, overviewView } from "./overview/overview_page";
import { banner } from "./parts/banner";
import { el, setChildren } from "./parts/element";
import { header } from "./parts/header";
import type { Page } from "./parts/page";
import { emptyState, errorState } from "./parts/states";
import { choosePage } from "./realtime/choose_page";
import { realtimePage } from "./realtime/realtime_page";
import {
  ALERTS,
  HOME,
  incidentsAddress,
  MAINTENANCE,
  MODELS,
  ON_CALL,
  type Route,
  readRoute,
  SITUATIONS,
} from "./route";
import { situationPage } from "./situations/situation_page";
import { situationsPage } from "./situations/situations_page";

const RELOAD_EVERY_MS = 30_000;
/** A hidden tab gives its connection back after this long; browsers allow six to one server. */
const HIDDEN_PAUSE_MS = 5 * 60_000;

/** What a page may use. */
export interface App {
  session: Session;
  gateway: Gateway;
  feed: Feed;
  hosts: HostBoard;
  endpoints: EndpointBoard;
  alerts: AlertBoard;
  incidents: IncidentBoard;
  maintenance: MaintenanceBoard;
  viewer: Viewer;
  editing: Editing;
  overview: OverviewView;
}

export async function start(root: HTMLElement): Promise<void> {
  const session = new Session();
  const enter = () => openApp(root, session, () => showSignIn(root, session, enter));
  try {
    if (await session.resume()) enter();
    else showSignIn(root, session, enter);
  } catch (error) {
    const again = () => void start(root);
    setChildren(
      root,
      el("main", { class: "centre" }, errorState("Vedette could not be opened", error, again)),
    );
  }
}

function showSignIn(root: HTMLElement, session: Session, enter: () => void): void {
  const page = signInPage(session, enter);
  document.title = "Sign in · Vedette";
  setChildren(root, page.element);
}

function openApp(root: HTMLElement, session: Session, left: () => void): void {
  const gateway = new Gateway(session);
  const app: App = {
    session,
    gateway,
    feed: new Feed(session),
    hosts: new HostBoard(gateway),
    endpoints: new EndpointBoard(gateway),
    alerts: new AlertBoard(gateway),
    incidents: new IncidentBoard(gateway),
    maintenance: new MaintenanceBoard(gateway),
    viewer: new Viewer(),
    editing: new Editing(gateway),
    overview: overviewView(),
  };
  const { feed, hosts, endpoints, alerts, incidents, maintenance } = app;
  const top = header(() => session.signOut());
  const stale = banner(() => feed.retryNow());
  const main = el("main", { id: "main", tabindex: "-1" });
  setChildren(root, top.element, stale.element, main);

  let page: Page | null = null;
  const navigate = () => {
    page?.close();
    const route = readRoute(location.hash);
    page = pageFor(app, route);
    top.showRoom(roomOf(route));
    document.title = `${page.title} · Vedette`;
    setChildren(main, page.element);
    window.scrollTo(0, 0);
  };
  const meet = () => {
    gateway
      .me()
      .then((me) => {
        top.showAccount(me);
        app.viewer.know(me);
      })
      .catch(() => undefined);
  };
  const reload = () => {
    if (document.hidden) return;
    for (const board of [hosts, endpoints, alerts, incidents, maintenance])
      board.load().catch(() => undefined);
  };
  const showConnection = () => {
    const now = Date.now();
    top.show(connectionOf(feed.state, now, navigator.onLine));
    document.body.classList.toggle("is-stale", stale.show(feed.state, now, navigator.onLine));
  };
  let hiddenTimer = 0;
  const watchVisibility = () => {
    window.clearTimeout(hiddenTimer);
    if (document.hidden) hiddenTimer = window.setTimeout(() => feed.pause(), HIDDEN_PAUSE_MS);
    else if (feed.state.phase === "paused") feed.retryNow();
  };
  const backOnline = () => feed.retryNow();
  const timers = [window.setInterval(showConnection, 500), window.setInterval(reload, RELOAD_EVERY_MS)];
  const stops = [
    feed.samples.on((event) => hosts.absorb(event)),
    feed.checks.on((event) => endpoints.absorb(event)),
    feed.alerts.on((event) => alerts.absorb(event)),
    feed.changed.on(showConnection),
    endpoints.unsettled.on(() => incidents.load().catch(() => undefined)),
    incidents.changed.on(() => top.showOpenIncidents(incidents.count)),
    feed.reset.on(() => {
      hosts.forgetHistory();
      endpoints.forgetHistory();
      reload();
    }),
  ];
  window.addEventListener("hashchange", navigate);
  window.addEventListener("online", backOnline);
  document.addEventListener("visibilitychange", watchVisibility);

  stops.push(
    session.ended.on(() => {
      page?.close();
      feed.stop();
      for (const timer of timers) window.clearInterval(timer);
      window.clearTimeout(hiddenTimer);
      window.removeEventListener("hashchange", navigate);
      window.removeEventListener("online", backOnline);
      document.removeEventListener("visibilitychange", watchVisibility);
      document.body.classList.remove("is-stale");
      for (const stop of stops) stop();
      left();
    }),
  );
  feed.start();
  navigate();
  meet();
  incidents.load().catch(() => undefined);
}

/** The room of the bar on top that a page belongs to. */
function roomOf(route: Route): string {
  if (route.page === "incidents" || route.page === "incident") return incidentsAddress();
  if (route.page === "maintenance" || route.page === "maintenance form") return MAINTENANCE;
  if (route.page === "alerts" || route.page === "alert") return ALERTS;
  if (route.page === "on call") return ON_CALL;
  if (route.page === "situations" || route.page === "situation") return SITUATIONS;
  if (route.page === "models" || route.page === "model") return MODELS;
  return HOME;
}

function pageFor(app: App, route: Route): Page {
  switch (route.page) {
    case "overview":
      return overviewPage(app);
    case "host":
      return hostPage(app, route.name, route.range);
    case "endpoint":
      return endpointPage(app, route.id, route.range);
    case "endpoint form":
      return monitorForm(app, route.id);
    case "incidents":
      return incidentsPage(app, route.state, route.range);
    case "incident":
      return incidentPage(app, route.id);
    case "alerts":
      return alertsPage(app, route.state);
    case "alert":
      return alertPage(app, route.id);
    case "situations":
      return situationsPage(app, route.state, route.range);
    case "situation":
      return situationPage(app, route.id);
    case "realtime":
      return realtimePage(app, route.id);
    case "choose hosts":
      return choosePage(app, route.hosts);
    case "maintenance":
      return maintenancePage(app);
    case "maintenance form":
      return maintenanceForm(app, route.id);
    case "on call":
      return onCallPage(app);
    case "models":
      return modelsPage(app);
    case "model":
      return modelPage(app, route.id);
    case "missing":
      return missingPage();
  }
}

function missingPage(): Page {
  const home = el("a", { href: HOME }, "Go to the overview");
  return {
    title: "Not found",
    element: el("div", { class: "page" }, emptyState("There is no such page", home)),
    close: () => undefined,
  };
}
