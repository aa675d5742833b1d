import { preferences } from "./preferences.svelte.ts";

type Run = (event: KeyboardEvent) => void;
/** Newest last: what opened last hears a key first. */
const maps: Record<string, Run>[] = [];
const CHORD_MS = 1200;

/**
 * Binds keys until the returned function is called. A name is `event.key`, or `g f` for a chord. Keys never fire in
 * fields, under a dialog, with a modifier, or when single keys are switched off.
 */
export function bindKeys(map: Record<string, Run>): () => void {
  maps.push(map);
  return () => void maps.splice(maps.indexOf(map), 1);
}

const inField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.matches("textarea, select") ||
    (target.matches("input") && !target.matches("input[type=checkbox], input[type=radio]")));

/** Listens on the window; `openPalette` is asked for Ctrl-K even in fields. */
export function listenToKeys(openPalette: () => void): () => void {
  let chord = "";
  let chordAt = 0;
  const onkeydown = (event: KeyboardEvent) => {
    if (event.defaultPrevented) return;
    if (event.key === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !preferences.singleKeys) return;
    if (inField(event.target) || document.querySelector("dialog[open], [data-menu-open]") !== null) return;
    // Space and Enter belong to the control that has the focus.
    const onControl = event.target instanceof HTMLElement && event.target.matches("button, a, summary, input");
    if ((event.key === " " || event.key === "Enter") && onControl) return;
    const name = chord !== "" && Date.now() - chordAt < CHORD_MS ? `${chord} ${event.key}` : event.key;
    chord = event.key === "g" ? "g" : "";
    chordAt = Date.now();
    const run = maps.findLast((map) => name in map)?.[name];
    if (run === undefined) return;
    event.preventDefault();
    run(event);
  };
  window.addEventListener("keydown", onkeydown);
  return () => window.removeEventListener("keydown", onkeydown);
}
