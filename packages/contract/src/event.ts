import { z } from "zod";
import { ResourceRef } from "./resource.ts";

export const EventQuery = ResourceRef.extend({
  limit: z.number().int().min(1).max(200).default(50),
  /** As handed out by `nextCursor`. */
  cursor: z.string().max(200).optional(),
});
/** The same said of an object by its controller, once or often. */
export const ObjectEvent = z.object({
  id: z.string(),
  /** Normal or Warning. */
  type: z.string(),
  reason: z.string(),
  /** As it was said last. */
  message: z.string(),
  /** Name of the controller. */
  source: z.string(),
  count: z.number().int(),
  firstAt: z.iso.datetime(),
  lastAt: z.iso.datetime(),
});
export type ObjectEvent = z.infer<typeof ObjectEvent>;
export const EventPage = z.object({ events: z.array(ObjectEvent), nextCursor: z.string().nullable() });
export type EventPage = z.infer<typeof EventPage>;
