import type { z } from "zod";

/** Free text as Postgres can keep it: anything but U+0000. */
export const withoutNul = (text: z.ZodString) =>
  text.refine((value) => !value.includes("\0"), "must not contain a NUL character");
