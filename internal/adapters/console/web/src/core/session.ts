// The key of whoever looks is kept for the tab's session and nowhere else; how the pages
// look is kept in the browser.

const keyName = "memista.key";
const themeName = "memista.theme";

export type Theme = "auto" | "light" | "dark";

// Browsers may refuse storage: then the key lives as long as the page.
let key = attempt(() => sessionStorage.getItem(keyName)) ?? "";
const listeners = new Set<() => void>();

function attempt<T>(fn: () => T): T | null {
  try {
    return fn();
  } catch {
    return null;
  }
}

export const session = {
  get key() {
    return key;
  },
  signIn(k: string) {
    key = k;
    attempt(() => (k ? sessionStorage.setItem(keyName, k) : sessionStorage.removeItem(keyName)));
    listeners.forEach((f) => f());
  },
  onChange(f: () => void) {
    listeners.add(f);
    return () => listeners.delete(f);
  },
};

export function theme(): Theme {
  const t = attempt(() => localStorage.getItem(themeName));
  return t === "light" || t === "dark" ? t : "auto";
}

export function setTheme(t: Theme) {
  attempt(() => localStorage.setItem(themeName, t));
  applyTheme();
}

export function applyTheme() {
  const t = theme();
  if (t === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = t;
}
