import type { ComponentChildren } from "preact";

/** A named part of a form, with what it means. */
export function Field({ label, hint, error, children }: { label: string; hint?: ComponentChildren; error?: string; children: ComponentChildren }) {
  return (
    <label class="field">
      <span class="label">{label}</span>
      {children}
      {error ? <span class="hint wrong">{error}</span> : hint && <span class="hint">{hint}</span>}
    </label>
  );
}

export function Check({ label, hint, checked, onChange }: { label: string; hint?: string; checked: boolean; onChange: (checked: boolean) => void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={(e) => onChange(e.currentTarget.checked)} />
      <span>
        {label}
        {hint && <span class="hint">{hint}</span>}
      </span>
    </label>
  );
}

/** Reads a field for a number: undefined where nothing stands in it. */
export function numberOf(s: string): number | undefined {
  return s.trim() === "" ? undefined : Number(s);
}
