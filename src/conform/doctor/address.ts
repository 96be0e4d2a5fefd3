/** Addresses of this machine and of private networks, to which nobody outside may lead a client (SECBP-27). */
import { BlockList, isIP } from 'node:net'

const reserved = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4]
] as const)
  reserved.addSubnet(net, bits, 'ipv4')
for (const [net, bits] of [
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2002::', 16],
  ['fec0::', 10],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
  ['2001:db8::', 32]
] as const)
  reserved.addSubnet(net, bits, 'ipv6')

/** Prefixes under which an IPv6 address carries an IPv4 address: mapped, and translated (RFC 6052). */
const carrying = /^(?:::ffff:|64:ff9b::)(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i

/** Whether an IP address is of no use to anybody elsewhere: loopback, private, link-local, or reserved. */
export function isPrivate(address: string): boolean {
  const carried = carrying.exec(address)
  if (carried !== null) {
    const [, dotted, high = '0', low = '0'] = carried
    return isPrivate(dotted ?? bytes(high).concat(bytes(low)).join('.'))
  }
  const family = isIP(address)
  return family !== 0 && reserved.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/** The host of a URL as an address; undefined when it is a name. */
export function literal({ hostname }: URL): string | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '')
  return isIP(bare) === 0 ? undefined : bare
}

function bytes(group: string): number[] {
  const number = Number.parseInt(group, 16)
  return [number >> 8, number & 255]
}
