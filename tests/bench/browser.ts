import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { chromium, type Page } from '@playwright/test'
import { chromiumFlags, chromiumPath } from '../support/chromium.ts'
import { quantilesOf, row, shown, type Times } from './measure.ts'
import type { Network } from './network.ts'

const rounds = 10
const frameMilliseconds = 1000 / 60

const repeated = async (work: (round: number) => Promise<number>): Promise<Times> => {
  const took: number[] = []
  for (let round = 0; round < rounds; round += 1) took.push(await work(round))
  return quantilesOf(took)
}

/** In the page itself: how long after now the rows under the eye are others. */
const untilRowsChange = (page: Page, act: () => Promise<unknown>): Promise<number> =>
  page
    .evaluate(() => {
      const text = () => document.querySelector('tbody')?.textContent
      const before = text()
      const began = performance.now()
      const seen = new Promise<number>((done) => {
        const look = () => (text() === before ? requestAnimationFrame(look) : done(performance.now() - began))
        requestAnimationFrame(look)
      })
      Object.assign(window, { seen })
    })
    .then(act)
    .then(() => page.evaluate(() => (window as unknown as { seen: Promise<number> }).seen))

/** How far apart the frames of a page are while it is scrolled through. */
const scrolled = async (page: Page) => {
  const table = page.locator('section.sheet')
  await table.hover()
  const frames = page.evaluate(
    () =>
      new Promise<number[]>((done) => {
        const took: number[] = []
        let last = performance.now()
        const began = last
        const frame = (now: number) => {
          took.push(now - last)
          last = now
          if (now - began < 4_000) requestAnimationFrame(frame)
          else done(took.slice(2))
        }
        requestAnimationFrame(frame)
      }),
  )
  for (let turn = 0; turn < 60; turn += 1) {
    await page.mouse.wheel(0, 400)
    // The pace of a hand at the wheel: what is measured are the frames in between.
    await wait(50)
  }
  return frames
}

const asset = fileURLToPath(new URL('../../client/dist', import.meta.url))

/** First paint, a filter, the finder and scrolling in Chromium, with one person and nobody else. */
export const measureBrowser = async (network: Network): Promise<void> => {
  const [admin] = await network.holders('it-admin', 'nation', 1)
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumFlags })
  try {
    const session = async (): Promise<Page> => {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'fr-FR' })
      await context.addCookies([{ name: 'session', value: admin?.token ?? '', url: network.base }])
      return context.newPage()
    }
    const first = await repeated(async () => {
      const page = await session()
      await page.goto(`${network.base}/accounts`)
      await page.locator('tbody tr[data-index]').first().waitFor()
      const interactive = await page.evaluate(() => performance.now())
      await page.context().close()
      return interactive
    })
    row('Chromium: first screen with its rows, nothing cached', shown(first), '–', '–', '–', '–')

    const page = await session()
    await page.goto(`${network.base}/accounts`)
    await page.locator('tbody tr[data-index]').first().waitFor()
    const status = page.locator('search select').first()
    const filter = await repeated((round) =>
      untilRowsChange(page, () => status.selectOption(['suspended', 'revoked', 'active', ''][round % 4] ?? '')),
    )
    row('Chromium: filter changed to rows changed', shown(filter), '–', '–', '–', '–')

    const frames = await scrolled(page)
    const late = frames.filter((took) => took > frameMilliseconds * 1.5).length
    const { p50, p95 } = quantilesOf(frames)
    row(
      'Chromium: a frame while scrolling, p50 / p95; late frames',
      `${p50.toFixed(1)} / ${p95.toFixed(1)}; ${((100 * late) / frames.length).toFixed(0)} %`,
      ...['–', '–', '–', '–'],
    )
  } finally {
    await browser.close()
  }
  const html = readFileSync(join(asset, 'index.html'), 'utf8')
  const scripts = readdirSync(join(asset, 'assets')).filter((file) => file.endsWith('.js'))
  const size = (files: readonly string[]) =>
    (files.reduce((sum, file) => sum + gzipSync(readFileSync(join(asset, 'assets', file))).length, 0) / 1024).toFixed(0)
  row(
    'script, gzip: before the first screen, in all',
    `${size(scripts.filter((file) => html.includes(file)))} kB, ${size(scripts)} kB`,
    '–',
    '–',
    '–',
    '–',
  )
}
