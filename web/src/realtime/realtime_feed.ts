/** The stream of one session: opened, kept open, and given up when the session is over or not ours to see. */
import type { Gateway } from "../gateway/gateway";
import { isAway, Problem } from "../gateway/problem";
import type { Session } from "../gateway/session";
import { Emitter } from "../live/emitter";
import { noteServerTime } from "../live/server_clock";
import type { FrameEvent, RealtimeSession, RealtimeTick, SchemaEvent } from "./contract";
import { Decoder, type Moment } from "./decoding";

const RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;
/** The gateway ticks each ten seconds: silence beyond two and a half of them is a connection that died. */
const SILENCE_MS = 25_000;

export type Standing =
  | { kind: "opening" }
  | { kind: "live" }
  | { kind: "lost" }
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
  private readonly watch: number;

  constructor(
    private readonly id: string,
    private readonly gateway: Gateway,
    private readonly session: Session,
  ) {
    this.watch = window.setInterval(() => this.mind(), 1_000);
  }

  async open(): Promise<void> {
    window.clearTimeout(this.retry);
    this.stream?.close();
    try {
      // EventSource hides the answer's status, so what stands in the way is found out before.
      const about = await this.gateway.realtimeSession(this.id);
      if (about.ended_ms !== null) {
        this.finish({ kind: "over", reason: about.reason });
        return;
      }
      this.about.emit(about);
    } catch (error) {
      if (error instanceof Problem && !isAway(error)) this.finish({ kind: "refused", error });
      else this.again();
      return;
    }
    this.listen();
  }

  close(): void {
    window.clearInterval(this.watch);
    window.clearTimeout(this.retry);
    this.stream?.close();
    this.stream = null;
  }

  private listen(): void {
    const query = this.lastEventId === "" ? "" : `?last_event_id=${this.lastEventId}`;
    const stream = new EventSource(`/v1/realtime/sessions/${encodeURIComponent(this.id)}/stream${query}`);
    this.stream = stream;
    this.heardAt = Date.now();
    stream.onopen = () => {
      this.failures = 0;
      this.stand({ kind: "live" });
    };
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
      receive(JSON.parse(event.data) as T);
    });
  }

  private mind(): void {
    if (this.standing.kind === "live" && Date.now() - this.heardAt > SILENCE_MS) this.again();
  }

  private again(): void {
    this.stream?.close();
    this.stream = null;
    this.stand({ kind: "lost" });
    const wait = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** this.failures) * (0.5 + Math.random() / 2);
    this.failures += 1;
    window.clearTimeout(this.retry);
    this.retry = window.setTimeout(() => {
      // The stream ends with its token; the cookie is renewed before it is tried again.
      this.session.renew().then(
        () => this.open(),
        () => this.again(),
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
