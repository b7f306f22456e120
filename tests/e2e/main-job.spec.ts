import { expect, test } from '@playwright/test'
import { another, askForAccount, countersign, enterAs, followMail, openAccount, openRequest } from './steps.ts'

const password = 'la pluie tombe sur Vénissieux'

test('from request to revocation: asked, countersigned, invited, reset with a call-back, revoked in one click', async ({
  page,
  browser,
}) => {
  const login = `zoe.dornano-${Date.now().toString(36)}`
  await enterAs(page, 'Nadia Roux')
  await askForAccount(page, { givenName: 'Zoé', familyName: 'd’Ornano', login })
  // Her own request: the button is there, disabled, with its reason.
  await expect(page.getByRole('button', { name: 'Contresigner' })).toHaveAttribute('aria-disabled', 'true')
  await expect(page.getByText('Vous avez fait cette demande').first()).toBeVisible()

  const sophie = await another(browser, 'Sophie Marchand')
  await openRequest(sophie, 'Zoé d’Ornano')
  await expect(sophie.getByText(/Nadia Roux demande un compte pour Zoé d’Ornano/)).toBeVisible()
  await countersign(sophie)
  await expect(sophie.getByText('Contresignée et exécutée.')).toBeVisible()

  const zoe = await (await browser.newContext()).newPage()
  await followMail(zoe, `${login}@ml-lyon.example`, 'Votre compte partenaire est ouvert')
  await zoe.getByLabel('Choisissez un mot de passe').fill('court')
  await zoe.getByRole('button', { name: 'Enregistrer' }).click()
  await expect(zoe.getByText('Au moins 12 caractères.')).toBeVisible()
  await zoe.getByLabel('Choisissez un mot de passe').fill(password)
  await zoe.getByRole('button', { name: 'Enregistrer' }).click()
  await zoe.getByRole('link', { name: 'Aller à la connexion' }).click()
  await zoe.getByLabel('Identifiant').fill(login)
  await zoe.getByRole('textbox', { name: 'Mot de passe' }).fill(password)
  await zoe.getByRole('button', { name: 'Se connecter', exact: true }).click()
  await expect(zoe.getByRole('heading', { name: 'Mon compte' })).toBeVisible()
  await expect(zoe.getByRole('main').getByText('Nadia Roux').first()).toBeVisible()
  await expect(zoe.getByRole('main').getByText('Sophie Marchand').first()).toBeVisible()

  // She loses her password: the public page, the call-back, the countersignature, the link.
  const lost = await (await browser.newContext()).newPage()
  await lost.goto('/forgot')
  await lost.getByLabel('Identifiant ou e-mail').fill(login)
  await lost.getByRole('button', { name: 'Demander' }).click()
  await expect(lost.getByText(/Si ce compte existe/)).toBeVisible()

  const amina = await another(browser, 'Amina Benali')
  await openRequest(amina, 'Zoé d’Ornano')
  await expect(amina.getByText('06 12 34 56 78')).toBeVisible()
  await expect(amina.getByRole('button', { name: 'Contresigner' })).toHaveAttribute('aria-disabled', 'true')
  await amina.getByRole('button', { name: 'Jointe, confirme' }).click()
  await amina.getByRole('button', { name: 'Confirmer : la personne a bien demandé cela' }).click()
  // Nobody known asked, so whoever called is one of two: a colleague countersigns.
  await expect(amina.getByText('Vous avez passé l’appel', { exact: false }).first()).toBeVisible()
  const karim = await another(browser, 'Karim Haddad')
  await openRequest(karim, 'Zoé d’Ornano')
  await countersign(karim)
  await expect(karim.getByText('Contresignée et exécutée.')).toBeVisible()

  // Every session of hers is over, in her browser too, and the new link works.
  await expect(zoe.getByRole('heading', { name: 'Connexion' })).toBeVisible()
  await followMail(lost, `${login}@ml-lyon.example`, 'Votre réinitialisation est contresignée')
  await lost.getByLabel('Choisissez un mot de passe').fill('un tout autre secret du matin')
  await lost.getByRole('button', { name: 'Enregistrer' }).click()
  await lost.getByRole('link', { name: 'Aller à la connexion' }).click()
  await lost.getByLabel('Identifiant').fill(login)
  await lost.getByRole('textbox', { name: 'Mot de passe' }).fill('un tout autre secret du matin')
  await lost.getByRole('button', { name: 'Se connecter', exact: true }).click()
  await expect(lost.getByRole('heading', { name: 'Mon compte' })).toBeVisible()

  // Suspicious: one click, and her browser is out.
  await sophie.goto(`/accounts?q=${login}`)
  await sophie.getByRole('button', { name: 'Révoquer Zoé d’Ornano' }).click()
  await expect(sophie.getByText('Zoé d’Ornano : compte révoqué')).toBeVisible()
  await expect(sophie.getByText(/1 session close/)).toBeVisible()
  await sophie.getByRole('combobox', { name: 'Motif' }).selectOption('suspected-hijack')
  await expect(sophie.getByText('Motif enregistré')).toBeVisible()
  await expect(lost.getByRole('heading', { name: 'Connexion' })).toBeVisible()

  // And all of it is in the audit.
  const isabelle = await another(browser, 'Isabelle Carpentier')
  await openAccount(isabelle, login)
  for (const entry of ['Compte créé', 'Accès choisi par la personne', 'Accès réinitialisé', 'Compte révoqué', 'Motif du retrait'])
    await expect(isabelle.getByText(entry).first()).toBeVisible()
  const download = isabelle.waitForEvent('download')
  await isabelle.goto('/audit')
  await isabelle.getByRole('link', { name: 'Exporter en CSV' }).click()
  expect((await download).suggestedFilename()).toBe('audit.csv')
})

test('the same hand takes its click back within thirty seconds', async ({ page }) => {
  await enterAs(page, 'Sophie Marchand')
  await page.goto('/accounts?status=active&profile=site-adviser')
  const row = page.getByRole('row').nth(1)
  await row.getByRole('button', { name: /^Suspendre/ }).click()
  await expect(row.getByText('Suspendu')).toBeVisible()
  await row.getByRole('button', { name: 'Annuler' }).click()
  await expect(row.getByText('Actif')).toBeVisible()
})

test('ticked accounts are ended together, with a result for each', async ({ page }) => {
  await enterAs(page, 'Sophie Marchand')
  await page.goto('/accounts?status=active&profile=structure-reader')
  for (const index of [0, 1, 2]) await page.getByRole('checkbox').nth(index).check()
  await expect(page.getByText('3 comptes sélectionnés')).toBeVisible()
  await page.getByRole('region', { name: '3 comptes sélectionnés' }).getByRole('button', { name: 'Suspendre' }).click()
  await expect(page.getByText('Faits : 3. Refusés : 0.')).toBeVisible()
})

test('bad input gets its sentence at its field and loses nothing typed', async ({ page }) => {
  await enterAs(page, 'Nadia Roux')
  await page.goto('/requests/new/create-account')
  await page.getByRole('combobox', { name: 'Organisation' }).click()
  await page.getByRole('listbox').getByRole('option').first().click()
  await page.getByLabel('Prénom').fill('Zoé')
  await page.getByLabel('Nom', { exact: true }).fill('Martin')
  await page.getByLabel('Identifiant').fill('paul.martin')
  await page.getByLabel('E-mail').fill('pas une adresse')
  await page.getByLabel('Téléphone').fill('12')
  // Nothing was sent yet, and the field that was left says what is wrong with it.
  await expect(page.getByText('Ce n’est pas une adresse e-mail.')).toBeVisible()
  await page.getByLabel('E-mail').fill('zoe@ml-lyon.example')
  await page.getByLabel('Téléphone').fill('12 34')
  await page.getByLabel('Motif, pour qui contresignera').fill('Essai')
  await expect(page.getByLabel('Profil').getByRole('option', { name: 'Coordination régionale' })).toHaveCount(0)
  await page.getByLabel('Profil').selectOption({ label: 'Conseiller, son site' })
  await page.getByRole('button', { name: 'Déposer la demande' }).click()
  await expect(page.getByText('Cet identifiant est déjà pris.')).toBeVisible()
  await expect(page.getByText('Ce numéro de téléphone n’existe pas', { exact: false })).toBeVisible()
  await expect(page.getByLabel('Prénom')).toHaveValue('Zoé')
  await expect(page.getByLabel('Motif, pour qui contresignera')).toHaveValue('Essai')
})

test('requests are decided by keyboard alone, and the next one opens', async ({ page }) => {
  await enterAs(page, 'Thomas Vasseur')
  await page.goto('/requests')
  await expect(page.getByRole('region', { name: 'File' }).getByRole('button').first()).toBeVisible()
  // The most pressing is open from the start.
  const first = await page.getByRole('heading', { level: 2, name: /Demande n°/ }).textContent()
  await page.keyboard.press('r')
  await page.getByRole('textbox', { name: 'Pourquoi refusez-vous ?' }).fill('Convention non signée')
  await page.keyboard.press('Enter')
  await expect(page.getByText('Refusée.').first()).toBeVisible()
  await expect(page.getByRole('heading', { level: 2, name: /Demande n°/ })).not.toHaveText(first ?? '')
  await page.keyboard.press('a')
  await page.keyboard.press('a')
  await expect(page.getByText('Contresignée et exécutée.')).toBeVisible()
})

test('what somebody else does arrives by itself', async ({ page, browser }) => {
  await enterAs(page, 'Sophie Marchand')
  await page.goto('/requests')
  await page.mouse.move(5, 5)
  const nadia = await another(browser, 'Nadia Roux')
  const login = `live.person-${Date.now().toString(36)}`
  await askForAccount(nadia, { givenName: 'Vivante', familyName: 'Arrivée', login })
  await expect(page.getByRole('button', { name: 'Vivante Arrivée' })).toBeVisible()
})
