import { customType } from "drizzle-orm/pg-core";

/** Text in byte order whatever the server's locale: pages by name are ranges of an index on every server alike. */
export const byteText = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });
