declare module "pcap-parser" {
  import type { Readable } from "node:stream";

  /** Header of one packet in a classic capture of microseconds. */
  interface PacketHeader {
    readonly timestampSeconds: number;
    readonly timestampMicroseconds: number;
    readonly capturedLength: number;
    readonly originalLength: number;
  }

  interface Parser {
    on(event: "globalHeader", listener: (header: { readonly linkLayerType: number }) => void): this;
    on(event: "packetHeader", listener: (header: PacketHeader) => void): this;
    on(
      event: "packet",
      listener: (packet: { readonly header: PacketHeader; readonly data: Buffer }) => void,
    ): this;
    on(event: "end", listener: () => void): this;
    on(event: "error", listener: (error: Error) => void): this;
  }

  export function parse(input: Readable): Parser;
}
