/** Buttons that do something at the gateway: they say that they are at it, and what went wrong. */
import { explain } from "../gateway/problem";
import { el, setText } from "./element";

const SHOWN_MS = 6_000;
const ARMED_MS = 4_000;

export interface DeedOptions {
  label: string;
  testid: string;
  class?: string;
  /** Asked for by a second press: what cannot be undone. */
  confirm?: string;
  act(): Promise<void>;
}

export function deed(options: DeedOptions): HTMLElement {
  const trouble = el("span", { class: "deed-error", role: "alert" });
  let armed = 0;
  const disarm = () => {
    armed = 0;
    button.classList.remove("button-danger");
    setText(button, options.label);
  };
  const act = async () => {
    button.disabled = true;
    setText(trouble, "");
    try {
      await options.act();
    } catch (error) {
      setText(trouble, explain(error));
      window.setTimeout(() => setText(trouble, ""), SHOWN_MS);
    } finally {
      button.disabled = false;
    }
  };
  const press = () => {
    if (options.confirm !== undefined && armed === 0) {
      setText(button, options.confirm);
      button.classList.add("button-danger");
      armed = window.setTimeout(disarm, ARMED_MS);
      return;
    }
    window.clearTimeout(armed);
    disarm();
    void act();
  };
  const button = el(
    "button",
    {
      type: "button",
      class: `button ${options.class ?? ""}`.trim(),
      testid: options.testid,
      on: { click: press },
    },
    options.label,
  );
  return el("span", { class: "deed" }, button, trouble);
}
