import { useCallback, useEffect, useRef, useState } from "preact/hooks";

export type Loaded<T> = { data?: T; error?: Error; loading: boolean; again: () => void };

/** Loads something anew whenever one of deps changes, and every `every` milliseconds. */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, deps: unknown[], every = 0): Loaded<T> {
  const [state, set] = useState<{ data?: T; error?: Error; loading: boolean }>({ loading: true });
  const [turn, setTurn] = useState(0);
  const known = useRef<unknown[] | undefined>(undefined);
  useEffect(() => {
    const control = new AbortController();
    let timer = 0;
    const fresh = known.current === undefined || known.current.some((d, i) => d !== deps[i]);
    known.current = deps;
    set((s) => ({ data: fresh ? undefined : s.data, error: s.error, loading: true }));
    const run = async () => {
      try {
        const data = await load(control.signal);
        if (!control.signal.aborted) set({ data, loading: false });
      } catch (error) {
        if (!control.signal.aborted) set((s) => ({ data: s.data, error: error as Error, loading: false }));
      }
      if (every > 0 && !control.signal.aborted) timer = window.setTimeout(() => (document.hidden ? wait() : void run()), every);
    };
    // A tab that nobody sees asks for nothing.
    const wait = () => document.addEventListener("visibilitychange", () => void run(), { once: true, signal: control.signal });
    void run();
    return () => {
      control.abort();
      clearTimeout(timer);
    };
  }, [...deps, turn]);
  const again = useCallback(() => setTurn((n) => n + 1), []);
  return { ...state, again };
}

/** Calls f for each key that is pressed outside of inputs and dialogs. */
export function useKeys(f: (e: KeyboardEvent) => void) {
  const latest = useRef(f);
  latest.current = f;
  useEffect(() => {
    const on = (e: KeyboardEvent) => {
      const to = e.target as HTMLElement;
      if (e.ctrlKey || e.metaKey || e.altKey || to.closest("input, textarea, select, dialog")) return;
      latest.current(e);
    };
    addEventListener("keydown", on);
    return () => removeEventListener("keydown", on);
  }, []);
}

/** Moves the focus among the elements with data-row in the element of the event. */
export function moveRow(e: KeyboardEvent) {
  const step = e.key === "ArrowDown" || e.key === "j" ? 1 : e.key === "ArrowUp" || e.key === "k" ? -1 : 0;
  const to = e.target as HTMLElement;
  if (step === 0 || e.ctrlKey || e.metaKey || e.altKey || to.closest("input, textarea, select")) return;
  const rows = [...(e.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[data-row]")];
  const here = rows.indexOf(to.closest<HTMLElement>("[data-row]")!);
  const next = rows[here + step];
  if (next) {
    e.preventDefault();
    next.focus();
  }
}
