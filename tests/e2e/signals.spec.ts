import { AxeBuilder } from '@axe-core/playwright'
import { expect, test } from '@playwright/test'
import { another, countersign, enterAs, openAccount, openRequest } from './steps.ts'

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
  await expect(olivier.getByText(/Accepté par Olivier Perrin jusqu’au .* « Onglet resté ouvert »/)).toBeVisible()
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

test('the policy is asked for by one of its owners, countersigned by two more, and read by everybody', async ({ page, browser }) => {
  await enterAs(page, 'Claire Fontaine')
  await page.goto('/signals')
  const policy = page.getByRole('region', { name: 'Politique du réseau' })
  await policy.getByRole('button', { name: 'Demander un changement…' }).click()
  const accounts = policy.getByLabel('Comptes qu’une personne révoque seule, par jour (10 à 1 000)')
  await accounts.fill('5000')
  await policy.getByLabel('Motif').fill('Plus prudent la nuit')
  await policy.getByRole('button', { name: 'Demander cette politique' }).click()
  await expect(policy.getByText('Un nombre entier, dans les limites indiquées.')).toBeVisible()
  await expect(policy.getByLabel('Motif')).toHaveValue('Plus prudent la nuit')
  await accounts.fill('50')
  await policy.getByRole('checkbox').check()
  await policy.getByRole('button', { name: 'Demander cette politique' }).click()
  await expect(policy.getByText('Un changement attend :')).toBeVisible()
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']).analyze()
  expect.soft(violations.map(({ id, nodes }) => `${id} ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)).toEqual([])

  for (const name of ['Marc Delorme', 'Hélène Garnier']) {
    const owner = await another(browser, name)
    await openRequest(owner, 'Politique du réseau')
    await expect(owner.getByText('au plus 50 comptes par jour')).toBeVisible()
    await countersign(owner)
    await expect(
      owner.getByText(name === 'Marc Delorme' ? /il manque encore une personne/ : /Contresignée et exécutée/).first(),
    ).toBeVisible()
  }
  const olivier = await another(browser, 'Olivier Perrin')
  await olivier.goto('/signals')
  const read = olivier.getByRole('region', { name: 'Politique du réseau' })
  await expect(read.getByText('au plus 50 comptes par jour')).toBeVisible()
  await expect(read.getByRole('button')).toHaveCount(0)
})
