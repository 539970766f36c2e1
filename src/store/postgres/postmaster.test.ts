import { expect, test } from 'vitest'
import { readPostmasterFile } from './postmaster.ts'

test.each([
  [
    'ready',
    '4711\n/home/cluster\n1795303110\n5433\n\n127.0.0.1\n 12 3\nready   \n',
    { pid: 4711, port: 5433, ready: true },
  ],
  [
    'starting',
    '4711\n/home/cluster\n1795303110\n5433\n\n127.0.0.1\n 12 3\nstarting\n',
    { pid: 4711, port: 5433, ready: false },
  ],
  [
    'stopping',
    '4711\n/home/cluster\n1795303110\n5433\n\n127.0.0.1\n 12 3\nstopping\n',
    { pid: 4711, port: 5433, ready: false },
  ],
  ['only its first lines so far', '4711\n/home/cluster\n', { pid: 4711, ready: false }],
  ['empty', '', undefined],
  ['torn', 'not a number\n', undefined],
  ['of a single-user server, whose pid is negative', '-4711\n/home/cluster\n', undefined],
])('a postmaster.pid that is %s', (_, text, postmaster) => {
  expect(readPostmasterFile(text)).toEqual(postmaster)
})
