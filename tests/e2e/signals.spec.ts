import { AxeBuilder } from '@axe-core/playwright'
import { expect, test } from '@playwright/test'
import { another, enterAs, openAccount } from './steps.ts'

test('a guessed password is told with its facts; one click suspends; what is known is accepted until a day', async ({ page, browser }) => {
  await enterAs(page, 'Sophie Marchand')
  await page.getByRole('link', { name: /^Signaux/ }).click()
  const guessed = page.getByRole('region', { name: /^Beaucoup d’échecs, puis une réussite/ })
  await expect(guessed.getByText('9 mots de passe faux en 9 minutes, puis le bon.')).toBeVisible()
  await guessed.getByRole('button', { name: 'Voir les faits' }).click()
  await expect(guessed.getByText('Échec de connexion')).toHaveCount(9)
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']).analyze()
  expect.soft(violations.map(({ id, nodes }) => `${id} ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)).toEqual([])
  // What happens in Lille is not Sophie's.
  await expect(page.getByRole('region', { name: /^Essaie des portes fermées/ })).toHaveCount(0)

  await guessed.getByRole('button', { name: /^Suspendre / }).click()
  await expect(guessed).toHaveCount(0)
  await page.getByText('Comptes mis dehors').click()
  await expect(page.getByRole('region', { name: /^Beaucoup d’échecs/ })).toBeVisible()

  // Somebody tries doors that are not there for them.
  const thomas = await another(browser, 'Thomas Vasseur')
  for (let tries = 0; tries < 3; tries += 1)
    await thomas.evaluate(() =>
      fetch('/api/requests.approve', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ requestId: '01900000-0000-7000-8000-000000000000', seen: '0'.repeat(64) }),
      }),
    )
  const olivier = await another(browser, 'Olivier Perrin')
  await openAccount(olivier, 'thomas.vasseur')
  await expect(olivier.getByRole('region', { name: 'Signaux' })).toContainText('Essaie des portes fermées')
  await olivier.goto('/signals')
  const probing = olivier.getByRole('region', { name: /^Essaie des portes fermées · Thomas/ })
  await probing.getByRole('button', { name: 'Accepter' }).click()
  await probing.getByLabel('Motif').fill('Onglet resté ouvert')
  await probing.getByRole('button', { name: 'Accepter' }).click()
  await expect(probing).toHaveCount(0)
  await olivier.getByText('Acceptés ou en veille').click()
  await expect(olivier.getByText(/Accepté par Olivier Perrin jusqu’au .* «\sOnglet resté ouvert\s»/)).toBeVisible()
})

test('a decoy is placed by a policy owner and known to nobody else', async ({ page, browser }) => {
  await enterAs(page, 'Claire Fontaine')
  await page.goto('/signals')
  // The findings above come first: a field that moves away closes its list.
  await expect(page.getByRole('heading', { name: 'Signaux' })).toBeVisible()
  await expect(page.locator('.skeleton')).toHaveCount(0)
  await page.getByRole('combobox', { name: 'Faire d’un compte un leurre' }).fill('paul.martin')
  await page.getByRole('listbox').getByRole('option').filter({ hasText: 'paul.martin' }).first().click()
  await page.getByRole('button', { name: 'Poser' }).click()
  await expect(page.getByRole('button', { name: 'Retirer' })).toBeVisible()
  const olivier = await another(browser, 'Olivier Perrin')
  await olivier.goto('/signals')
  await expect(olivier.getByRole('heading', { name: 'Signaux' })).toBeVisible()
  await expect(olivier.getByText('Leurres')).toHaveCount(0)
  await page.getByRole('button', { name: 'Retirer' }).click()
  await expect(page.getByText('Aucun leurre n’est posé.')).toBeVisible()
})
