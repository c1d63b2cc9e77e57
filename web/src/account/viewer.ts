/** Who looks at the page, and what they may do. */
import type { Me } from "../gateway/contract";
import { Emitter } from "../live/emitter";

export class Viewer {
  readonly changed = new Emitter<void>();
  me: Me | null = null;

  /** Until the gateway has said who this is, nobody may edit. */
  get admin(): boolean {
    return this.me?.scopes.includes("admin") ?? false;
  }

  know(me: Me): void {
    this.me = me;
    this.changed.emit();
  }

  /** Shows the elements to administrators only. Returns the function that stops watching. */
  forAdmins(...elements: HTMLElement[]): () => void {
    const show = () => {
      for (const element of elements) element.hidden = !this.admin;
    };
    show();
    return this.changed.on(show);
  }
}
