import { afterAll, beforeAll, expect, test } from 'vitest'
import { makerOf, outcome } from '../support/make.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let make: ReturnType<typeof makerOf>

beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
})
afterAll(() => world.close())

test('a request is found by the number people call it by, by those who may read it and by nobody else', async () => {
  const [nadia, sophie, julien] = [await world.as('nadia.roux'), await world.as('sophie.marchand'), await world.as('julien.lefebvre')]
  const { id } = await make.pending(nadia)
  const { rows } = await world.owner.query<{ reference: string }>('select reference from request where id = $1', [id])
  const number = rows[0]?.reference
  for (const words of [`${number}`, `n° ${number}`, `#${number}`]) {
    expect((await sophie.call.finder.find({ words })).request?.id).toBe(id)
    expect((await nadia.call.finder.find({ words })).request?.id).toBe(id)
    expect((await julien.call.finder.find({ words })).request).toBeNull()
  }
})

test('places are found without accents, case or hyphens, within the scope alone', async () => {
  const [sophie, olivier] = [await world.as('sophie.marchand'), await world.as('olivier.perrin')]
  const named = async (by: typeof sophie, words: string) => (await by.call.finder.find({ words })).organisations.map(({ name }) => name)
  expect(await named(olivier, 'AUVERGNE rhone alpes')).toContain('Auvergne-Rhône-Alpes')
  expect(await named(olivier, 'ile de france')).toContain('Île-de-France')
  expect(await named(sophie, 'mission locale de lyon')).toContain('Mission locale de Lyon')
  expect(await named(sophie, 'mission locale de lille')).toEqual([])
  expect(await named(olivier, '%')).toEqual(await named(olivier, ''))
})

test('somebody without a role is told nothing', async () => {
  const paul = await world.as('paul.martin')
  expect(await outcome(paul.call.finder.find({ words: 'roux' }))).toBe('not-permitted')
})
