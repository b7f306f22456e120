import { type Browser, expect, type Page } from '@playwright/test'

/** Signs in as one of the cast, as the demo does: one click. */
export const enterAs = async (page: Page, name: string): Promise<void> => {
  await page.goto('/sign-in')
  await page.getByRole('button', { name: `Se connecter en tant que ${name}` }).click()
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
}

/** Somebody else, in a browser of their own. */
export const another = async (browser: Browser, name: string): Promise<Page> => {
  const page = await (await browser.newContext()).newPage()
  await enterAs(page, name)
  return page
}

export type Newcomer = { readonly givenName: string; readonly familyName: string; readonly login: string }

/** Files a creation at the seat of Nadia's structure, and answers the reference it was given. */
export const askForAccount = async (page: Page, { givenName, familyName, login }: Newcomer): Promise<void> => {
  await page.goto('/requests/new/create-account')
  await page.getByRole('combobox', { name: 'Organisation' }).click()
  await page.getByRole('listbox').getByRole('option').filter({ hasText: 'Siège' }).first().click()
  await page.getByLabel('Prénom').fill(givenName)
  await page.getByLabel('Nom', { exact: true }).fill(familyName)
  await page.getByLabel('Identifiant').fill(login)
  await page.getByLabel('E-mail').fill(`${login}@ml-lyon.example`)
  await page.getByLabel('Téléphone').fill('06 12 34 56 78')
  await page.getByLabel('Fin du compte').fill(`${new Date().getFullYear() + 1}-06-30`)
  await page.getByLabel('Profil').selectOption({ label: 'Conseiller, son site' })
  await page.getByLabel('Motif, pour qui contresignera').fill('Renfort de l’antenne')
  await page.getByRole('button', { name: 'Déposer la demande' }).click()
  await expect(page.getByText(/Demande n° \d+ déposée/)).toBeVisible()
}

/** Opens the waiting request about this person. */
export const openRequest = async (page: Page, about: string): Promise<void> => {
  await page.goto('/requests')
  await page.getByRole('button', { name: about }).first().click()
  await expect(page.getByRole('heading', { level: 2, name: /Demande n°/ })).toBeVisible()
}

export const countersign = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Contresigner' }).click()
  await page.getByRole('button', { name: 'Confirmer la contresignature' }).click()
}

/** The newest mail to somebody, followed. */
export const followMail = async (page: Page, recipient: string, subject: string): Promise<void> => {
  await page.goto('/mailbox')
  const mail = page.getByRole('article').filter({ hasText: recipient }).filter({ hasText: subject }).first()
  await mail.getByRole('link', { name: 'Suivre le lien' }).click()
}

/** The account's page, found by its login. */
export const openAccount = async (page: Page, login: string): Promise<void> => {
  await page.goto(`/accounts?q=${login}`)
  await page.getByRole('table').getByRole('link').first().click()
  await expect(page.getByRole('tab', { name: 'Vie' })).toBeVisible()
}

/** A phone beside the browser, with its owner's finger on it. */
export const withPhone = async (page: Page): Promise<void> => {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}
