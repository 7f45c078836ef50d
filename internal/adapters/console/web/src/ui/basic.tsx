import type { ButtonHTMLAttributes, ComponentChildren } from "preact";
import { APIError } from "../core/api";
import { Icon, type IconName } from "./icons";

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { icon?: IconName; look?: "primary" | "danger" | "quiet"; busy?: boolean };

export function Button({ icon, look, busy, children, class: more, disabled, ...rest }: ButtonProps) {
  const classes = ["button", look, more, !children && "square"].filter(Boolean).join(" ");
  return (
    <button type="button" class={classes} disabled={busy || disabled} aria-busy={busy} {...rest}>
      {busy ? <span class="spinner" /> : icon && <Icon name={icon} />}
      {children && <span>{children}</span>}
    </button>
  );
}

export function Badge({ tone, title, children }: { tone?: "good" | "warn" | "bad" | "accent"; title?: string; children: ComponentChildren }) {
  return (
    <span class={`badge ${tone ?? ""}`} title={title}>
      {children}
    </span>
  );
}

export function Failure({ error, again }: { error?: Error; again?: () => void }) {
  if (!error) return null;
  const id = error instanceof APIError ? error.requestID : "";
  return (
    <div class="notice bad" role="alert">
      <p>{error.message}</p>
      {id && <p class="muted small">Request {id}</p>}
      {again && <Button onClick={again}>Try again</Button>}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="strong">{title}</p>
      {children}
    </div>
  );
}

export function Loading() {
  return (
    <div class="empty" role="status">
      <span class="spinner" />
      <span class="hidden">Loading</span>
    </div>
  );
}

export function Meter({ percent, label }: { percent: number; label: string }) {
  return <progress class="meter" max={100} value={percent} aria-label={label} />;
}

/** One of a few: a row of buttons of which one is pressed. */
export function Choice<T extends string>(p: { label: string; value: T; options: { value: T; label: string; title?: string; disabled?: boolean }[]; onChange: (v: T) => void }) {
  return (
    <div class="choice" role="group" aria-label={p.label}>
      {p.options.map((o) => (
        <button key={o.value} type="button" aria-pressed={o.value === p.value} disabled={o.disabled} title={o.title} onClick={() => p.onChange(o.value)}>
          {o.label}
        </button>
      ))}
    </div>
  );
}

export function Head({ title, sub, children }: { title: ComponentChildren; sub?: ComponentChildren; children?: ComponentChildren }) {
  return (
    <header class="head">
      <div class="titles">
        <h1>{title}</h1>
        {sub && <p class="muted">{sub}</p>}
      </div>
      <div class="actions">{children}</div>
    </header>
  );
}
