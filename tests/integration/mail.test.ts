import { mailCarriers, smtpPost } from '@countersign/server/carriers/mail.ts'
import { drain, unreachable } from '@countersign/server/kernel/outbox.ts'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openAuthenticator } from '../support/authenticator.ts'
import { makerOf } from '../support/make.ts'
import { startPost } from '../support/production.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let make: ReturnType<typeof makerOf>
beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
})
afterEach(async () => expect(await world.broken()).toEqual([]))
afterAll(() => world.close())

/** Tries whatever is due and was refused, so many times over. */
const tryAgain = async (url: string, times: number) => {
  const carriers = mailCarriers({ post: smtpPost(url, 'countersign@example.org'), publicUrl: 'https://countersign.example' })
  for (let turn = 0; turn < times; turn += 1) {
    await world.tamper('update outbox set run_after = now() where settled_at is null')
    await drain(world.db, carriers, world.log)
  }
}

/** Somebody who says "this was not me", and the mailboxes of those who answer for them. */
const denial = async () => {
  const id = await make.agentOf('Mission locale de Lyon')
  await (await world.enter(id)).call.accounts.disown()
  const { rows } = await world.owner.query<{ id: string; email: string }>(
    `select a.id, a.email from outbox o join audit_entry e on e.id = o.entry_id join account a on a.id = o.account_id
     where o.destination = 'mail.ended' and e.subject_id = $1 order by a.id`,
    [id],
  )
  return rows
}

test('a mailbox that is refused is its owner’s alone: the others who answer for an account are written to once', async () => {
  const [dead, ...others] = await denial()
  expect(others.length).toBe(2)
  const givenUp = new Set([dead?.email ?? ''])
  const post = await startPost(givenUp)
  try {
    await tryAgain(post.url, 12)
    for (const { email } of others) expect(post.mails.filter(({ recipient }) => recipient === email).length).toBe(1)
    expect([...(await unreachable(world.db))]).toEqual([dead?.id])
    givenUp.clear()
    await tryAgain(post.url, 1)
    expect(post.mails.filter(({ recipient }) => recipient === dead?.email).length).toBe(1)
    expect([...(await unreachable(world.db))]).toEqual([])
  } finally {
    await post.stop()
  }
})

test('a mail server that is down makes nobody unreachable', async () => {
  const readers = await denial()
  const post = await startPost()
  await post.stop()
  await tryAgain(post.url, 12)
  const { rows } = await world.owner.query<{ attempts: number }>(
    'select attempts from outbox where settled_at is null and account_id = any($1)',
    [readers.map(({ id }) => id)],
  )
  expect(rows.length).toBeGreaterThan(0)
  for (const { attempts } of rows) expect(attempts).toBeGreaterThan(10)
  expect([...(await unreachable(world.db))]).toEqual([])
})

test('of notices that wait together each has its own link, and all of them open', async () => {
  const sophie = await world.as('sophie.marchand')
  const { id } = sophie.person
  const hers = openAuthenticator()
  for (const name of ['Téléphone', 'Ordinateur', 'Clé de secours']) {
    const { nonce } = await sophie.call.passkeys.options()
    const first = name === 'Téléphone'
    const [made, proof] = first ? [hers, undefined] : [openAuthenticator(), await hers.act(sophie, 'add-passkey', name)]
    await sophie.call.passkeys.add({ name, nonce, registration: made.made(nonce), ...(proof ? { proof } : {}) })
  }
  await world.tamper(`update outbox set settled_at = now(), outcome = 'pointless' where account_id <> $1 and settled_at is null`, [id])
  const post = await startPost()
  try {
    await tryAgain(post.url, 1)
    const tokens = post.mails.flatMap(({ text }) => /disown#([\w-]{43})/.exec(text)?.[1] ?? [])
    expect(new Set(tokens).size).toBe(3)
    for (const token of tokens) expect((await world.anonymous.links.describe({ token })).kind).toBe('disown')
  } finally {
    await post.stop()
  }
})
