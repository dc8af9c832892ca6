/** In front of an IPv4 address that is written as an IPv6 one: as such (RFC 4291), and translated (RFC 6052). */
const ipv4Prefixes = ['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0'];

/**
 * What counts as one address where attempts are limited (rule 1): an IPv4 address, or the /64 network of an IPv6 one,
 * since whoever has one of its addresses has them all. What is no address is itself.
 */
export function networkOf(address: string): string {
  const [bare = ''] = address.split('%', 1);
  if (!/^[\da-f:.]+$/i.test(bare) || !URL.canParse(`http://[${bare}]`)) return address;
  // A URL writes an address in one way only: hexadecimal, in lower case, without leading zeros.
  const [before = '', after] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split('::');
  const groupsOf = (text = '') => text.split(':').filter(Boolean);
  const [head, tail] = [groupsOf(before), groupsOf(after)];
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  if (!ipv4Prefixes.includes(groups.slice(0, 6).join(':'))) return `${groups.slice(0, 4).join(':')}::/64`;
  return groups
    .slice(6)
    .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
    .join('.');
}
