import { useState } from "preact/hooks";
import { base } from "../../core/api";
import { session } from "../../core/session";
import type { Query } from "../../core/types";
import { Button, Choice } from "../../ui/basic";
import { Dialog } from "../../ui/dialog";
import { copy } from "../../ui/toast";
import { snippets, type Language } from "./snippets";

const labels: Record<Language, string> = { curl: "curl", go: "Go", python: "Python", javascript: "JavaScript" };

/** The search as a program that makes it. */
export function Code({ id, query, onClose }: { id: string; query: Query; onClose: () => void }) {
  const [language, setLanguage] = useState<Language>("curl");
  const text = snippets[language]({ base: base.href.replace(/\/$/, ""), id, query, keyed: session.key !== "" });
  return (
    <Dialog title="Copy as" wide onClose={onClose}>
      <div class="dialog-body">
        <div class="row">
          <Choice label="Language" value={language} options={(Object.keys(labels) as Language[]).map((l) => ({ value: l, label: labels[l] }))} onChange={setLanguage} />
          <Button class="right" icon="copy" onClick={() => copy(text)}>
            Copy
          </Button>
        </div>
        <pre class="snippet" tabIndex={0}>
          {text}
        </pre>
        {session.key && <p class="muted small">The key is read from the environment, as MEMISTA_API_KEY.</p>}
      </div>
    </Dialog>
  );
}
