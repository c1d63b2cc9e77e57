/** What can go wrong when asking the gateway. `Problem` is an answer (RFC 9457); `GatewayAway` is no answer. */

export interface FieldError {
  field: string;
  value?: unknown;
  allowed?: unknown;
}

export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly fields: FieldError[] = [],
    /** Seconds to wait, from Retry-After, when the gateway asked for patience. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail || title);
  }
}

/** The gateway could not be reached, or did not answer in time. Trying again can help. */
export class GatewayAway extends Error {
  override readonly name = "GatewayAway";
}

interface ProblemBody {
  title?: unknown;
  detail?: unknown;
  errors?: unknown;
}

/** Reads a refused answer; a body that is not problem+json (a proxy's HTML page, say) still becomes a Problem. */
export function readProblem(status: number, body: string, retryAfter: string | null): Problem {
  let parsed: ProblemBody = {};
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === "object" && value !== null) parsed = value;
  } catch {
    // Not JSON: the status alone must tell the story.
  }
  const title = typeof parsed.title === "string" ? parsed.title : `The gateway answered ${status}`;
  const detail = typeof parsed.detail === "string" ? parsed.detail : "";
  const fields = Array.isArray(parsed.errors) ? (parsed.errors as FieldError[]) : [];
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
  return new Problem(status, title, detail, fields, Number.isFinite(seconds) ? seconds : null);
}

/** A proxy in front of a stopped gateway answers for it. */
export function isAway(error: unknown): boolean {
  return error instanceof GatewayAway || (error instanceof Problem && [502, 503, 504].includes(error.status));
}

/** One plain sentence for the person in front of the screen. */
export function explain(error: unknown): string {
  if (isAway(error)) return "The gateway does not answer. Is it running, and is the network up?";
  if (error instanceof Problem) {
    if (error.status === 403) return error.detail || "This account may not see that.";
    if (error.status === 429) return `Too many requests. Try again ${inSeconds(error.retryAfter)}.`;
    return error.detail || `${error.title}.`;
  }
  return error instanceof Error ? error.message : "Something unexpected happened.";
}

export function explainSignIn(error: unknown): string {
  if (error instanceof Problem) {
    if (error.status === 401) return "Wrong email or password.";
    if (error.status === 429) return `Too many tries. Wait, then try again ${inSeconds(error.retryAfter)}.`;
    if (error.status === 422 || error.status === 400)
      return error.detail || "Check the email and the password.";
  }
  return explain(error);
}

function inSeconds(seconds: number | null): string {
  if (seconds === null) return "in a moment";
  if (seconds < 90) return `in ${Math.max(1, Math.ceil(seconds))} s`;
  return `in ${Math.ceil(seconds / 60)} min`;
}
