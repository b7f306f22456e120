import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { another, countersign, enterAs } from './steps.ts'

const state = (page: Page, word: string) =>
  expect(page.locator('.page .state').filter({ hasText: word }).first()).toBeVisible({ timeout: 30_000 })

const hrefOf = async (page: Page, name: RegExp): Promise<string> =>
  (await page.getByRole('link', { name }).first().getAttribute('href')) ?? ''

const axe = async (page: Page, where: string) => {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']).analyze()
  expect.soft(violations.map(({ id, nodes }) => `${where}: ${id} ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)).toEqual([])
}

test('a mass action of one IT admin is contained, loud, and undone in one step', async ({ page, browser }) => {
  test.setTimeout(120_000)
  await enterAs(page, 'Olivier Perrin')
  await page.goto('/accounts?profile=structure-reader&status=active')
  await page.getByRole('checkbox').first().check()
  const bar = page.getByRole('region', { name: /compte/ }).filter({ hasText: 'Tout désélectionner' })
  await bar.getByRole('button', { name: /Choisir les .* comptes/ }).click()
  await bar.getByRole('button', { name: 'Traiter par lot' }).click()
  await page.getByRole('menuitem', { name: 'Révoquer' }).click()

  await expect(page.getByRole('heading', { name: 'Ce que cela emporte' })).toBeVisible()
  await axe(page, 'dry run')
  const label = await page.getByText(/Pour confirmer, tapez le nombre de comptes/).textContent()
  const number = label?.match(/\d+/)?.[0] ?? ''
  expect(Number(number)).toBeGreaterThan(100)
  const confirm = page.getByRole('button', { name: /^Révoquer .* comptes/ })
  await page.getByLabel('Motif').fill('Alerte de nuit')
  await expect(confirm).toBeDisabled()
  await page.getByLabel(/tapez le nombre/).fill(number)
  await confirm.click()
  await state(page, 'Attend une contresignature')
  await axe(page, 'contained')

  // Whoever could hold it up was told by mail.
  const claire = await another(browser, 'Claire Fontaine')
  await claire.goto('/mailbox')
  await expect(claire.getByRole('article').filter({ hasText: 'Action de masse' }).first()).toBeVisible()
  await claire.goto(await hrefOf(page, /^Demande n°/))
  await expect(claire.getByText(/demande de révoquer pour de bon/)).toBeVisible()
  await axe(claire, 'the request')
  await claire.getByRole('button', { name: 'Refuser' }).click()
  await claire.getByLabel('Pourquoi refusez-vous ?').fill('Personne ne m’a prévenue')
  await claire.getByRole('button', { name: 'Refuser' }).click()
  await expect(claire.getByText('Refusée.')).toBeVisible()

  // All by itself, on the page that is open.
  await page.getByRole('link', { name: 'Le retour de ce lot est demandé' }).click()
  await expect(page.getByRole('heading', { name: /^Réactivation/ })).toBeVisible()
  const marc = await another(browser, 'Marc Delorme')
  await marc.goto(await hrefOf(page, /^Demande n°/))
  await countersign(marc)
  await expect(marc.getByText('Contresignée et exécutée.')).toBeVisible()

  await state(page, 'Terminé')
  await page.goto('/accounts?profile=structure-reader&status=active')
  await expect(page.getByText(new RegExp(`^${Number(number).toLocaleString('fr')} comptes$`))).toBeVisible()
})

test('pasted names are sorted into four lists, and a few are suspended with a report', async ({ page }) => {
  await enterAs(page, 'Sophie Marchand')
  await page.goto('/accounts?status=active')
  await expect(page.getByRole('table').getByRole('link').first()).toBeVisible()
  const logins = await page.getByRole('table').locator('tbody tr .under').allTextContents()
  const [login = ''] = logins.filter((one) => /^[a-z0-9.-]+$/.test(one))
  await page.goto('/bulks/new')
  await page.getByRole('radio', { name: 'Suspendre' }).check()
  await page.getByRole('textbox', { name: 'Identifiants ou e-mails' }).fill(`${login.toUpperCase()} ; personne.inconnue\n`)
  await axe(page, 'new bulk')
  await page.getByRole('button', { name: 'Essai à blanc' }).click()
  await page.getByText('Introuvables (1)').click()
  await expect(page.getByText('personne.inconnue')).toBeVisible()
  await page.getByLabel('Motif').fill('Départ')
  await page.getByRole('button', { name: 'Suspendre 1 compte' }).click()
  await state(page, 'Terminé')
  const report = await page.request.get((await page.getByRole('link', { name: 'Rapport CSV' }).getAttribute('href')) ?? '')
  expect(await report.text()).toContain(login)
  await page.goto('/bulks')
  await expect(page.getByRole('table').getByRole('link').first()).toBeVisible()
  await axe(page, 'bulks')
})
