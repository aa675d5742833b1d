import { goto } from "$app/navigation";
import { actions } from "../resource/actions.svelte.ts";
import { shownObject } from "../resource/shown-object.svelte.ts";
import type { Hit } from "./palette-hits.ts";
import { panels } from "./panels.svelte.ts";
import { preferences } from "./preferences.svelte.ts";

/** What can be done from anywhere, and to the object that is open. */
export function paletteActions(): Hit[] {
  const detail = shownObject.detail;
  const about =
    detail === null ? "" : `${detail.row.kind} ${detail.row.namespace}/${detail.row.name} on ${detail.row.clusterName}`;
  const own: Hit[] =
    detail === null
      ? []
      : [
          ...(detail.can.reconcile
            ? [
                {
                  id: "reconcile",
                  icon: "sync" as const,
                  words: `Reconcile ${about}…`,
                  note: "r",
                  run: () => actions.start("reconcile", detail),
                },
              ]
            : []),
          ...(detail.row.suspended && detail.can.resume
            ? [
                {
                  id: "resume",
                  icon: "play" as const,
                  words: `Resume ${about}`,
                  note: "s",
                  run: () => actions.start("suspend", detail),
                },
              ]
            : []),
          ...(!detail.row.suspended && detail.can.suspend
            ? [
                {
                  id: "suspend",
                  icon: "pause" as const,
                  words: `Suspend ${about}…`,
                  note: "s",
                  run: () => actions.start("suspend", detail),
                },
              ]
            : []),
        ];
  return [
    ...own,
    { id: "add", icon: "plus", words: "Add clusters…", note: "action", run: () => void goto("/clusters?add") },
    { id: "runs", icon: "activity", words: "Runs of bulk actions", note: "page", run: () => void goto("/runs") },
    { id: "tokens", icon: "lock", words: "API tokens", note: "page", run: () => void goto("/settings/tokens") },
    { id: "theme", icon: "theme", words: "Switch theme", note: "action", run: () => preferences.switchTheme() },
    {
      id: "compact",
      icon: "dense",
      words: preferences.compact ? "Comfortable rows" : "Compact rows",
      note: "action",
      run: () => preferences.setCompact(!preferences.compact),
    },
    { id: "keys", icon: "help", words: "Keyboard shortcuts", note: "?", run: () => (panels.keys = true) },
  ];
}
