const PARENT_CHECK_MS = 1_000;

/** Resolves when this process is told to end, or whoever started it is gone. @returns why, for a person */
export function untilAskedToStop(): Promise<string> {
  const parent = process.ppid;
  return new Promise((asked) => {
    // Not `once`: Ctrl-C reaches this process from the terminal and again from `bun run`, and the second must not kill it.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => asked(signal));
    // `bun run` may be killed outright; then nobody is left who could send a signal.
    setInterval(() => process.ppid !== parent && asked("the process that started this one has ended"), PARENT_CHECK_MS);
  });
}
