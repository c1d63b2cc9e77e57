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

  /** Whether alerts may be acknowledged and silenced. */
  get responder(): boolean {
    return this.admin || (this.me?.scopes.includes("respond") ?? false);
  }

  know(me: Me): void {
    this.me = me;
    this.changed.emit();
  }

  /** Shows the elements to administrators only. Returns the function that stops watching. */
  forAdmins(...elements: HTMLElement[]): () => void {
    return this.showIf(() => this.admin, elements);
  }

  /** The same for who may answer alerts. */
  forResponders(...elements: HTMLElement[]): () => void {
    return this.showIf(() => this.responder, elements);
  }

  private showIf(may: () => boolean, elements: HTMLElement[]): () => void {
    const show = () => {
      for (const element of elements) element.hidden = !may();
    };
    show();
    return this.changed.on(show);
  }
}
