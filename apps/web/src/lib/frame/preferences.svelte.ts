/** What is kept per browser; storage may be refused, then it lasts as long as the page. */
function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Private windows may refuse; the choice then lasts until reload.
  }
}

class Preferences {
  compact = $state(stored("compact") === "yes");
  /** Single keys (r, s, j, …) may be switched off; see WCAG 2.1.4. */
  singleKeys = $state(stored("single-keys") !== "no");

  setCompact(compact: boolean): void {
    this.compact = compact;
    store("compact", compact ? "yes" : "no");
  }
  setSingleKeys(on: boolean): void {
    this.singleKeys = on;
    store("single-keys", on ? "yes" : "no");
  }
  switchTheme(): void {
    const root = document.documentElement;
    const chosen = root.dataset["theme"];
    const dark = chosen === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
    root.dataset["theme"] = dark ? "light" : "dark";
    store("theme", root.dataset["theme"]);
  }
}
export const preferences = new Preferences();
