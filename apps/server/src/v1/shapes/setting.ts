import { NEVER, v1Time } from "./time.ts";

/** A setting as REST v1 gives it; one that was never saved has its default, changed never. */
export const toV1Setting = ({ key, value, updatedAt }: { key: string; value: string; updatedAt: string | null }) => ({
  key,
  value,
  updated_at: updatedAt === null ? NEVER : v1Time(updatedAt),
});
