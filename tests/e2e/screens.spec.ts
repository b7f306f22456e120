import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { enterAs } from './steps.ts'

const signedOut = ['/sign-in', '/forgot', '/link#rubbish', '/disown#rubbish', '/mailbox']
const bySophie = [
  '/',
  '/requests',
  '/requests?view=all',
  '/requests/new/create-account',
  '/requests/new/grant-role',
  '/accounts',
  '/accounts?q=zzzz',
  '/organisations',
  '/policy',
  '/organisations?words=lyon',
  '/signals',
  '/signals?view=handled',
  '/incidents',
  '/bulks',
  '/bulks/new',
  '/audit',
  '/audit/proof',
  '/me',
]

const clean = async (page: Page, where: string): Promise<void> => {
  await expect(page.locator('.skeleton')).toHaveCount(0)
  await expect(page.getByRole('heading').first()).toBeVisible()
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']).analyze()
  expect.soft(violations.map(({ id, nodes }) => `${where}: ${id} ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)).toEqual([])
  expect.soft([where, await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)]).toEqual([where, 0])
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const viewport of [
    { width: 1440, height: 900 },
    { width: 390, height: 844 },
  ]) {
    test(`axe finds nothing on any screen, ${colorScheme}, ${viewport.width} px`, async ({ browser }) => {
      test.setTimeout(240_000)
      const context = await browser.newContext({ colorScheme, viewport })
      const page = await context.newPage()
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(error.message))
      page.on('console', (message) => message.text().includes('Content Security Policy') && errors.push(message.text()))
      for (const path of signedOut) {
        await page.goto(path)
        await clean(page, path)
      }
      await enterAs(page, 'Sophie Marchand')
      for (const path of bySophie) {
        await page.goto(path)
        await expect(page.getByRole('heading').first()).toBeVisible()
        await clean(page, path)
      }
      await page.goto('/requests')
      await page.getByRole('region', { name: 'File' }).getByRole('button').first().click()
      await expect(page.getByRole('heading', { level: 2, name: /Demande n°/ })).toBeVisible()
      await clean(page, 'a request')
      await page.goto('/accounts')
      await page.getByRole('table').getByRole('link').first().click()
      for (const tab of ['Vie', 'Filiation', 'Droits et portée', 'Demandes', 'Sessions']) {
        await page.getByRole('tab', { name: tab }).click()
        await clean(page, `an account, ${tab}`)
      }
      await page.goto('/organisations?words=mission+locale+de+lyon')
      await page.getByRole('table').getByRole('link', { name: 'Mission locale de Lyon' }).first().click()
      await expect(page.getByRole('heading', { level: 2, name: 'Pour changer la politique' })).toBeVisible()
      await clean(page, 'an organisation')
      expect(errors).toEqual([])
    })
  }
}

test('English is complete: no French is left on the screens when it is chosen', async ({ page }) => {
  await enterAs(page, 'Sophie Marchand')
  await page.getByRole('button', { name: 'Menu de la personne' }).click()
  await page.getByRole('menuitem', { name: 'English' }).click()
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  for (const [path, heading] of [
    ['/', 'What waits for you'],
    ['/requests', 'Requests'],
    ['/accounts', 'Accounts'],
    ['/signals', 'Signals'],
    ['/incidents', 'Incidents'],
    ['/bulks', 'Bulks'],
    ['/bulks/new', 'New bulk'],
    ['/organisations', 'Organisations'],
    ['/audit', 'Audit'],
    ['/audit/proof', 'Proof of the audit'],
    ['/me', 'My account'],
  ] as const) {
    await page.goto(path)
    await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible()
    const text = await page.locator('main').textContent()
    expect(text).not.toMatch(/\b(Demande|Révoquer|Suspendre|Dernière|Périmètre|contresignature)\b/)
  }
})

test('Ctrl K finds a person, and the question mark lists the keys', async ({ page }) => {
  await enterAs(page, 'Olivier Perrin')
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('Compte, organisation, n° de demande ou écran').fill('nadia roux')
  await expect(page.getByText('nadia.roux', { exact: false }).first()).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'Nadia Roux' })).toBeVisible()
  // The finder has to be gone, or the question mark is typed into it.
  await expect(page.getByPlaceholder('Compte, organisation, n° de demande ou écran')).toHaveCount(0)
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Raccourcis clavier' })).toBeVisible()
})
