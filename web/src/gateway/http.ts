/** One request to the gateway: JSON in, JSON out, every failure a `Problem` or `GatewayAway`. */
import { GatewayAway, readProblem } from "./problem";

const TIMEOUT_MS = 15_000;

export interface Request {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  bearer?: string | null;
  signal?: AbortSignal | undefined;
  /** The answer is a text as it is, not JSON. */
  text?: boolean;
}

export async function send<T>(path: string, request: Request = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: request.text ? "text/*" : "application/json" };
  if (request.bearer) headers["Authorization"] = `Bearer ${request.bearer}`;
  if (request.body !== undefined) headers["Content-Type"] = "application/json";
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout;

  let status: number;
  let text: string;
  let retryAfter: string | null;
  try {
    const response = await fetch(path, {
      method: request.method ?? "GET",
      headers,
      body: request.body === undefined ? null : JSON.stringify(request.body),
      credentials: "same-origin",
      cache: "no-store",
      signal,
    });
    status = response.status;
    retryAfter = response.headers.get("Retry-After");
    text = await response.text();
  } catch (cause) {
    // The caller left the page: that is not a failure of the gateway.
    if (request.signal?.aborted) throw cause;
    throw new GatewayAway("no answer", { cause });
  }
  if (status >= 400) throw readProblem(status, text, retryAfter);
  if (request.text) return text as T;
  if (text === "") return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw readProblem(502, text, null);
  }
}
