import type { Collector } from "./collecting/collector.ts";
import { createTcpCollector } from "./tcp-collector.ts";
import { createUdpCollector, type UdpCollectorOptions } from "./udp-collector.ts";

/**
 * Create the collector for the protocol of `listen`, such as `udp://127.0.0.1:4739`.
 * @throws {ConfigError} `bad-value` when `listen` is no address to listen on.
 */
export function createCollector(options: UdpCollectorOptions): Collector {
  const isTcp = options.listen.startsWith("tcp:");
  return isTcp ? createTcpCollector(options) : createUdpCollector(options);
}
