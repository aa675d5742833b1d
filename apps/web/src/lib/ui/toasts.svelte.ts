const STAYS_MS = 6000;

export interface Toast {
  id: string;
  tone: string;
  words: string;
  detail: string | null;
  href: string | null;
}

/** Outcomes of the reader's own actions; everything here is also kept in Activity. */
class Toasts {
  list = $state<Toast[]>([]);

  /** Shows an outcome; the same id replaces what it said before. Failures stay until closed. */
  show(toast: Omit<Toast, "id"> & { id?: string }): string {
    const id = toast.id ?? crypto.randomUUID();
    this.list = [...this.list.filter((other) => other.id !== id), { ...toast, id }].slice(-3);
    if (toast.tone !== "failed" && toast.tone !== "progressing") setTimeout(() => this.close(id), STAYS_MS);
    return id;
  }
  failed(words: string, detail: string | null = null): void {
    this.show({ tone: "failed", words, detail, href: null });
  }
  close(id: string): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}
export const toasts = new Toasts();
