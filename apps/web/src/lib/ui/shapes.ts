/** 16-pixel line icons, stroke 1.5. */
export const ICON = {
  mark: '<path d="M2.5 4.5h7M2.5 8h11M6.5 11.5h7"/><circle cx="12" cy="4.5" r="1.4"/><circle cx="4" cy="11.5" r="1.4"/>',
  fleet:
    '<rect x="2.5" y="2.5" width="4.5" height="4.5" rx="1"/><rect x="9" y="2.5" width="4.5" height="4.5" rx="1"/><rect x="2.5" y="9" width="4.5" height="4.5" rx="1"/><rect x="9" y="9" width="4.5" height="4.5" rx="1"/>',
  list: '<path d="M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.1M2.5 8h.1M2.5 12h.1"/>',
  cluster: '<path d="m8 2 5.2 3v6L8 14l-5.2-3V5z"/><path d="M8 8v6M8 8 2.8 5M8 8l5.2-3"/>',
  activity: '<circle cx="8" cy="8" r="5.7"/><path d="M8 4.8V8l2.2 1.6"/>',
  gear: '<circle cx="8" cy="8" r="2"/><path d="M8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6 5 5M11 11l1.4 1.4M12.4 3.6 11 5M5 11l-1.4 1.4"/>',
  search: '<circle cx="7" cy="7" r="4.3"/><path d="m10.3 10.3 3.2 3.2"/>',
  x: '<path d="m4 4 8 8M12 4l-8 8"/>',
  plus: '<path d="M8 3v10M3 8h10"/>',
  down: '<path d="m4.5 6.5 3.5 3.5 3.5-3.5"/>',
  right: '<path d="m6.5 4.5 3.5 3.5-3.5 3.5"/>',
  up: '<path d="m4.5 9.5 3.5-3.5 3.5 3.5"/>',
  sync: '<path d="M13 6.5A5.3 5.3 0 0 0 3.7 5M3 9.5A5.3 5.3 0 0 0 12.3 11"/><path d="M3.5 2.5V5H6M12.5 13.5V11H10"/>',
  pause: '<path d="M5.5 3.5v9M10.5 3.5v9"/>',
  play: '<path d="M5 3.5v9l7-4.5z"/>',
  download: '<path d="M8 2.5v8M4.8 7.5 8 10.7l3.2-3.2M2.5 11v2.5h11V11"/>',
  copy: '<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M10.5 5.5v-1a2 2 0 0 0-2-2h-4a2 2 0 0 0-2 2v4a2 2 0 0 0 2 2h1"/>',
  dense: '<path d="M2.5 3.5h11M2.5 6.5h11M2.5 9.5h11M2.5 12.5h11"/>',
  more: '<path d="M3.5 8h.1M8 8h.1M12.5 8h.1" stroke-width="2.4"/>',
  theme: '<circle cx="8" cy="8" r="5.5"/><path d="M8 2.5v11a5.5 5.5 0 0 0 0-11z" fill="currentColor"/>',
  help: '<circle cx="8" cy="8" r="5.7"/><path d="M6.3 6.3a1.8 1.8 0 1 1 2.5 1.6c-.6.3-.8.6-.8 1.2M8 11.2v.1"/>',
  ext: '<path d="M6.5 3.5h-3v9h9v-3M9 3h4v4M13 3 7.5 8.5"/>',
  check: '<path d="m3 8.5 3.2 3.2L13 5"/>',
  clock: '<circle cx="8" cy="8" r="5.7"/><path d="M8 4.8V8h2.5"/>',
  filter: '<path d="M2.5 4h11M4.5 8h7M6.5 12h3"/>',
  upload: '<path d="M8 10.5v-8M4.8 5.5 8 2.3l3.2 3.2M2.5 11v2.5h11V11"/>',
  lock: '<rect x="3" y="7" width="10" height="6.5" rx="1.5"/><path d="M5.2 7V5a2.8 2.8 0 0 1 5.6 0v2"/>',
} as const satisfies Record<string, string>;
export type IconName = keyof typeof ICON;

/** Readiness as a shape: an outline has nothing to do, a filled one wants a look. */
export const GLYPH: Record<string, string> = {
  ready: '<circle class="o" cx="8" cy="8" r="6.2"/><path class="o" d="m5.2 8.2 2 2 3.6-4"/>',
  progressing: '<path class="o" d="M8 1.8a6.2 6.2 0 1 1-6.2 6.2"/><circle class="f" cx="8" cy="8" r="2"/>',
  retrying: '<circle class="f" cx="8" cy="8" r="7"/><path class="k" d="M11 8a3 3 0 1 1-1-2.3M10.6 3.8v2.2H8.5"/>',
  failed: '<circle class="f" cx="8" cy="8" r="7"/><path class="k" d="m5.6 5.6 4.8 4.8m0-4.8-4.8 4.8"/>',
  stalled: '<path class="f" d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z"/><path class="k" d="M4.8 8h6.4"/>',
  blocked: '<path class="f" d="M8 .6 15.4 8 8 15.4.6 8z"/><path class="k" d="M6.4 5.6v4.8M9.6 5.6v4.8"/>',
  suspended:
    '<rect class="o" x="2" y="2" width="12" height="12" rx="2.5"/><path class="o" d="M6.2 5.6v4.8M9.8 5.6v4.8"/>',
  drifted:
    '<rect class="f" x="1" y="1" width="14" height="14" rx="3"/><path class="k" d="M4.6 6.3h6.8M4.6 9.7h6.8M9.8 3.8 6.2 12.2"/>',
  unknown:
    '<circle class="o" cx="8" cy="8" r="6.2" stroke-dasharray="2.4 2.4"/><path class="o" d="M6.5 6.4a1.6 1.6 0 1 1 2.2 1.5c-.5.2-.7.5-.7 1M8 11v.1"/>',
  static: '<rect class="o" x="2.5" y="2.5" width="11" height="11" rx="1"/><path class="o" d="M5.5 8h5"/>',
  behind: '<path class="o" d="M8 3.5 3.5 8 8 12.5M13 3.5 8.5 8l4.5 4.5"/>',
  terminating: '<circle class="o" cx="8" cy="8" r="6.2"/><path class="o" d="M8 4.8v6M5.5 8.5 8 11l2.5-2.5"/>',
  stale: '<circle class="o" cx="8" cy="8" r="6.2" stroke-dasharray="2.4 2.4"/><path class="o" d="M8 5v3.2l2 1.2"/>',
};
/** Tones of clusters and figures share the shapes of words. */
const ALIAS: Record<string, string> = {
  ok: "ready",
  bad: "failed",
  warn: "blocked",
  busy: "progressing",
  off: "suspended",
};
export const glyphOf = (tone: string): string => GLYPH[ALIAS[tone] ?? tone] ?? (GLYPH["unknown"] as string);
