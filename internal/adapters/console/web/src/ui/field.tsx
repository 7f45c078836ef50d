import { cloneElement, toChildArray, type ComponentChildren, type VNode } from "preact";
import { useId } from "preact/hooks";

/** A control with its name, which is its first child, and what it means. */
export function Field({ label, hint, children }: { label: string; hint?: ComponentChildren; children: ComponentChildren }) {
  const id = useId();
  const [control, ...rest] = toChildArray(children);
  return (
    <div class="field">
      <label class="label" for={id}>
        {label}
      </label>
      {cloneElement(control as VNode, { id, "aria-describedby": hint ? `${id}-hint` : undefined })}
      {rest}
      {hint && (
        <span id={`${id}-hint`} class="hint">
          {hint}
        </span>
      )}
    </div>
  );
}

export function Check({ label, hint, checked, onChange }: { label: string; hint?: string; checked: boolean; onChange: (checked: boolean) => void }) {
  const id = useId();
  return (
    <div class="check">
      <input id={id} type="checkbox" aria-describedby={hint ? `${id}-hint` : undefined} checked={checked} onChange={(e) => onChange(e.currentTarget.checked)} />
      <div>
        <label for={id}>{label}</label>
        {hint && (
          <span id={`${id}-hint`} class="hint">
            {hint}
          </span>
        )}
      </div>
    </div>
  );
}

/** Reads a field for a number: undefined where nothing stands in it. */
export function numberOf(s: string): number | undefined {
  return s.trim() === "" ? undefined : Number(s);
}
