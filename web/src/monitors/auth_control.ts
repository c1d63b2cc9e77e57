/** How a check signs in: not at all, with a name and a password, or with a token. */
import { type Control, selectControl } from "../forms/control";
import { el } from "../parts/element";

type Auth = { type: "basic"; username: string; password: string } | { type: "bearer"; token: string } | null;

const BASIC: readonly [string, string][] = [
  ["", "None"],
  ["basic", "User and password"],
];

export const basicControl = (name: string) => signInControl(name, BASIC);
export const authControl = (name: string) => signInControl(name, [...BASIC, ["bearer", "Token"]]);

function signInControl(name: string, ways: readonly [string, string][]): Control {
  const type = selectControl(name, ways);
  const input = (label: string, kind: string) =>
    el("input", { type: kind, "aria-label": label, placeholder: label, autocomplete: "off" });
  const username = input("User", "text");
  const password = input("Password", "password");
  const token = input("Token", "password");
  const show = () => {
    const chosen = type.read();
    for (const field of [username, password]) field.hidden = chosen !== "basic";
    token.hidden = chosen !== "bearer";
  };
  type.element.addEventListener("change", show);
  show();
  return {
    element: el("div", { class: "inline-fields" }, type.element, username, password, token),
    target: type.target,
    read(): Auth {
      const chosen = type.read();
      if (chosen === "basic") return { type: "basic", username: username.value, password: password.value };
      return chosen === "bearer" ? { type: "bearer", token: token.value } : null;
    },
    write(value) {
      const auth = value as Auth;
      type.write(auth?.type ?? "");
      username.value = auth?.type === "basic" ? auth.username : "";
      password.value = auth?.type === "basic" ? auth.password : "";
      token.value = auth?.type === "bearer" ? auth.token : "";
      show();
    },
  };
}
