/** The stream of one session: opened, kept open, and given up when the session is over or not ours to see. */
import type { Gateway } from "../gateway/gateway";
import { Problem } from "../gateway/problem";
import type { Session } from "../gateway/session";
import { Emitter } from "../live/emitter";
import { noteServerTime } from "../live/server_clock";
import type { FrameEvent, RealtimeSession, RealtimeTick, SchemaEvent } from "./contract";
import { Decoder, type Moment } from "./decoding";

const RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;
/** The gateway ticks each ten seconds: silence beyond two and a half of them is a connection that died. */
const SILENCE_MS = 25_000;
const HIDDEN_MS = 5 * 60_000;
/** Answers that will not be others by asking again. */
const FINAL = new Set([403, 404, 410, 422]);

export type Standing =
  | { kind: "opening" }
  | { kind: "live" }
  | { kind: "lost" }
  | { kind: "paused" }
  | { kind: "over"; reason: string | null }
  | { kind: "refused"; error: unknown };

export class RealtimeFeed {
  readonly about = new Emitter<RealtimeSession>();
  readonly moments = new Emitter<Moment>();
  readonly viewers = new Emitter<number>();
  /** What was shown so far has a hole that cannot be filled: all that is known comes anew. */
  readonly reset = new Emitter<void>();
  readonly changed = new Emitter<Standing>();
  standing: Standing = { kind: "opening" };

  private stream: EventSource | null = null;
  private readonly decoder = new Decoder();
  private lastEventId = "";
  private failures = 0;
  private retry = 0;
  private heardAt = Date.now();
  private generation = 0;
  private hiddenAt = 0;
  private readonly watch: number;

  constructor(
    private readonly id: string,
    private readonly gateway: Gateway,
    private readonly session: Session,
  ) {
    this.watch = window.setInterval(() => this.mind(), 1_000);
    document.addEventListener("visibilitychange", this.mindHidden);
  }

  async open(): Promise<void> {
    const generation = this.hangUp();
    try {
      // EventSource hides the answer's status, so what stands in the way is found out before.
      const about = await this.gateway.realtimeSession(this.id);
      if (generation !== this.generation) return;
      if (about.ended_ms !== null) {
        this.finish({ kind: "over", reason: about.reason });
        return;
      }
      this.about.emit(about);
    } catch (error) {
      if (generation !== this.generation) return;
      if (error instanceof Problem && FINAL.has(error.status)) this.finish({ kind: "refused", error });
      else this.again();
      return;
    }
    this.listen();
  }

  close(): void {
    window.clearInterval(this.watch);
    document.removeEventListener("visibilitychange", this.mindHidden);
    this.hangUp();
  }

  /** Whatever was under way before comes to nothing. */
  private hangUp(): number {
    window.clearTimeout(this.retry);
    this.stream?.close();
    this.stream = null;
    this.generation += 1;
    return this.generation;
  }

  private listen(): void {
    const query = this.lastEventId === "" ? "" : `?last_event_id=${this.lastEventId}`;
    const stream = new EventSource(`/v1/realtime/sessions/${encodeURIComponent(this.id)}/stream${query}`);
    this.stream = stream;
    this.heardAt = Date.now();
    stream.onopen = () => this.stand({ kind: "live" });
    stream.onerror = () => this.again();
    this.on<SchemaEvent>(stream, "schema", (schema) => this.decoder.learn(schema));
    this.on<FrameEvent>(stream, "frame", (frame) => this.moments.emit(this.decoder.read(frame)));
    this.on<RealtimeTick>(stream, "tick", (tick) => {
      noteServerTime(tick.now);
      this.viewers.emit(tick.viewers);
    });
    this.on<RealtimeSession>(stream, "session", (about) => this.about.emit(about));
    this.on<unknown>(stream, "reset", () => this.reset.emit());
    this.on<unknown>(stream, "hole", () => undefined);
    this.on<{ reason: string | null }>(stream, "end", ({ reason }) => this.finish({ kind: "over", reason }));
  }

  private on<T>(stream: EventSource, name: string, receive: (data: T) => void): void {
    stream.addEventListener(name, (event: MessageEvent<string>) => {
      if (stream !== this.stream) return;
      if (event.lastEventId !== "") this.lastEventId = event.lastEventId;
      this.heardAt = Date.now();
      // A gateway whose log is away opens the stream, and ends it at once.
      if (name === "frame" || name === "tick") this.failures = 0;
      receive(JSON.parse(event.data) as T);
    });
  }

  private readonly mindHidden = (): void => {
    this.hiddenAt = document.hidden ? Date.now() : 0;
    if (!document.hidden && this.standing.kind === "paused") void this.open();
  };

  private mind(): void {
    if (this.hiddenAt > 0 && this.standing.kind === "live" && Date.now() - this.hiddenAt > HIDDEN_MS) {
      // A tab that nobody sees does not keep hosts busy.
      this.hangUp();
      this.stand({ kind: "paused" });
    }
    if (this.standing.kind === "live" && Date.now() - this.heardAt > SILENCE_MS) this.again();
  }

  private again(): void {
    const generation = this.hangUp();
    this.stand({ kind: "lost" });
    const wait = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** this.failures) * (0.5 + Math.random() / 2);
    this.failures += 1;
    this.retry = window.setTimeout(() => {
      // The stream ends with its token; the cookie is renewed before it is tried again.
      this.session.renew().then(
        () => generation === this.generation && void this.open(),
        () => generation === this.generation && this.again(),
      );
    }, wait);
  }

  private finish(standing: Standing): void {
    this.close();
    this.stand(standing);
  }

  private stand(standing: Standing): void {
    this.standing = standing;
    this.changed.emit(standing);
  }
}
