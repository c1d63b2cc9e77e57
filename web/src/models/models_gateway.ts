/** The gateway's routes about models. */
import type { Id } from "../gateway/contract";
import type { Gateway } from "../gateway/gateway";
import type {
  Drift,
  Metrics,
  Model,
  Multivariate,
  Quality,
  Reference,
  ReferenceComparison,
  ReferenceRow,
  SegmentTable,
} from "./contract";

function modelPath(model: string, rest: string, parameters: Record<string, string> = {}): string {
  const search = new URLSearchParams(parameters).toString();
  return `/v1/models/${encodeURIComponent(model)}/${rest}${search === "" ? "" : `?${search}`}`;
}

export class ModelsGateway {
  constructor(private readonly gateway: Gateway) {}

  async all(): Promise<Model[]> {
    return (await this.gateway.ask<{ models: Model[] }>("/v1/models", {})).models;
  }

  /** The windows of a model that began since `from`, of all its rows or of those of a segment. */
  drift(model: string, from: string, signal: AbortSignal, segment: string | null = null): Promise<Drift> {
    const only: Record<string, string> = segment === null ? {} : { segment };
    return this.gateway.ask(modelPath(model, "drift", { from, ...only }), { signal });
  }

  /** How the segments of a model stand, by windows that began since `from`. */
  segments(model: string, from: string, signal: AbortSignal): Promise<SegmentTable> {
    return this.gateway.ask(modelPath(model, "segments", { from }), { signal });
  }

  /** What became of the predictions in the windows of a model that began since `from`. */
  quality(model: string, from: string, signal: AbortSignal): Promise<Quality> {
    return this.gateway.ask(modelPath(model, "quality", { from }), { signal });
  }

  /** What metrics of a model came to in the windows that began since `from`. */
  metrics(model: string, from: string, signal: AbortSignal): Promise<Metrics> {
    return this.gateway.ask(modelPath(model, "metrics", { from }), { signal });
  }

  /** What the windows in which all columns were looked at together came to. */
  multivariate(model: string, from: string, signal: AbortSignal): Promise<Multivariate> {
    return this.gateway.ask(modelPath(model, "multivariate", { from }), { signal });
  }

  reference(reference: Id): Promise<Reference> {
    return this.gateway.ask(`/v1/models/references/${encodeURIComponent(reference)}`, {});
  }

  async references(model: string): Promise<ReferenceRow[]> {
    const found = await this.gateway.ask<{ references: ReferenceRow[] }>(modelPath(model, "references"), {});
    return found.references;
  }

  compareReferences(model: string, first: Id, second: Id): Promise<ReferenceComparison> {
    const path = ["references", first, "compare", second].map(encodeURIComponent).join("/");
    return this.gateway.ask(modelPath(model, path), {});
  }
}
