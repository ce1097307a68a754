import { type FastifyReply, type FastifyRequest, LogController } from "fastify";

/** One debug line a request, when it is answered; problems that are ours are logged elsewhere. */
export class RequestLog extends LogController {
  override incomingRequest(): void {
    // The line at the end says all.
  }

  override requestCompleted(
    error: Error | null | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void {
    const { method, url } = request;
    const fields = { method, url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) };
    request.log.debug(error ? { ...fields, err: error } : fields, "request answered");
  }
}
