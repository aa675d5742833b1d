import { ERROR_STATUS, type ErrorCode, isErrorCode } from "@flux-orchestrator/contract";
import {
  ClusterSetupError,
  ConflictError,
  FluxOrchestratorError,
  type FluxOrchestratorErrorCode,
  InvalidInputError,
  NotAllowedError,
  NotFoundError,
  ServerFaultError,
  TryAgainError,
} from "./errors.ts";

type ErrorClass = new (facts: ConstructorParameters<typeof FluxOrchestratorError>[0]) => FluxOrchestratorError;

/** By status; a status that the contract gains does not compile until it stands here. */
const BY_STATUS = {
  400: InvalidInputError,
  401: NotAllowedError,
  403: NotAllowedError,
  404: NotFoundError,
  405: FluxOrchestratorError,
  406: FluxOrchestratorError,
  409: ConflictError,
  412: ConflictError,
  413: InvalidInputError,
  415: FluxOrchestratorError,
  421: FluxOrchestratorError,
  422: InvalidInputError,
  429: TryAgainError,
  500: ServerFaultError,
  501: FluxOrchestratorError,
  502: ClusterSetupError,
  503: TryAgainError,
  504: TryAgainError,
} as const satisfies Record<(typeof ERROR_STATUS)[ErrorCode], ErrorClass>;

/** Where the status says less than the code. */
const BY_CODE: Partial<Record<FluxOrchestratorErrorCode, ErrorClass>> = {
  CLUSTER_UNREACHABLE: TryAgainError,
  CLUSTER_ERROR: TryAgainError,
  CREDENTIAL_LOCKED: ClusterSetupError,
  CLUSTER_NAME_TAKEN: InvalidInputError,
  NAME_TAKEN: InvalidInputError,
  PROVIDER_UNREACHABLE: TryAgainError,
  STATIC_KIND: InvalidInputError,
  EXEC_FAILED: ClusterSetupError,
  UNREACHABLE: TryAgainError,
  TIMEOUT: TryAgainError,
};

/** The error of a code, in the class that says what to do. A code this version does not know goes by its status. */
export function errorOfCode(facts: ConstructorParameters<typeof FluxOrchestratorError>[0]): FluxOrchestratorError {
  const status = isErrorCode(facts.code) ? ERROR_STATUS[facts.code] : facts.httpStatus;
  const byStatus: Readonly<Record<number, ErrorClass>> = BY_STATUS;
  const Class = BY_CODE[facts.code] ?? byStatus[status ?? 0] ?? FluxOrchestratorError;
  return new Class(facts);
}
