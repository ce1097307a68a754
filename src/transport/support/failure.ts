import { getSystemErrorMap } from "node:util";
import { TransportError } from "../../errors.ts";

/** What the system error `cause` means, in words such as `address already in use`. */
export function failureReason(cause: unknown): string {
  const { code, errno } = (cause ?? {}) as { code?: unknown; errno?: unknown };
  if (code === "ENOTFOUND") return "host not found";
  const [, known] = (typeof errno === "number" && getSystemErrorMap().get(errno)) || [];
  return known ?? (cause instanceof Error ? cause.message : String(cause));
}

/** A TransportError for a system error under `action`, such as `Cannot listen on tcp://[::]:1`. */
export function transportFailure(action: string, cause: unknown): TransportError {
  const { code } = TransportError.from(action, cause);
  return new TransportError(code, `${action}: ${failureReason(cause)}`, cause);
}
