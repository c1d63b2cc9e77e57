/** Releases in the range, and before and after the one that is chosen. */
import type { App } from "../app";
import { formatCount, formatMoment } from "../format";
import { textControl } from "../forms/control";
import type { Comparison, Marker } from "../gateway/outage_contract";
import { explain, Problem } from "../gateway/problem";
import { serverNow } from "../live/server_clock";
import { choices } from "../parts/choices";
import { deed } from "../parts/deed";
import { el, setChildren, setClass } from "../parts/element";
import { panel } from "../parts/panel";
import { leftOut, verdictOf } from "./comparison";

const WINDOWS = [
  { id: "30m", label: "30 min" },
  { id: "1h", label: "1 h" },
  { id: "6h", label: "6 h" },
  { id: "24h", label: "24 h" },
];
const LISTED = 12;

export class ReleasePanel {
  readonly element: HTMLElement;
  private readonly list = el("div", { class: "releases" });
  private readonly result = el("div", { class: "comparison", testid: "comparison", "aria-live": "polite" });
  private readonly windows = choices("Compared window", WINDOWS, (id) => this.widen(id), "window");
  private markers: readonly Marker[] = [];
  private chosen: string | null = null;
  private window = "1h";
  private request = new AbortController();
  private readonly stop: () => void;

  /** `changed`: another marker was chosen, or the list itself is another. */
  constructor(
    private readonly app: App,
    private readonly monitor: string,
    private readonly targetMs: () => number,
    private readonly changed: (reload: boolean) => void,
  ) {
    const adding = this.adding();
    this.element = panel("Releases", "releases", this.list, this.result, adding);
    this.stop = app.viewer.forAdmins(adding);
    this.windows.show(this.window);
  }

  get choice(): string | null {
    return this.chosen;
  }

  show(markers: readonly Marker[]): void {
    this.markers = markers;
    if (this.chosen !== null && !markers.some((marker) => String(marker.id) === this.chosen))
      this.choose(null);
    const buttons = markers.slice(0, LISTED).map((marker) => {
      const id = String(marker.id);
      const press = () => this.choose(this.chosen === id ? null : id);
      return el(
        "button",
        {
          type: "button",
          class: "release",
          testid: "release",
          "aria-pressed": String(id === this.chosen),
          on: { click: press },
        },
        el("strong", {}, marker.name),
        el("span", { class: "muted" }, formatMoment(marker.at_ms, serverNow())),
      );
    });
    const none = el("p", { class: "muted note" }, "No release was marked in this range.");
    setChildren(this.list, ...(buttons.length > 0 ? buttons : [none]));
  }

  choose(id: string | null): void {
    this.chosen = id;
    this.show(this.markers);
    this.changed(false);
    if (id === null) setChildren(this.result);
    else void this.compare();
  }

  close(): void {
    this.request.abort();
    this.stop();
  }

  private widen(id: string): void {
    this.window = id;
    this.windows.show(id);
    void this.compare();
  }

  private async compare(): Promise<void> {
    const marker = this.markers.find((candidate) => String(candidate.id) === this.chosen);
    if (!marker) return;
    this.request.abort();
    this.request = new AbortController();
    const { signal } = this.request;
    const frame = (...content: HTMLElement[]) => setChildren(this.result, this.head(marker), ...content);
    frame(el("div", { class: "skeleton skeleton-row" }));
    try {
      const found = await this.app.gateway.compare(String(marker.id), this.monitor, this.window, signal);
      if (!signal.aborted) frame(this.table(found));
    } catch (error) {
      if (signal.aborted) return;
      const missing = error instanceof Problem && [404, 405].includes(error.status);
      const text = missing ? "The comparison is not available for this release." : explain(error);
      frame(el("p", { class: "muted note", testid: "comparison-missing" }, text));
    }
  }

  private head(marker: Marker): HTMLElement {
    const remove = deed({
      label: "Remove this marker",
      testid: "remove-marker",
      class: "button-quiet",
      confirm: "Really remove?",
      act: async () => {
        await this.app.editing.removeMarker(marker.id);
        this.choose(null);
        this.changed(true);
      },
    });
    // Markers come from build servers; only web addresses become links.
    const safe = marker.url !== null && /^https?:\/\//i.test(marker.url);
    const more =
      safe && el("a", { href: marker.url, rel: "noopener noreferrer", target: "_blank" }, "Read more");
    return el(
      "div",
      { class: "comparison-head" },
      el("strong", {}, `Before and after ${marker.name}`),
      this.windows.element,
      more,
      el("span", { class: "spring" }),
      this.app.viewer.admin && remove,
    );
  }

  private table(found: Comparison): HTMLElement {
    const compared = found.monitors?.find((entry) => String(entry.monitor) === this.monitor);
    if (!compared) return el("p", { class: "muted note" }, "There are no checks around this release.");
    const verdict = verdictOf(compared, this.targetMs());
    const length = WINDOWS.find(({ id }) => id === this.window)?.label ?? "";
    const figure = (label: string, value: string, testid: string) => {
      const number = el("span", { class: "figure-value", testid }, value);
      return el("div", { class: "figure" }, el("span", { class: "figure-label" }, label), number);
    };
    const chance = verdict.chance === "–" ? "" : ` (${verdict.chance})`;
    const unfinished = found.complete === false ? " The time after it has not passed yet." : "";
    const out = leftOut(compared);
    const without = out > 0 ? ` ${formatCount(out)} checks within incidents are left out.` : "";
    const difference = figure("difference", verdict.difference, "compared-difference");
    setClass(difference.querySelector(".figure-value") as Element, `figure-value tone-${verdict.tone}`);
    return el(
      "div",
      {},
      el(
        "div",
        { class: "figures compared" },
        figure(`${length} before`, verdict.before, "compared-before"),
        figure(`${length} after`, verdict.after, "compared-after"),
        difference,
        figure("with 95 % certainty", verdict.range, "compared-range"),
      ),
      el("p", { class: "muted note" }, `${verdict.words}${chance}${unfinished}${without}`),
    );
  }

  /** Marking a release by hand; build servers do it over the API. */
  private adding(): HTMLElement {
    const name = textControl("marker", { placeholder: "shop 4.2.0" });
    name.target.setAttribute("aria-label", "Name of the release");
    name.target.dataset["testid"] = "marker-name";
    const add = deed({
      label: "Mark a release now",
      testid: "add-marker",
      act: async () => {
        const text = name.read();
        if (text === undefined) {
          name.target.focus();
          return;
        }
        await this.app.editing.addMarker({ name: text, monitors: [Number(this.monitor)] });
        name.write("");
        this.changed(true);
      },
    });
    return el("div", { class: "panel-foot" }, name.element, add);
  }
}
