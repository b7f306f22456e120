import { expect, test } from '@playwright/test'
import { another, countersign, enterAs, openAccount, openRequest } from './steps.ts'

test('another address is asked for, called back, countersigned with what it was beside it, and only then on record', async ({
  page,
  browser,
}) => {
  await enterAs(page, 'Nadia Roux')
  await openAccount(page, 'paul.martin')
  await page.getByRole('link', { name: 'Demander un changement de coordonnées' }).click()
  await expect(page.getByText(/Aujourd’hui.*paul\.martin@/)).toBeVisible()
  await page.getByLabel('Motif, pour qui contresignera').fill('Nouvelle messagerie')
  await page.getByRole('button', { name: 'Déposer la demande' }).click()
  await expect(page.getByText(/Rien ne change.*écrivez la nouvelle adresse/)).toBeVisible()
  await page.getByLabel('E-mail').fill('paul.martin@rillieux.example')
  await page.getByRole('button', { name: 'Déposer la demande' }).click()
  await expect(page.getByText(/Nadia Roux demande à changer les coordonnées de Paul Martin/)).toBeVisible()

  const amina = await another(browser, 'Amina Benali')
  await openRequest(amina, 'Paul Martin')
  await expect(amina.locator('ins', { hasText: 'paul.martin@rillieux.example' })).toBeVisible()
  await expect(amina.getByText('(inchangé)')).toBeVisible()
  await amina.getByRole('button', { name: 'Jointe, confirme' }).click()
  await amina.getByRole('button', { name: 'Confirmer : la personne a bien demandé cela' }).click()
  await countersign(amina)
  await expect(amina.getByText('Contresignée et exécutée.').first()).toBeVisible()
  await amina.context().close()

  await openAccount(page, 'rillieux.example')
  await expect(page.getByText('paul.martin@rillieux.example')).toBeVisible()
  await expect(page.getByText('Coordonnées changées')).toBeVisible()
})
