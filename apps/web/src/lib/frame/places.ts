import type { IconName } from "../ui/shapes.ts";

/** The rail: only places that work. */
export const PLACES: { href: string; words: string; icon: IconName; key: string }[] = [
  { href: "/", words: "Fleet", icon: "fleet", key: "f" },
  { href: "/resources", words: "Resources", icon: "list", key: "r" },
  { href: "/clusters", words: "Clusters", icon: "cluster", key: "c" },
  { href: "/activity", words: "Activity", icon: "activity", key: "a" },
];
export const SETTINGS = { href: "/settings", words: "Settings", icon: "gear", key: "s" } as const;

/** Whether a place is where the reader is; an object belongs to its list, a cluster to the clusters. */
export function isCurrent(href: string, path: string): boolean {
  if (href === "/") return path === "/";
  const isObject = /^\/clusters\/[^/]+\/[^/]+\//.test(path);
  if (href === "/resources") return path === href || isObject;
  // What was done to many objects is part of what was done.
  if (href === "/activity" && /^\/runs(\/|$)/.test(path)) return true;
  if (href === "/clusters") return !isObject && (path === href || path.startsWith(`${href}/`));
  return path === href || path.startsWith(`${href}/`);
}
