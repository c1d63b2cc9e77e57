/** The mark of Vedette: a V with a light on it. */
import { svg } from "./element";

export function mark(): SVGElement {
  return svg(
    "svg",
    { viewBox: "0 0 32 32", class: "mark", "aria-hidden": "true" },
    svg("rect", { width: "32", height: "32", rx: "8", class: "mark-ground" }),
    svg("path", { d: "M7 9l9 15 9-15", class: "mark-v" }),
    svg("circle", { cx: "16", cy: "9.5", r: "2.6", class: "mark-light" }),
  );
}
