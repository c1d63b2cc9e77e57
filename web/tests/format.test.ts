import { expect, test } from "vitest";
import {
  formatAgo,
  formatByteRate,
  formatBytes,
  formatMillis,
  formatMoment,
  formatPercent,
  formatSpan,
  formatUptime,
  NOTHING,
} from "../src/format";

test("bytes use binary units and three digits", () => {
  expect(formatBytes(0)).toBe("0 B");
  expect(formatBytes(1023)).toBe("1023 B");
  expect(formatBytes(1536)).toBe("1.50 KiB");
  expect(formatBytes(16 * 2 ** 30)).toBe("16.0 GiB");
});

test("byte rates use decimal units", () => {
  expect(formatByteRate(999)).toBe("999 B/s");
  expect(formatByteRate(12_400_000)).toBe("12.4 MB/s");
});

test("a percentage keeps one decimal until it is whole", () => {
  expect(formatPercent(0.0312)).toBe("3.1 %");
  expect(formatPercent(0.5)).toBe("50.0 %");
  expect(formatPercent(1)).toBe("100 %");
});

test("uptime is never rounded up to 100 %", () => {
  expect(formatUptime(0.999999)).toBe("99.999 %");
  expect(formatUptime(0.99996)).toBe("99.996 %");
  expect(formatUptime(0.9412)).toBe("94.12 %");
  expect(formatUptime(1)).toBe("100 %");
});

test("what is not known reads as a dash, never as zero", () => {
  for (const format of [formatBytes, formatByteRate, formatPercent, formatUptime, formatMillis, formatSpan]) {
    expect(format(null)).toBe(NOTHING);
    expect(format(Number.NaN)).toBe(NOTHING);
  }
  expect(formatAgo(undefined)).toBe("never");
});

test("durations change their unit at a second", () => {
  expect(formatMillis(3.04)).toBe("3.0 ms");
  expect(formatMillis(247.4)).toBe("247 ms");
  expect(formatMillis(1_240)).toBe("1.24 s");
});

test("spans and ages use the unit an eye expects", () => {
  expect(formatSpan(42_000)).toBe("42 s");
  expect(formatSpan(7 * 60_000)).toBe("7 min");
  expect(formatSpan(190 * 60_000)).toBe("3 h 10 min");
  expect(formatSpan(122 * 3_600_000)).toBe("5 d 2 h");
  expect(formatAgo(300)).toBe("now");
  expect(formatAgo(-5_000)).toBe("now");
  expect(formatAgo(12_000)).toBe("12 s ago");
});

test("a moment of another day carries its date", () => {
  const now = new Date(2026, 10, 20, 12, 0, 0).getTime();
  expect(formatMoment(now - 60_000, now)).toBe("11:59:00");
  expect(formatMoment(now - 86_400_000, now)).toBe("2026-11-19 12:00:00");
});
