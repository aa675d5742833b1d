import { mutation, query, router } from "../trpc.ts";
import { approveExec, requestExecCode } from "./exec-code.ts";
import { importLocal } from "./import-local.ts";
import { localContexts } from "./local.ts";
import { parseKubeconfigText } from "./parse.ts";
import { testCluster } from "./test.ts";

/** Kubeconfig text travels in bodies only, never in an address: those doors are mutations though they change nothing. */
export const kubeconfigRouter = router({
  parse: mutation(parseKubeconfigText),
  local: query(localContexts),
  test: mutation(testCluster),
  importLocal: mutation(importLocal),
  requestExecCode: mutation(requestExecCode),
  approveExec: mutation(approveExec),
});
