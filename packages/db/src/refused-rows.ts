/** Postgres refuses the rows themselves: values it cannot hold (22), that break a rule (23) or are too large (54). */
export const isOfTheRows = (error: unknown): boolean =>
  error instanceof Error && "code" in error && /^(22|23|54)[0-9A-Z]{3}$/.test(String(error.code));
