import { expect, test } from '@playwright/test'
import { another, enterAs } from './steps.ts'

test('a list one comes back to is kept with its filters and columns, and shared; it leaves as a file', async ({ page, browser }) => {
  await enterAs(page, 'Sophie Marchand')
  await page.goto('/accounts?life=dormant')
  await page.getByRole('button', { name: 'Colonnes' }).click()
  await page.getByRole('checkbox', { name: 'Fin', exact: true }).click()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('columnheader', { name: 'Fin', exact: true })).toHaveCount(0)
  await page.getByRole('button', { name: 'Vues' }).click()
  await page.getByLabel('Nom de la vue').fill('À revoir')
  await page.getByRole('button', { name: 'Enregistrer' }).click()
  await expect(page.getByRole('button', { name: /^À revoir/ })).toBeVisible()

  await page.goto('/accounts')
  await page.getByRole('button', { name: 'Vues' }).click()
  await page.getByRole('button', { name: /^À revoir/ }).click()
  await expect(page).toHaveURL(/life=dormant/)

  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Exporter en CSV' }).click()
  expect((await download).suggestedFilename()).toBe('accounts.csv')

  const olivier = await another(browser, 'Olivier Perrin')
  await olivier.goto('/accounts')
  await olivier.getByRole('button', { name: 'Vues' }).click()
  await expect(olivier.getByText('Aucune vue enregistrée.')).toBeVisible()
})

test('ten pages of accounts are laid out as far as they are in sight, and the rest is there when one scrolls to it', async ({ page }) => {
  await enterAs(page, 'Olivier Perrin')
  await page.goto('/accounts')
  for (let pages = 1; pages < 4; pages += 1) {
    await page.getByRole('button', { name: 'Afficher la suite' }).click()
    await expect(page.getByRole('button', { name: 'Afficher la suite' })).not.toHaveAttribute('data-loading', 'true')
  }
  await expect.poll(() => page.locator('tbody tr').count()).toBeLessThan(120)
  const last = async () => Number(await page.locator('tbody tr[data-index]').last().getAttribute('data-index'))
  const before = await last()
  await page.mouse.move(700, 500)
  await page.mouse.wheel(0, 12_000)
  await expect.poll(last).toBeGreaterThan(before)
})

test('columns stand where and as wide as one has put them, their header stays in sight, and a cell is copied', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await enterAs(page, 'Sophie Marchand')
  await page.goto('/accounts')
  const headers = () => page.getByRole('columnheader').evaluateAll((all) => all.map((one) => one.getAttribute('data-column')))
  const header = page.locator('th[data-column="status"]')
  const width = async () => (await header.boundingBox())?.width ?? 0
  await header.waitFor()
  const [before, narrow] = [await headers(), await width()]

  await page.evaluate(() => window.scrollTo(0, 1500))
  await expect(header).toBeInViewport()
  await page.evaluate(() => window.scrollTo(0, 0))

  await page.getByRole('button', { name: 'Colonnes' }).click()
  await page.getByRole('button', { name: 'Placer « État » plus tôt' }).click()
  await page.getByRole('button', { name: 'Élargir « État »' }).click()
  await page.keyboard.press('Escape')
  const moved = await headers()
  expect(moved.indexOf('status')).toBe(before.indexOf('status') - 1)
  await page.reload()
  await header.waitFor()
  expect(await headers()).toEqual(moved)
  expect(await width()).toBeGreaterThan(narrow + 10)

  await page.getByRole('button', { name: 'Fin', exact: true }).click()
  await page.getByRole('button', { name: 'Dossiers accessibles' }).click({ modifiers: ['Shift'] })
  await expect(page).toHaveURL(/sort=end.*second=reach/)
  await expect(page.getByRole('button', { name: 'Dossiers accessibles puis trié, croissant' })).toBeVisible()

  await page.locator('tbody tr[data-index="0"] td').nth(2).hover()
  await page.keyboard.press('Control+c')
  await expect(page.getByText('Cellule copiée')).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('Mission locale')
})
