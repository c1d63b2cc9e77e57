/** The live feed: one EventSource for the page, driven by the state machine in `feed_state`. */
import type { AlertEvent, CheckResult, SamplesEvent, TickEvent } from "../gateway/contract";
import type { Session } from "../gateway/session";
import { Emitter } from "./emitter";
import { advance, type FeedEvent, type FeedState, initialState } from "./feed_state";
import { noteServerTime } from "./server_clock";

const TOPICS = "samples,checks,alerts";
/** After so many failures in a row the event id itself is suspect: a gateway that lost its log refuses it. */
const TRUST_ID_FOR = 3;

export class Feed {
  readonly samples = new Emitter<SamplesEvent>();
  readonly checks = new Emitter<CheckResult>();
  readonly alerts = new Emitter<AlertEvent>();
  /** The gap was too long to replay: whoever shows history must ask for it again. */
  readonly reset = new Emitter<void>();
  readonly changed = new Emitter<FeedState>();
  state: FeedState = initialState(Date.now());

  private stream: EventSource | null = null;
  private lastEventId = "";
  private timer = 0;
  /** Counts openings, so that an opening overtaken by a close does nothing. */
  private generation = 0;

  constructor(private readonly session: Session) {}

  start(): void {
    this.timer = window.setInterval(() => this.handle({ kind: "ticked", at: Date.now() }), 500);
    void this.open();
  }

  stop(): void {
    window.clearInterval(this.timer);
    this.close();
  }

  /** Closes the stream of a page nobody sees: browsers allow six connections to one server. */
  pause(): void {
    this.handle({ kind: "paused", at: Date.now() });
  }

  retryNow(): void {
    this.handle({ kind: "forced", at: Date.now() });
  }

  private handle(event: FeedEvent): void {
    const [next, effect] = advance(this.state, event);
    const moved = next !== this.state;
    const visible = moved && (next.phase !== this.state.phase || next.attempt !== this.state.attempt);
    this.state = next;
    if (effect === "open") void this.open();
    if (effect === "close") this.close();
    if (effect === "fail") this.fail();
    if (visible) this.changed.emit(this.state);
  }

  private fail(): void {
    this.handle({ kind: "failed", at: Date.now(), jitter: Math.random() });
  }

  private async open(): Promise<void> {
    this.close();
    const generation = this.generation;
    try {
      // EventSource hides a 401, so the cookie is renewed before any attempt that may have met one.
      if (this.state.attempt > 0) await this.session.renew();
      else await this.session.bearer();
    } catch {
      if (generation === this.generation) this.fail();
      return;
    }
    if (generation !== this.generation) return;
    const parameters = new URLSearchParams({ topics: TOPICS });
    const forgotten = this.lastEventId !== "" && this.state.attempt > TRUST_ID_FOR;
    if (forgotten) this.lastEventId = "";
    if (this.lastEventId !== "") parameters.set("last_event_id", this.lastEventId);
    const stream = new EventSource(`/v1/stream?${parameters}`);
    this.stream = stream;
    stream.onopen = () => {
      this.handle({ kind: "opened", at: Date.now() });
      if (forgotten) this.reset.emit();
    };
    // The browser's own retry knows neither our token nor our back-off: every error is ours to handle.
    stream.onerror = () => this.fail();
    this.listen<SamplesEvent>(stream, "samples", (data) => this.samples.emit(data));
    this.listen<CheckResult>(stream, "checks", (data) => this.checks.emit(data));
    this.listen<AlertEvent>(stream, "alerts", (data) => this.alerts.emit(data));
    this.listen<TickEvent>(stream, "tick", (data) => noteServerTime(data.now));
    this.listen<unknown>(stream, "signals", () => undefined);
    this.listen<unknown>(stream, "reset", () => this.reset.emit());
  }

  private listen<T>(stream: EventSource, name: string, receive: (data: T) => void): void {
    stream.addEventListener(name, (event: MessageEvent<string>) => {
      if (event.lastEventId !== "") this.lastEventId = event.lastEventId;
      this.handle({ kind: "heard", at: Date.now() });
      let data: T;
      try {
        data = (event.data === "" ? {} : JSON.parse(event.data)) as T;
      } catch {
        console.warn(`unreadable ${name} event`);
        return;
      }
      receive(data);
    });
  }

  private close(): void {
    this.generation += 1;
    this.stream?.close();
    this.stream = null;
  }
}
