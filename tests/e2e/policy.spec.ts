import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { another, countersign, enterAs, openRequest } from './steps.ts'

const clean = async (page: Page) => {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']).analyze()
  expect.soft(violations.map(({ id, nodes }) => `${id} ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)).toEqual([])
}

test('a policy is drafted, tried on the past, asked for by one of its owners, countersigned by two more, and read by everybody', async ({
  page,
  browser,
}) => {
  await enterAs(page, 'Claire Fontaine')
  await page.goto('/policy')
  await page.getByRole('button', { name: 'Demander un changement…' }).click()
  const draft = page.getByRole('form', { name: 'Projet de politique' })
  const accounts = draft.getByLabel('Comptes qu’une personne révoque seule, par jour (10 à 1 000)')
  await accounts.fill('5000')
  await draft.getByLabel('Motif').fill('Plus prudent la nuit')
  await expect(draft.getByText('Un nombre entier, dans les limites indiquées.')).toBeVisible()
  await expect(draft.getByRole('button', { name: 'Demander cette politique' })).toBeDisabled()
  await accounts.fill('50')
  await draft.getByLabel('Trois signaux critiques').check()

  // A click beside it asks first, and "no" loses nothing.
  const asked = page.waitForEvent('dialog').then((dialog) => dialog.dismiss())
  await page.getByRole('link', { name: 'Comptes', exact: true }).click()
  await asked
  await expect(accounts).toHaveValue('50')

  // What one person would give alone is no policy, and is said where it is wrong.
  await draft.getByRole('button', { name: 'Modifier · Règle 9' }).click()
  await draft.getByLabel('Personnes (1 à 4)').fill('1')
  await expect(draft.getByText(/Trop peu de signatures/)).toBeVisible()
  await expect(draft.getByRole('button', { name: 'Essayer ce projet' })).toBeDisabled()
  await draft.getByLabel('Personnes (1 à 4)').fill('2')
  await draft.getByRole('button', { name: 'Replier · Règle 9' }).click()

  await draft.getByRole('button', { name: 'Modifier · Règle 5' }).click()
  await draft.getByLabel('Preuve de qui signe').click()
  await page.getByRole('option', { name: 'Celle dont la personne dispose' }).click()
  await draft.getByLabel('Échéance, en heures (95 ouvrées ou 168 au plus)').fill('18')
  await clean(page)
  await draft.getByRole('button', { name: 'Essayer ce projet' }).click()
  await expect(draft.getByText('Comptes piratés qu’il faudrait, au plus faible du réseau')).toBeVisible({ timeout: 60_000 })
  await expect(draft.getByText('Aucune organisation ne devient plus faible.')).toBeVisible()
  await draft.getByRole('button', { name: 'Demander cette politique' }).click()
  await expect(page.getByText('Un changement attend :')).toBeVisible()
  await clean(page)

  for (const name of ['Marc Delorme', 'Hélène Garnier']) {
    const owner = await another(browser, name)
    await openRequest(owner, 'Politique du réseau')
    await expect(owner.getByText('au plus 50 comptes par jour').first()).toBeVisible()
    await expect(owner.getByText('Sans réponse en 18 h ouvrées, c’est non.').first()).toBeVisible()
    await expect(owner.getByText('8 règles inchangées.').first()).toBeVisible()
    for (const accounts of [100, 50]) await expect(owner.getByText(`révoque au plus ${accounts} comptes`).first()).toBeVisible()
    await countersign(owner)
    await expect(
      owner.getByText(name === 'Marc Delorme' ? /d.autres signatures sont encore attendues/ : /Contresignée et exécutée/).first(),
    ).toBeVisible()
  }
  const olivier = await another(browser, 'Olivier Perrin')
  await olivier.goto('/policy')
  const read = olivier.getByRole('region', { name: 'Politique du réseau' })
  await expect(read.getByText('au plus 50 comptes par jour')).toBeVisible()
  await expect(read.getByText('Sans réponse en 18 h ouvrées, c’est non.')).toBeVisible()
  await expect(olivier.getByRole('button', { name: 'Demander un changement…' })).toHaveCount(0)
  const signing = olivier.getByRole('region', { name: 'Qui peut contresigner quoi, où, aujourd’hui' })
  await signing.getByRole('combobox', { name: 'Organisation' }).fill('Mission locale de Lyon')
  await olivier
    .getByRole('option', { name: /^Mission locale de Lyon/ })
    .first()
    .click()
  await expect(signing.getByRole('region', { name: 'Création de compte' }).getByRole('link', { name: 'Sophie Marchand' })).toBeVisible()
  await clean(olivier)
})
