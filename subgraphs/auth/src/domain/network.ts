import ipaddr from 'ipaddr.js';

/** IPv6 networks whose addresses end with an IPv4 address: mapped (RFC 4291) and translated (RFC 6052). */
const ipv4Networks = ['::ffff:0:0/96', '64:ff9b::/96'].map((network) => ipaddr.IPv6.parseCIDR(network));

/**
 * Returns what counts as one address where attempts are limited (rule 1): an IPv4 address, or the /64 network of an
 * IPv6 address, because its owner has all addresses of the network. Returns any other text as it is.
 */
export function networkOf(address: string): string {
  const [bare = ''] = address.split('%', 1);
  if (!ipaddr.IPv6.isValid(bare)) return address;
  const parsed = ipaddr.IPv6.parse(bare);
  if (ipv4Networks.some((network) => parsed.match(network)))
    return new ipaddr.IPv4(parsed.toByteArray().slice(12)).toString();
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}
