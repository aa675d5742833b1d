import { join } from "node:path";
import {
  checkKeyring,
  connect,
  createKeyring,
  type Database,
  type Keyring,
  loadOrCreateKeyFile,
  migrate,
  parseKey,
  type StatementObserver,
} from "@flux-orchestrator/db";
import type { Config } from "./config.ts";

export interface OpenedDatabase {
  database: Database;
  keyring: Keyring;
  /** Resolves when an embedded server ended; never for a server of somebody else's. */
  lost: Promise<void>;
  close(): Promise<void>;
}

/**
 * Connects to the database, our own where none is named, and brings its schema up to date.
 * @throws HomeInUseError, NoEmbeddedPostgresError, KeyError, and what Postgres says of a `DATABASE_URL`
 */
export async function openDatabase(config: Config, observer: StatementObserver): Promise<OpenedDatabase> {
  const embedded = config.databaseUrl === undefined ? await startEmbedded(config.home) : undefined;
  const target = config.databaseUrl === undefined ? embedded!.target : { url: config.databaseUrl };
  const database = connect(target, { observer });
  const close = async () => {
    await database.close();
    await embedded?.stop();
  };
  try {
    await migrate(database);
    const keyring = createKeyring(
      config.encryptionKey === undefined
        ? await loadOrCreateKeyFile(join(config.home, "encryption.key"))
        : parseKey(config.encryptionKey),
    );
    await checkKeyring(database.sql, keyring);
    return { database, keyring, close, lost: embedded?.exited ?? new Promise<never>(() => {}) };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Loaded only where it is used: it starts programs. */
async function startEmbedded(home: string) {
  const { startEmbeddedPostgres } = await import("@flux-orchestrator/db/embedded");
  return startEmbeddedPostgres({ home });
}
