/** How the dashboard is built: one folder of static files the gateway serves at `/`. */
import { defineConfig } from "vitest/config";

const gateway = "http://127.0.0.1:8737";

export default defineConfig({
  base: "./",
  build: {
    outDir: "../ingest_api/static",
    emptyOutDir: true,
    target: "es2022",
    // A data: URI would need its own exception in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/v1": gateway, "/openapi.json": gateway } },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
