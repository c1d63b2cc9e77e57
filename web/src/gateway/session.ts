/** The signed-in session: the access token lives in memory only, the refresh cookie is the browser's. */
import { Emitter } from "../live/emitter";
import type { Login } from "./contract";
import { send } from "./http";
import { isAway, Problem } from "./problem";

const MARGIN_MS = 30_000;
const RENEW_AT = 0.8;

export class Session {
  /** Fires once when the session is over: signed out here, or refused by the gateway. */
  readonly ended = new Emitter<void>();
  private token: string | null = null;
  private expiresAt = 0;
  private refreshing: Promise<void> | null = null;
  private timer = 0;

  /** True when the browser still held a session. Throws `GatewayAway` when nobody answered. */
  async resume(): Promise<boolean> {
    try {
      await this.refresh();
      return true;
    } catch (error) {
      if (isRefusal(error)) return false;
      throw error;
    }
  }

  async signIn(email: string, password: string): Promise<void> {
    this.accept(await send<Login>("/v1/auth/login", { method: "POST", body: { email, password } }));
  }

  /** Throws `GatewayAway` and stays signed in when nobody answered: the cookie would still be good. */
  async signOut(): Promise<void> {
    try {
      await send("/v1/auth/logout", { method: "POST", body: {}, bearer: this.token });
    } catch (error) {
      if (isAway(error)) throw error;
    }
    this.forget();
    this.ended.emit();
  }

  /** A token good for at least half a minute; refreshes first when needed. */
  async bearer(): Promise<string> {
    if (this.token === null || Date.now() > this.expiresAt - MARGIN_MS) await this.renew();
    if (this.token === null) throw new Problem(401, "Signed out", "Sign in again.");
    return this.token;
  }

  /** Forces a new token, for an answer 401 or a stream that ended with the old one. */
  async renew(): Promise<void> {
    try {
      await this.refresh();
    } catch (error) {
      if (isRefusal(error)) {
        const wasOpen = this.token !== null;
        this.forget();
        if (wasOpen) this.ended.emit();
      }
      throw error;
    }
  }

  private refresh(): Promise<void> {
    this.refreshing ??= this.refreshOnce().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private async refreshOnce(): Promise<void> {
    const ask = async () => this.accept(await send<Login>("/v1/auth/refresh", { method: "POST", body: {} }));
    // Two tabs share one rotating cookie: without the lock, the slower one would present a used token.
    if (navigator.locks) await navigator.locks.request("vedette-refresh", ask);
    else await ask();
  }

  private accept(login: Login): void {
    this.token = login.access_token;
    this.expiresAt = Date.now() + login.expires_in * 1000;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(
      () => {
        // A failure here is not shown: the next request tries again and reports it.
        this.renew().catch(() => undefined);
      },
      login.expires_in * 1000 * RENEW_AT,
    );
  }

  private forget(): void {
    this.token = null;
    this.expiresAt = 0;
    window.clearTimeout(this.timer);
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Problem && (error.status === 401 || error.status === 403);
}
