declare module "pcap-parser" {
  /** Header of one packet in a classic capture of microseconds. */
  interface PacketHeader {
    readonly timestampSeconds: number;
    readonly timestampMicroseconds: number;
    readonly capturedLength: number;
    readonly originalLength: number;
  }

  /** All that pcap-parser uses of the stream that it reads. */
  interface Input {
    on(event: "data" | "end" | "error", listener: (chunk: Buffer) => void): unknown;
    pause(): unknown;
    resume(): unknown;
  }

  interface Parser {
    on(event: "globalHeader", listener: (header: { readonly linkLayerType: number }) => void): this;
    on(event: "packetHeader", listener: (header: PacketHeader) => void): this;
    on(
      event: "packet",
      listener: (packet: { readonly header: PacketHeader; readonly data: Buffer }) => void,
    ): this;
  }

  export function parse(input: Input): Parser;
}
