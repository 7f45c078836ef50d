import { useEffect, useState } from "preact/hooks";
import { Button } from "./basic";

type Note = { id: number; text: string; bad: boolean };

let notes: Note[] = [];
let next = 1;
const listeners = new Set<(n: Note[]) => void>();

function change(to: Note[]) {
  notes = to;
  listeners.forEach((f) => f(notes));
}

const remove = (id: number) => change(notes.filter((n) => n.id !== id));

/** Tells what was done, for a few seconds; what failed stays until it is closed. */
export function tell(text: string, bad = false) {
  const id = next++;
  change([...notes.slice(-3), { id, text, bad }]);
  if (!bad) setTimeout(() => remove(id), 5000);
}

export function Toasts() {
  const [list, set] = useState(notes);
  useEffect(() => {
    listeners.add(set);
    return () => void listeners.delete(set);
  }, []);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {list.map((n) => (
        <div key={n.id} class={n.bad ? "toast bad" : "toast"}>
          <span>{n.text}</span>
          <Button icon="close" look="quiet" aria-label="Close" onClick={() => remove(n.id)} />
        </div>
      ))}
    </div>
  );
}

export async function copy(text: string, what = "Copied") {
  try {
    await navigator.clipboard.writeText(text);
    tell(what);
  } catch {
    tell("The browser does not let the page copy: select the text instead.", true);
  }
}
