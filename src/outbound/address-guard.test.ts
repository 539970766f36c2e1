import type { LookupFunction } from 'node:net'
import { describe, expect, test } from 'vitest'
import { guardedLookup, isLoopbackAddress, isPublicAddress } from './address-guard.ts'

const refused = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.7',
  '203.0.113.9',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:8.8.8.8',
  '::ffff:0:10.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::8.8.8.8',
  '64:ff9b:1::a00:1',
  '100::1',
  '2001::1',
  '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  '2001:10::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '2002:a00:1::1',
  '3fff::1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fe80::1%eth0',
  '2606:4700::1111%1',
  'fec0::1',
  'ff02::1',
  // Not addresses: what a URL parser or a name server must have turned into one before.
  '',
  'localhost',
  '0177.0.0.1',
  '0x7f.1',
  '2130706433',
  '127.1',
  '[::1]',
  '8.8.8.8.',
  ' 8.8.8.8',
]
const allowed = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.1',
  '100.63.255.255',
  '100.128.0.1',
  '126.255.255.255',
  '128.0.0.1',
  '169.253.255.255',
  '172.15.255.255',
  '172.32.0.1',
  '192.167.255.255',
  '192.169.0.1',
  '198.17.255.255',
  '198.20.0.1',
  '223.255.255.255',
  '2001:4860:4860::8888',
  '2606:4700:4700::1111',
  '2a00:1450:400f:80d::200e',
]

describe('addresses', () => {
  test.each(refused)('refuses %s', (address) => expect(isPublicAddress(address)).toBe(false))
  test.each(allowed)('allows %s', (address) => expect(isPublicAddress(address)).toBe(true))
  test.each(['127.0.0.1', '127.8.8.8', '::1'])('%s is loopback', (address) =>
    expect(isLoopbackAddress(address)).toBe(true),
  )
  test.each(['0.0.0.0', '::', '10.0.0.1', '::ffff:10.0.0.1', 'localhost', '128.0.0.1'])('%s is not', (address) =>
    expect(isLoopbackAddress(address)).toBe(false),
  )
})

describe('names', () => {
  const answering =
    (...addresses: string[]): LookupFunction =>
    (_name, _options, callback) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )
  const ask = (resolve: LookupFunction, all: boolean): Promise<unknown> =>
    new Promise((settle) => {
      guardedLookup(resolve, isPublicAddress)('vendor.example', { all }, (error, address, family) =>
        settle(error ? { refused: 'code' in error ? error.code : '' } : { address, family }),
      )
    })

  test('gives the socket the addresses that were judged', async () => {
    expect(await ask(answering('8.8.8.8', '2606:4700::1'), true)).toEqual({
      address: [
        { address: '8.8.8.8', family: 4 },
        { address: '2606:4700::1', family: 6 },
      ],
      family: undefined,
    })
    expect(await ask(answering('8.8.8.8'), false)).toEqual({ address: '8.8.8.8', family: 4 })
  })

  test.each([
    ['a private address', ['10.0.0.1']],
    ['a private address among public ones', ['8.8.8.8', '127.0.0.1']],
    ['a private IPv6 beside a public IPv4', ['8.8.8.8', '::1']],
    ['no address', []],
  ])('refuses a name with %s', async (_what, addresses) => {
    expect(await ask(answering(...addresses), true)).toEqual({ refused: 'ADDRESS_REFUSED' })
  })

  test('a failing name server is a refusal, not a pass', async () => {
    const failing: LookupFunction = (_name, _options, callback) =>
      callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), [])
    expect(await ask(failing, true)).toEqual({ refused: 'ENOTFOUND' })
  })
})
