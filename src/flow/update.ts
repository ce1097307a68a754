import type { PacketSummary } from "../packet/summary.ts";
import { tcpFlags } from "../packet/tcp.ts";
import { attribute, float, flowFloats, flowWords, state, word } from "./layout.ts";
import type { Direction, FlowTable } from "./table.ts";

/** A packet on its way into a flow; one object serves all packets. */
export interface Arrival {
  readonly summary: PacketSummary;
  /** Microseconds since the epoch. */
  time: number;
  /** A packet of later time came before it. */
  isLate: boolean;
  direction: Direction;
}

/** What a packet of TCP does to its flow. */
export type TcpVerdict = "goes-on" | "ends";

/** Count a packet in a flow: everything but what TCP adds. */
export function addPacket(table: FlowTable, flow: number, arrival: Arrival): void {
  const { summary, direction } = arrival;
  const { floats, words } = table;
  const base = flow * flowFloats;
  const packetsAt = base + float.packets + direction;
  const octetsAt = base + float.octets + direction;
  const packets = floats[packetsAt] as number;
  addTime(floats, base, arrival);
  floats[packetsAt] = packets + 1;
  floats[octetsAt] = (floats[octetsAt] as number) + summary.ipLength;
  if (packets === 0) {
    setBits(words, flow * flowWords + word.attributes, summary.serviceClass << (8 * direction));
  }
  if (arrival.isLate) addAttribute(words, flow, direction, attribute.outOfSequence);
  if (summary.isFragment) addAttribute(words, flow, direction, attribute.fragmented);
  if (summary.payloadLength > 0) addSize(words, flow, arrival);
}

/** Start is the earliest and end the latest time, whatever the order of packets. */
function addTime(floats: Float64Array, base: number, { time, direction }: Arrival): void {
  const isFirst = floats[base + float.packets] === 0;
  if (isFirst || time < (floats[base + float.start] as number)) floats[base + float.start] = time;
  if (isFirst || time > (floats[base + float.end] as number)) floats[base + float.end] = time;
  if (direction === 0) return;
  const reverseStart = floats[base + float.reverseStart] as number;
  if (floats[base + float.packets + 1] === 0 || time < reverseStart) {
    floats[base + float.reverseStart] = time;
  }
}

/** Follow whether all packets with payload have the same size, when there are several. */
function addSize(words: Uint32Array, flow: number, { summary, direction }: Arrival): void {
  const base = flow * flowWords;
  const sizeAt = base + word.size + direction;
  const first = words[sizeAt] as number;
  if (first === 0) {
    words[sizeAt] = summary.payloadLength;
    return;
  }
  if (first === summary.payloadLength)
    setBits(words, base + word.state, state.manySizes << direction);
  else setBits(words, base + word.state, state.sizesDiffer << direction);
}

/** Take over flags and sequence numbers; tells whether the connection ends with this packet. */
export function addTcp(table: FlowTable, flow: number, arrival: Arrival): TcpVerdict {
  const { summary, direction } = arrival;
  const { words, floats } = table;
  const base = flow * flowWords;
  const flags = summary.tcpFlags;
  const isFirst = floats[flow * flowFloats + float.packets + direction] === 1;
  if (isFirst) words[base + word.sequence + direction] = summary.tcpSequence;
  setBits(words, base + word.flags, flags << (16 * direction + (isFirst ? 0 : 8)));
  if ((flags & tcpFlags.rst) !== 0) return "ends";
  return addClosing(words, base + word.state, arrival);
}

/**
 * Follow the end of a connection as YAF does: it is over once both sides have sent FIN and each
 * has acknowledged something after the other's, whatever number it acknowledges.
 */
function addClosing(words: Uint32Array, at: number, { summary, direction }: Arrival): TcpVerdict {
  const other = 1 - direction;
  let bits = words[at] as number;
  if ((summary.tcpFlags & tcpFlags.ack) !== 0 && (bits & (state.finSeen << other)) !== 0) {
    bits |= state.finAcknowledged << other;
  }
  if ((summary.tcpFlags & tcpFlags.fin) !== 0) bits |= state.finSeen << direction;
  words[at] = bits;
  const both = state.finAcknowledged | (state.finAcknowledged << 1);
  return (bits & both) === both ? "ends" : "goes-on";
}

/** Settle the attributes that are known only when the flow has ended. */
export function settleAttributes({ words }: FlowTable, flow: number): void {
  const bits = words[flow * flowWords + word.state] as number;
  for (const direction of [0, 1] as const) {
    const isMany = (bits & (state.manySizes << direction)) !== 0;
    const differ = (bits & (state.sizesDiffer << direction)) !== 0;
    if (isMany && !differ) addAttribute(words, flow, direction, attribute.sameSize);
  }
}

function addAttribute(words: Uint32Array, flow: number, direction: Direction, bits: number): void {
  setBits(words, flow * flowWords + word.attributes, bits << (16 + 8 * direction));
}

function setBits(words: Uint32Array, at: number, bits: number): void {
  words[at] = (words[at] as number) | bits;
}
