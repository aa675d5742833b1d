import { type Failure, failureOf } from "./failure.ts";

/** Something a dialog does on the server when it is told to: whether it is being done, and how it failed. */
export class Attempt {
  busy = $state(false);
  /** Of the last one; null while another one is made. */
  failure = $state.raw<Failure | null>(null);

  /** Resolves once it is done or has failed; never rejects. */
  async run(act: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.failure = null;
    try {
      await act();
    } catch (error) {
      this.failure = failureOf(error);
    } finally {
      this.busy = false;
    }
  }
}
