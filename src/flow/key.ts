import { readUint32 } from "../bytes/read.ts";
import type { PacketSummary } from "../packet/summary.ts";
import { protocols } from "../packet/transport.ts";
import type { SeededHash } from "./hash.ts";
import { word } from "./layout.ts";

/** The Flow Key of one packet, laid out as in the table; one object serves all packets. */
export class FlowKey {
  readonly words = new Uint32Array(word.misc + 1);
  /** The ports of the other direction. */
  swappedPorts = 0;
  hash = 0;

  /** Take the Flow Key of `summary`. */
  load(summary: PacketSummary, seeded: SeededHash): void {
    const { sourcePort, destinationPort } = summary;
    const { words } = this;
    loadAddresses(words, summary);
    words[word.ports] = (sourcePort << 16) | destinationPort;
    words[word.misc] = (summary.vlan << 16) | (summary.version << 8) | summary.protocol;
    // Type and code of ICMP are the same for both directions: they are no ports to swap.
    const isIcmp = summary.protocol === protocols.icmp || summary.protocol === protocols.icmpv6;
    this.swappedPorts = isIcmp ? destinationPort : ((destinationPort << 16) | sourcePort) >>> 0;
    this.hash = seeded.conversation(
      seeded.endpoint(words, word.source, isIcmp ? destinationPort : sourcePort),
      seeded.endpoint(words, word.destination, destinationPort),
      words[word.misc] as number,
    );
  }
}

/** Take both addresses into the first eight words; IPv4 fills the last of each four. */
export function loadAddresses(words: Uint32Array, summary: PacketSummary): void {
  const { bytes, sourceAt, destinationAt } = summary;
  if (summary.version === 4) {
    words.fill(0, 0, word.ports);
    words[word.source + 3] = readUint32(bytes, sourceAt);
    words[word.destination + 3] = readUint32(bytes, destinationAt);
    return;
  }
  for (let i = 0; i < 4; i++) {
    words[word.source + i] = readUint32(bytes, sourceAt + 4 * i);
    words[word.destination + i] = readUint32(bytes, destinationAt + 4 * i);
  }
}
