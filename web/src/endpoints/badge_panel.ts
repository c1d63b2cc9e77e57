/** The links of an endpoint's public badges, ready to be pasted. */
import type { App } from "../app";
import type { BadgeLinks } from "../gateway/outage_contract";
import { explain, Problem } from "../gateway/problem";
import { deed } from "../parts/deed";
import { el, setChildren, setText } from "../parts/element";
import { type Loading, panel } from "../parts/panel";

const COPIED_MS = 1_600;

/** Markdown of one badge. Brackets in a name would end the text before its time. */
export function badgeMarkdown(name: string, what: string, address: string): string {
  const text = `${name} ${what}`.replace(/[[\]\\]/g, "\\$&");
  return `![${text}](${address})`;
}

export class BadgePanel implements Loading {
  readonly element: HTMLElement;
  private readonly content = el("div", { class: "badges" });

  constructor(
    private readonly app: App,
    private readonly monitor: string,
    private readonly nameOf: () => string,
  ) {
    this.element = panel("Badges", "badges", this.content);
  }

  async load(signal: AbortSignal): Promise<void> {
    try {
      const links = await this.app.gateway.badgeLinks(this.monitor, signal);
      if (!signal.aborted) this.showLinks(links);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Problem && error.status === 404) this.showPrivate();
      else setChildren(this.content, el("p", { class: "muted note" }, explain(error)));
    }
  }

  private showPrivate(): void {
    const publish = deed({
      label: "Make them public",
      testid: "publish-badges",
      act: async () => this.showLinks(await this.app.editing.publishBadges(this.monitor)),
    });
    const text =
      "Badges of this endpoint are not public. Public ones can be seen by everybody who has the link.";
    setChildren(this.content, el("p", { class: "muted note" }, text), this.app.viewer.admin && publish);
  }

  private showLinks(links: BadgeLinks): void {
    const rows = Object.entries(links.badges).map(([what, path]) => {
      const address = new URL(path, location.href).href;
      const markdown = badgeMarkdown(this.nameOf(), what, address);
      return el(
        "div",
        { class: "badge-line", testid: "badge-line" },
        el("img", { src: path, alt: `${what} badge`, height: 20 }),
        copyable(markdown, `Markdown of the ${what} badge`),
      );
    });
    const hide = deed({
      label: "Make them private",
      testid: "hide-badges",
      class: "button-quiet",
      confirm: "Links will end. Really?",
      act: async () => {
        await this.app.editing.hideBadges(this.monitor);
        this.showPrivate();
      },
    });
    setChildren(this.content, ...rows, this.app.viewer.admin && hide);
  }
}

/** A text that a press copies; where the browser forbids that, it is selected for the keyboard. */
function copyable(text: string, label: string): HTMLElement {
  const field = el("input", { type: "text", readonly: true, "aria-label": label, class: "copy-field" });
  field.value = text;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setText(button, "Copied");
    } catch {
      field.select();
      setText(button, "Press Ctrl+C");
    }
    window.setTimeout(() => setText(button, "Copy"), COPIED_MS);
  };
  const button = el(
    "button",
    { type: "button", class: "button", testid: "copy", on: { click: () => void copy() } },
    "Copy",
  );
  return el("span", { class: "copy" }, field, button);
}
