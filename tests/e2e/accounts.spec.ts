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
