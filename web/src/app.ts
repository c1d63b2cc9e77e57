/** The shell: who is signed in, which page shows, and the one feed all pages share. */
import { signInPage } from "./account/sign_in";
import { AlertBoard } from "./alerts/alert_board";
import { EndpointBoard } from "./endpoints/endpoint_board";
import { endpointPage } from "./endpoints/endpoint_page";
import { Gateway } from "./gateway/gateway";
import { Session } from "./gateway/session";
import { HostBoard } from "./hosts/host_board";
import { hostPage } from "./hosts/host_page";
import { Feed } from "./live/feed";
import { connectionOf } from "./live/feed_state";
import { overviewPage } from "./overview/overview_page";
import { banner } from "./parts/banner";
import { el, setChildren } from "./parts/element";
import { header } from "./parts/header";
import type { Page } from "./parts/page";
import { emptyState, errorState } from "./parts/states";
import { readRoute } from "./route";

const RELOAD_EVERY_MS = 30_000;
/** A hidden tab gives its connection back after this long; browsers allow six to one server. */
const HIDDEN_PAUSE_MS = 5 * 60_000;

/** What a page may use. */
export interface App {
  gateway: Gateway;
  feed: Feed;
  hosts: HostBoard;
  endpoints: EndpointBoard;
  alerts: AlertBoard;
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
    gateway,
    feed: new Feed(session),
    hosts: new HostBoard(gateway),
    endpoints: new EndpointBoard(gateway),
    alerts: new AlertBoard(gateway),
  };
  const { feed, hosts, endpoints, alerts } = app;
  const top = header(() => session.signOut());
  const stale = banner(() => feed.retryNow());
  const main = el("main", { id: "main", tabindex: "-1" });
  setChildren(root, top.element, stale.element, main);

  let page: Page | null = null;
  const navigate = () => {
    page?.close();
    page = pageFor(app);
    document.title = `${page.title} · Vedette`;
    setChildren(main, page.element);
    window.scrollTo(0, 0);
  };
  const reload = () => {
    if (document.hidden) return;
    for (const board of [hosts, endpoints, alerts]) board.load().catch(() => undefined);
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
  gateway
    .me()
    .then((me) => top.showAccount(me))
    .catch(() => undefined);
}

function pageFor(app: App): Page {
  const route = readRoute(location.hash);
  if (route.page === "overview") return overviewPage(app);
  if (route.page === "host") return hostPage(app, route.name, route.range);
  if (route.page === "endpoint") return endpointPage(app, route.id, route.range);
  const home = el("a", { href: "#/" }, "Go to the overview");
  return {
    title: "Not found",
    element: el("div", { class: "page" }, emptyState("There is no such page", home)),
    close: () => undefined,
  };
}
