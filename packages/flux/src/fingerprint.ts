/** 106-bit fingerprint of a text: two cyrb53 hashes of different seed, in one pass. For change detection, not for secrets. */
export function fingerprintOf(text: string): string {
  let highA = 0xdeadbeef;
  let lowA = 0x41c6ce57;
  let highB = 0xdeadbeef ^ SECOND_SEED;
  let lowB = 0x41c6ce57 ^ SECOND_SEED;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    highA = Math.imul(highA ^ code, 2_654_435_761);
    lowA = Math.imul(lowA ^ code, 1_597_334_677);
    highB = Math.imul(highB ^ code, 2_654_435_761);
    lowB = Math.imul(lowB ^ code, 1_597_334_677);
  }
  return mixed(highA, lowA).toString(36) + mixed(highB, lowB).toString(36);
}

/** 53 bits of a text, where a number per object is all there is room for. */
export function hashOf(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2_654_435_761);
    low = Math.imul(low ^ code, 1_597_334_677);
  }
  return mixed(high, low);
}

const SECOND_SEED = 0x9e3779b9;

/** The 53 bits of a cyrb53 state. */
function mixed(high: number, low: number): number {
  const up = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  const down = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(up ^ (up >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & down) + (up >>> 0);
}

/**
 * A message without what differs on every attempt: temporary paths, durations, request ids, times. Two failures with the same
 * normalised message are the same failure.
 */
export const normaliseMessage = (message: string): string =>
  message
    .replace(/\/(?:tmp|var\/tmp|data)\/[^\s'":,]+/g, "/tmp/…")
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g, "…")
    .replace(/\b\d+(?:\.\d+)?(?:ns|µs|us|ms|m\d+(?:\.\d+)?s|h\d+m\d+(?:\.\d+)?s|s)\b/g, "…")
    .replace(/127\.0\.0\.1:\d+->/g, "…->");

/** How a change differs from what is stored. *same*: same version. *heartbeat*: nothing of interest ticks. *flap*: conditions moved. */
export type ChangeClass = "same" | "heartbeat" | "flap" | "news";
interface Prints {
  uid: string;
  resourceVersion: string;
  fingerprint: string;
  flapFingerprint: string;
}

/** Classes a change before settling; a changed word makes news of it in any case. */
export function classify(old: Prints | null, next: Prints): ChangeClass {
  if (old === null || old.uid !== next.uid) return "news";
  if (old.resourceVersion === next.resourceVersion) return "same";
  if (old.fingerprint !== next.fingerprint) return "news";
  return old.flapFingerprint === next.flapFingerprint ? "heartbeat" : "flap";
}
