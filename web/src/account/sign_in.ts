/** The sign-in page. */
import { explainSignIn } from "../gateway/problem";
import type { Session } from "../gateway/session";
import { el, setText } from "../parts/element";
import { mark } from "../parts/mark";
import type { Page } from "../parts/page";

export function signInPage(session: Session, entered: () => void): Page {
  const email = el("input", {
    id: "email",
    type: "email",
    name: "email",
    autocomplete: "username",
    required: true,
    testid: "login-email",
  });
  const password = el("input", {
    id: "password",
    type: "password",
    name: "password",
    autocomplete: "current-password",
    required: true,
    testid: "login-password",
  });
  const error = el("p", { class: "form-error", role: "alert", testid: "login-error" });
  const submit = el(
    "button",
    { class: "button button-main", type: "submit", testid: "login-submit" },
    "Sign in",
  );

  const attempt = async () => {
    submit.disabled = true;
    setText(submit, "Signing in…");
    setText(error, "");
    try {
      await session.signIn(email.value.trim(), password.value);
      entered();
    } catch (reason) {
      setText(error, explainSignIn(reason));
      password.select();
      password.focus();
    } finally {
      submit.disabled = false;
      setText(submit, "Sign in");
    }
  };
  const form = el(
    "form",
    {
      class: "panel sign-in",
      "aria-labelledby": "sign-in-title",
      on: {
        submit: (event) => {
          event.preventDefault();
          void attempt();
        },
      },
    },
    mark(),
    el("h1", { id: "sign-in-title" }, "Sign in to Vedette"),
    el("label", { for: "email" }, "Email"),
    email,
    el("label", { for: "password" }, "Password"),
    password,
    error,
    submit,
  );
  queueMicrotask(() => email.focus());
  return { title: "Sign in", element: el("main", { class: "centre" }, form), close: () => undefined };
}
