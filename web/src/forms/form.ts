/** A form: fields in sections, what they say together, and refusals beside the fields that they are about. */
import { type Child, el, setChildren, setText } from "../parts/element";
import type { Control } from "./control";
import { placeErrors } from "./placing";

export interface FieldSpec {
  name: string;
  label: string;
  hint?: string;
  /** Takes the whole width. */
  wide?: boolean;
  make(name: string): Control;
}

export interface SectionSpec {
  title: string;
  fields: readonly FieldSpec[];
  /** Folded until somebody wants it, or something in it was refused. */
  folded?: boolean;
}

interface Field {
  spec: FieldSpec;
  control: Control;
  row: HTMLElement;
  error: HTMLElement;
}

export class Form {
  readonly element: HTMLFormElement;
  private fields = new Map<string, Field>();
  private readonly sections = el("div", { class: "form-sections" });
  private readonly trouble = el("div", {
    class: "form-trouble",
    role: "alert",
    testid: "form-error",
    hidden: true,
  });
  private readonly submit: HTMLButtonElement;

  constructor(
    private readonly options: {
      testid: string;
      /** On the button: `Save`. */
      save: string;
      prefixes?: readonly string[];
      /** An address, or what to do. */
      cancel: string | (() => void);
      send(body: Record<string, unknown>): Promise<void>;
    },
  ) {
    this.submit = el("button", { class: "button button-main", type: "submit", testid: "save" }, options.save);
    this.element = el(
      "form",
      {
        class: "form",
        testid: options.testid,
        novalidate: true,
        on: {
          submit: (event) => {
            event.preventDefault();
            void this.attempt();
          },
        },
      },
      this.trouble,
      this.sections,
      el("div", { class: "form-end" }, this.submit, cancelling(options.cancel)),
    );
  }

  /** Builds the fields anew; values of fields that stay are kept. The names of those that are new. */
  build(sections: readonly SectionSpec[], extra: Child[] = []): string[] {
    const before = this.fields;
    this.fields = new Map();
    const built = sections
      .filter((section) => section.fields.length > 0)
      .map((section) => this.section(section, before));
    setChildren(this.sections, ...extra, ...built);
    return [...this.fields]
      .filter(([name, { spec }]) => before.get(name)?.spec !== spec)
      .map(([name]) => name);
  }

  write(values: Readonly<Record<string, unknown>>): void {
    for (const [name, field] of this.fields) if (name in values) field.control.write(values[name]);
  }

  /** What the fields say; those that say nothing are left out. */
  read(): Record<string, unknown> {
    const body: Record<string, unknown> = {};
    for (const [name, field] of this.fields) {
      const value = field.control.read();
      if (value !== undefined) body[name] = value;
    }
    return body;
  }

  /** Fields that were emptied to say nothing, so that the gateway's default holds. */
  silent(): string[] {
    return [...this.fields].filter(([, field]) => field.control.read() === undefined).map(([name]) => name);
  }

  focus(name: string): void {
    this.fields.get(name)?.control.target.focus();
  }

  private section(section: SectionSpec, before: ReadonlyMap<string, Field>): HTMLElement {
    const rows = section.fields.map((spec) => this.field(spec, before.get(spec.name)));
    const grid = el("div", { class: "form-grid" }, ...rows);
    if (section.folded) {
      return el("details", { class: "panel form-section" }, el("summary", {}, section.title), grid);
    }
    return el("section", { class: "panel form-section" }, el("h2", {}, section.title), grid);
  }

  private field(spec: FieldSpec, before: Field | undefined): HTMLElement {
    const control = spec.make(spec.name);
    if (before && before.spec === spec) control.write(before.control.read());
    const id = `field-${spec.name}`;
    const error = el("p", { class: "field-error", id: `${id}-error`, testid: `error-${spec.name}` });
    const hint = spec.hint !== undefined && el("p", { class: "field-hint", id: `${id}-hint` }, spec.hint);
    control.target.id = id;
    control.target.dataset["testid"] = id;
    control.target.setAttribute("aria-describedby", hint ? `${id}-hint ${id}-error` : `${id}-error`);
    const clear = () => this.clear(spec.name);
    control.element.addEventListener("input", clear);
    // A box to tick has its words beside it.
    const label = control.element.classList.contains("check")
      ? el("span", { class: "field-label" }, spec.label)
      : el("label", { class: "field-label", for: id }, spec.label);
    const row = el(
      "div",
      { class: spec.wide ? "field field-wide" : "field" },
      label,
      control.element,
      hint,
      error,
    );
    this.fields.set(spec.name, { spec, control, row, error });
    return row;
  }

  private clear(name: string): void {
    const field = this.fields.get(name);
    if (!field) return;
    setText(field.error, "");
    field.row.classList.remove("is-wrong");
    field.control.target.removeAttribute("aria-invalid");
  }

  private async attempt(): Promise<void> {
    for (const name of this.fields.keys()) this.clear(name);
    this.trouble.hidden = true;
    this.submit.disabled = true;
    setText(this.submit, "Saving…");
    try {
      await this.options.send(this.read());
    } catch (error) {
      this.refuse(error);
    } finally {
      this.submit.disabled = false;
      setText(this.submit, this.options.save);
    }
  }

  private refuse(error: unknown): void {
    const placed = placeErrors(error, [...this.fields.keys()], this.options.prefixes);
    let first: Field | null = null;
    for (const [name, field] of this.fields) {
      const text = placed.fields.get(name);
      if (text === undefined) continue;
      first ??= field;
      setText(field.error, text);
      field.row.classList.add("is-wrong");
      field.control.target.setAttribute("aria-invalid", "true");
      field.row.closest("details")?.setAttribute("open", "");
    }
    this.trouble.hidden = placed.form.length === 0;
    setChildren(this.trouble, ...placed.form.map((text) => el("p", {}, text)));
    if (first) first.control.target.focus();
    else this.trouble.scrollIntoView({ block: "center" });
  }
}

function cancelling(cancel: string | (() => void)): HTMLElement {
  if (typeof cancel === "string") return el("a", { class: "button", href: cancel }, "Cancel");
  return el("button", { class: "button", type: "button", testid: "cancel", on: { click: cancel } }, "Cancel");
}
