import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { another, askForAccount, countersign, enterAs, openAccount, openRequest } from './steps.ts'

const axe = async (page: Page, where: string) => {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']).analyze()
  expect.soft(violations.map(({ id, nodes }) => `${where}: ${id} ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)).toEqual([])
}

test('breach 1: from the hijacked account manager to everybody it touched contained, in three clicks and under a minute', async ({
  page,
  browser,
}) => {
  test.setTimeout(120_000)
  const login = `hijacked.${Date.now() % 100_000}`
  const nadia = await another(browser, 'Nadia Roux')
  await askForAccount(nadia, { givenName: 'Faux', familyName: 'Compte', login })
  const sophie = await another(browser, 'Sophie Marchand')
  await openRequest(sophie, 'Faux Compte')
  await countersign(sophie)
  await expect(sophie.getByText('Contresignée et exécutée.')).toBeVisible()

  await enterAs(page, 'Olivier Perrin')
  await openAccount(page, 'nadia.roux')
  const began = Date.now()
  await page.getByRole('link', { name: 'Ce qu’il a touché' }).click()
  const tree = page.getByRole('tree', { name: 'Comptes atteints' })
  await expect(tree.getByRole('treeitem', { name: 'Nadia Roux' }).first()).toBeVisible()
  await page.getByLabel('Chercher un nom, un identifiant, un lieu').fill(login)
  await expect(tree.getByRole('treeitem', { name: 'Faux Compte' }).first()).toBeVisible()
  await axe(page, 'cascade')
  await page.getByRole('button', { name: /^Contenir \d+ comptes$/ }).click()
  // All of it under one name, with the clock running.
  await expect(page.getByRole('heading', { name: 'Compte compromis : Nadia Roux' })).toBeVisible()
  await expect(page.getByText('Une deuxième personne doit contresigner').first()).toBeVisible()
  expect(Date.now() - began).toBeLessThan(60_000)

  await axe(page, 'incident')
  await page.getByRole('link', { name: 'Fiche à imprimer' }).click()
  await expect(page.getByRole('heading', { name: 'Violation de données : Compte compromis : Nadia Roux' })).toBeVisible()
  await axe(page, 'record')

  // The hijacked browser is out, and so is the account it had made.
  await expect(nadia.getByRole('heading', { name: /Se connecter|Connexion/ })).toBeVisible({ timeout: 15_000 })
  await openAccount(page, login)
  await expect(page.getByText('Suspendu').first()).toBeVisible()

  // And back for the tests that follow: one request, countersigned by somebody else.
  await page.goto('/bulks')
  await page.getByRole('table').getByRole('link').first().click()
  await page.getByRole('button', { name: 'Tout rendre' }).click()
  await page.getByLabel('Motif').fill('Exercice terminé')
  await page.getByRole('button', { name: 'Tout rendre' }).click()
  await expect(page.getByRole('heading', { name: /^Réactivation/ })).toBeVisible()
  const claire = await another(browser, 'Claire Fontaine')
  await claire.goto(
    (await page
      .getByRole('link', { name: /^Demande n°/ })
      .first()
      .getAttribute('href')) ?? '',
  )
  await countersign(claire)
  await expect(claire.getByText('Contresignée et exécutée.')).toBeVisible()
})

test('the tree is walked, folded and ticked by keyboard alone', async ({ page }) => {
  await enterAs(page, 'Olivier Perrin')
  await openAccount(page, 'nadia.roux')
  await page.goto(`${new URL(page.url()).pathname}/cascade?since=2020-01-01T00%3A00%3A00Z`)
  const tree = page.getByRole('tree', { name: 'Comptes atteints' })
  const root = tree.getByRole('treeitem').first()
  await root.focus()
  const all = await tree.getByRole('treeitem').count()
  expect(all).toBeGreaterThan(1)
  await page.keyboard.press('ArrowLeft')
  await expect(tree.getByRole('treeitem')).toHaveCount(1)
  await page.keyboard.press('ArrowRight')
  await expect(tree.getByRole('treeitem')).toHaveCount(all)
  const before = await root.getAttribute('aria-selected')
  await page.keyboard.press(' ')
  expect(await root.getAttribute('aria-selected')).not.toBe(before)
  await page.keyboard.press('ArrowDown')
  await expect(tree.getByRole('treeitem').nth(1)).toBeFocused()
})
