import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Button, Failure } from "./basic";

/** A window over the page. Esc and the cross close it. */
export function Dialog({ title, wide, onClose, children }: { title: string; wide?: boolean; onClose: () => void; children: ComponentChildren }) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const d = ref.current!;
    const before = document.activeElement as HTMLElement | null;
    d.showModal();
    return () => {
      d.close();
      before?.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={wide ? "wide" : ""}
      aria-labelledby={id}
      onCancel={(e) => {
        e.preventDefault();
        onClose();
      }}
    >
      <div class="dialog-head">
        <h2 id={id}>{title}</h2>
        <Button icon="close" look="quiet" aria-label="Close" onClick={onClose} />
      </div>
      {children}
    </dialog>
  );
}

type ConfirmProps = { title: string; action: string; typed?: string; onClose: () => void; onConfirm: () => Promise<unknown>; children: ComponentChildren };

/** Asks before something that cannot be undone; with typed, its words have to be typed. */
export function Confirm({ title, action, typed, onClose, onConfirm, children }: ConfirmProps) {
  const [words, setWords] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const ready = !typed || words === typed;
  const run = async (e: Event) => {
    e.preventDefault();
    if (!ready || busy) return;
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch (e) {
      setError(e as Error);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={run}>
        <div class="dialog-body">
          {children}
          {typed && (
            <label class="field">
              <span class="label">
                Type <code>{typed}</code> to confirm
              </span>
              <input autoFocus autocomplete="off" spellcheck={false} value={words} onInput={(e) => setWords(e.currentTarget.value)} />
            </label>
          )}
          <Failure error={error} />
        </div>
        <div class="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" type="submit" disabled={!ready} busy={busy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
