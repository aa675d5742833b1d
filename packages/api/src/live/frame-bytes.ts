import type { LiveFrame } from "@flux-orchestrator/contract";

const encoder = new TextEncoder();
const encoded = new WeakMap<LiveFrame, Uint8Array>();

/** A frame as JSON, encoded once however many readers it is told to. Nobody changes a frame after it was made. */
export function frameBytes(frame: LiveFrame): Uint8Array {
  const known = encoded.get(frame);
  if (known !== undefined) return known;
  const bytes = encoder.encode(JSON.stringify(frame));
  encoded.set(frame, bytes);
  return bytes;
}
