/** Which network addresses the outside door may connect to, judged when a name is resolved and not before. */
import { BlockList, isIP, type LookupFunction } from 'node:net'

/**
 * IPv4 ranges that are not the public internet, from the IANA special-purpose registry
 * (https://www.iana.org/assignments/iana-ipv4-special-registry, checked 2026-11-21), and multicast.
 */
const privateV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const

/**
 * Only global unicast (2000::/3) is public in IPv6; of it, these parts are tunnels into IPv4 (Teredo, 6to4), protocol
 * assignments or documentation. Loopback, link-local, unique-local, mapped, compatible and NAT64 addresses lie outside it.
 */
const privateV6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
] as const

const refusedV4 = new BlockList()
for (const [network, prefix] of privateV4) refusedV4.addSubnet(network, prefix, 'ipv4')
const globalUnicast = new BlockList()
globalUnicast.addSubnet('2000::', 3, 'ipv6')
const refusedV6 = new BlockList()
for (const [network, prefix] of privateV6) refusedV6.addSubnet(network, prefix, 'ipv6')
const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Is this a public unicast address? Anything that is not an address at all is not public. */
export const isPublicAddress = (address: string): boolean => {
  // A zone id (`fe80::1%eth0`) is only ever used with an address of the local link.
  if (address.includes('%')) return false
  const family = isIP(address)
  if (family === 4) return !refusedV4.check(address, 'ipv4')
  if (family === 6) return globalUnicast.check(address, 'ipv6') && !refusedV6.check(address, 'ipv6')
  return false
}

export const isLoopbackAddress = (address: string): boolean => {
  const family = isIP(address)
  if (family === 0 || address.includes('%')) return false
  return loopback.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/** Says no to an address; `code` is what the door tells apart. */
export class AddressRefused extends Error {
  readonly code = 'ADDRESS_REFUSED'
  constructor(host: string) {
    super(`${host} is at an address that Sund does not connect to.`)
    this.name = 'AddressRefused'
  }
}

/**
 * A `lookup` for sockets that resolves with `resolve` and accepts a name only when every one of its addresses is
 * accepted: a name that answers with a public and a private address is a trick. The socket connects to the very
 * addresses judged here, so a second answer of the name server changes nothing.
 */
export const guardedLookup =
  (resolve: LookupFunction, accepts: (address: string) => boolean): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, [])
      const addresses = Array.isArray(found) ? found : [{ address: found, family: isIP(found) }]
      const first = addresses[0]
      if (first === undefined || !addresses.every(({ address }) => accepts(address))) {
        return callback(new AddressRefused(hostname), [])
      }
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family)
    })
  }
