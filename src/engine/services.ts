/**
 * Service names of well-known ports (IANA service names), by protocolIdentifier and port: how a
 * flow is called before anybody has looked into its payload.
 */
// biome-ignore format: a table reads by rows
const services: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  6: {
    20: "ftp-data", 21: "ftp", 22: "ssh", 23: "telnet", 25: "smtp", 53: "domain", 80: "http",
    88: "kerberos", 110: "pop3", 119: "nntp", 135: "epmap", 139: "netbios-ssn", 143: "imap",
    179: "bgp", 194: "irc", 389: "ldap", 443: "https", 445: "microsoft-ds", 465: "submissions",
    502: "mbap", 554: "rtsp", 587: "submission", 636: "ldaps", 853: "domain-s", 873: "rsync",
    993: "imaps", 995: "pop3s", 1433: "ms-sql-s", 1883: "mqtt", 3306: "mysql",
    3389: "ms-wbt-server", 5060: "sip", 5222: "xmpp-client", 5432: "postgresql", 5672: "amqp",
    6379: "redis", 6667: "ircu", 8080: "http-alt", 20000: "dnp", 44818: "EtherNet-IP-2",
  },
  17: {
    53: "domain", 67: "bootps", 68: "bootpc", 69: "tftp", 88: "kerberos", 123: "ntp",
    137: "netbios-ns", 138: "netbios-dgm", 161: "snmp", 162: "snmptrap", 389: "ldap",
    427: "svrloc", 443: "https", 500: "isakmp", 514: "syslog", 546: "dhcpv6-client",
    547: "dhcpv6-server", 1812: "radius", 1900: "ssdp", 2055: "netflow", 3478: "stun",
    4500: "ipsec-nat-t", 4739: "ipfix", 5060: "sip", 5353: "mdns", 5355: "llmnr",
    6343: "sflow", 51820: "wireguard",
  },
};

/** Names of protocols that have no ports (protocolIdentifier). */
const protocols: Readonly<Record<number, string>> = {
  1: "icmp",
  2: "igmp",
  6: "tcp",
  17: "udp",
  47: "gre",
  50: "esp",
  51: "ah",
  58: "ipv6-icmp",
  89: "ospf",
  132: "sctp",
};

/** The service a flow most likely is, by its destination port first: `https`, or `tcp/9999`. */
export function serviceName(protocol: number, source: number, destination: number): string {
  const transport = protocols[protocol] ?? `ip-${protocol}`;
  const ports = services[protocol];
  if (ports === undefined) return transport;
  return ports[destination] ?? ports[source] ?? `${transport}/${Math.min(source, destination)}`;
}
