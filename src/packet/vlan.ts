/** Octets of a tag behind its EtherType: tag control information and the next EtherType. */
export const vlanTagBytes = 4;

/** Whether an EtherType announces a VLAN tag: 802.1Q, 802.1ad, and the older QinQ numbers. */
export function isVlanTag(etherType: number): boolean {
  return (
    etherType === 0x8100 || etherType === 0x88a8 || etherType === 0x9100 || etherType === 0x9200
  );
}
