import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Browser, expect, type Page, test } from '@playwright/test'
import { generateSync } from 'otplib'
import pg from 'pg'
import { invariants } from '../support/invariants.ts'
import { type Production, startProduction } from '../support/production.ts'
import { countersign, withPhone } from './steps.ts'

/** The whole job on the real directory, in production, from an empty database: no persona, no one-click sign-in, mail by SMTP. */
const real = fileURLToPath(new URL('../../../shared/data/missions-locales.csv', import.meta.url))
const password = 'la pluie tombe sur Vénissieux'
const end = `${new Date().getFullYear() + 1}-06-30`

test.skip(!existsSync(real) && process.env['CI'] !== 'true', 'reads ../shared/data')

let production: Production
test.beforeAll(async () => {
  test.setTimeout(120_000)
  production = await startProduction()
})
test.afterAll(() => production.stop())

const passkey = 'Se connecter avec une clé d’accès'

/** Signs in with a password and, where there is one, a recovery code. */
const signIn = async (page: Page, login: string, recovery: string | null): Promise<void> => {
  await page.getByLabel('Identifiant').fill(login)
  await page.getByRole('textbox', { name: 'Mot de passe' }).fill(password)
  await page.getByRole('button', { name: 'Se connecter', exact: true }).click()
  if (!recovery) return
  await page.getByLabel('Code à six chiffres, ou code de secours').fill(recovery)
  await page.getByRole('button', { name: 'Se connecter', exact: true }).click()
}

/** Follows a link in a browser of their own, with a phone beside it, enrols what it asks for, and signs in with it. */
const enrol = async (browser: Browser, login: string, token: string): Promise<Page> => {
  const page = await (await browser.newContext()).newPage()
  await withPhone(page)
  await page.goto(`${production.address}/link#${token}`)
  await expect(page.getByText(login)).toBeVisible()
  const asksPassword = await page.getByLabel('Choisissez un mot de passe').isVisible()
  if (asksPassword) await page.getByLabel('Choisissez un mot de passe').fill(password)
  const makesPasskey = await page.getByText('fabriquera une clé', { exact: false }).isVisible()
  await page.getByRole('button', { name: 'Enregistrer' }).click()
  await expect(page.getByText('C’est fait. Connectez-vous.')).toBeVisible()
  await page.getByRole('link', { name: 'Aller à la connexion' }).click()
  if (makesPasskey) await page.getByRole('button', { name: passkey }).click()
  else await signIn(page, login, null)
  await page.waitForURL((url) => !/sign-in|link/.test(url.pathname))
  return page
}

/** The same with an application of codes in the place of a passkey; answers the recovery codes that are left. */
const enrolWithCodes = async (browser: Browser, login: string, token: string) => {
  const page = await (await browser.newContext()).newPage()
  await page.goto(`${production.address}/link#${token}`)
  await page.getByLabel('Choisissez un mot de passe').fill(password)
  await page.getByText('Application de codes').click()
  await page.getByLabel('Code à six chiffres').fill(generateSync({ secret: (await page.locator('code').textContent()) ?? '' }))
  await page.getByRole('button', { name: 'Enregistrer' }).click()
  await expect(page.getByText('C’est fait. Connectez-vous.')).toBeVisible()
  const [first = '', ...left] = await page.locator('.codes span').allTextContents()
  await page.getByRole('link', { name: 'Aller à la connexion' }).click()
  await signIn(page, login, first)
  await page.waitForURL((url) => !/sign-in|link/.test(url.pathname))
  return { page, left }
}

type Asked = { readonly login: string; readonly at: RegExp; readonly words: string; readonly profile: string }

const choose = async (page: Page, label: string, words: string, option: RegExp) => {
  await page.getByRole('combobox', { name: label }).fill(words)
  await page.getByRole('option', { name: option }).first().click()
}

const askForAccount = async (page: Page, { login, at, words, profile }: Asked) => {
  await page.goto(`${production.address}/requests/new/create-account`)
  await choose(page, 'Organisation', words, at)
  await page.getByLabel('Prénom').fill('Camille')
  await page.getByLabel('Nom', { exact: true }).fill(login)
  await page.getByLabel('Identifiant').fill(login)
  await page.getByLabel('E-mail').fill(`${login}@mljbourg.example`)
  await page.getByLabel('Téléphone').fill('06 12 34 56 78')
  await page.getByLabel('Fin du compte').fill(end)
  await page.getByLabel('Profil').selectOption({ label: profile })
  await page.getByLabel('Motif, pour qui contresignera').fill('Ouverture du réseau')
  await page.getByRole('button', { name: 'Déposer la demande' }).click()
  await expect(page.getByText(/Demande n° \d+ déposée/).first()).toBeVisible()
}

const askForRole = async (page: Page, { login, role, words, over }: { login: string; role: string; words: string; over: RegExp }) => {
  await page.goto(`${production.address}/requests/new/grant-role`)
  await choose(page, 'Compte', login, new RegExp(login))
  await page.getByLabel('Rôle').selectOption({ label: role })
  await choose(page, 'Sur', words, over)
  await page.getByLabel('Motif, pour qui contresignera').fill('Ouverture du réseau')
  await page.getByRole('button', { name: 'Déposer la demande' }).click()
  // A role is asked for in one's own name, with one's own finger.
  await page.getByRole('dialog').getByRole('button', { name: 'Déposer la demande' }).click()
  await expect(page.getByText(/Demande n° \d+ déposée/).first()).toBeVisible()
}

const sign = async (page: Page, about: string) => {
  await page.goto(`${production.address}/requests`)
  await page.getByRole('region', { name: 'File' }).getByRole('button').filter({ hasText: about }).first().click()
  await countersign(page)
  await expect(page.getByText('Contresignée et exécutée.')).toBeVisible()
}

test('two founders, the real directory, then a creation, a reset and a revocation at a real structure (reads ../shared/data)', async ({
  browser,
}) => {
  test.setTimeout(240_000)
  const printed = await production.cli(
    'init',
    '--founder',
    'Claire;Fontaine;claire.fontaine;claire@reseau.example;0612345678',
    '--founder',
    'Marc;Delorme;marc.delorme;marc@reseau.example;0612345679',
  )
  const [forClaire = '', forMarc = ''] = [...printed.matchAll(/#([\w-]{43})/g)].map(([, token]) => token ?? '')
  expect(await production.cli('import', 'organisations', real, '--apply')).toContain('Done.')
  const claire = await enrol(browser, 'claire.fontaine', forClaire)
  const marc = await enrol(browser, 'marc.delorme', forMarc)

  /** Asked by one founder, countersigned by the other, account and role; the person follows the mail. */
  const name = async (
    [asker, signer]: readonly [Page, Page],
    person: Asked & { readonly role: string; readonly over: RegExp; readonly overWords: string },
  ) => {
    await askForAccount(asker, person)
    await sign(signer, person.login)
    await askForRole(asker, { ...person, words: person.overWords })
    await sign(signer, person.login)
    return production.tokenMailedTo(`${person.login}@mljbourg.example`)
  }
  const appoint = async (founders: readonly [Page, Page], person: Parameters<typeof name>[1]) =>
    enrol(browser, person.login, await name(founders, person))
  const structure = { at: /Bourg-en-Bresse/, words: 'Bourg-en-Bresse' }
  const region = { at: /^Auvergne-Rhône-Alpes/, words: 'Auvergne', over: /^Auvergne-Rhône-Alpes/, overWords: 'Auvergne' }
  // One founder asks for those who ask, the other for those who countersign: nobody's two hands (P2).
  const manager = await appoint([claire, marc], {
    ...structure,
    login: 'rgc.bourg',
    profile: 'Direction, sa structure',
    role: 'Responsable gestion de compte',
    over: /Bourg-en-Bresse/,
    overWords: 'Bourg-en-Bresse',
  })
  const supervisor = await appoint([marc, claire], { ...region, login: 'sup.un', profile: 'Coordination régionale', role: 'Superviseur' })
  const other = await appoint([marc, claire], { ...region, login: 'sup.deux', profile: 'Coordination régionale', role: 'Superviseur' })
  const reinit = { ...region, login: 'reinit', profile: 'Coordination régionale', role: 'Gestionnaire des réinitialisations' }
  const { page: resets, left } = await enrolWithCodes(browser, 'reinit', await name([marc, claire], reinit))

  // A creation at a real site, by the manager of the real structure.
  await askForAccount(manager, { ...structure, login: 'agent.reel', profile: 'Conseiller, son site' })
  await sign(supervisor, 'agent.reel')
  const agent = await enrol(browser, 'agent.reel', await production.tokenMailedTo('agent.reel@mljbourg.example'))
  await expect(agent.getByRole('heading', { name: 'Mon compte' })).toBeVisible()

  // A reset: asked, called back, countersigned; her browser is out, the link lets her in again.
  await manager.goto(`${production.address}/requests/new/reset-credentials`)
  await choose(manager, 'Compte', 'agent.reel', /agent\.reel/)
  await manager.getByLabel('Motif, pour qui contresignera').fill('Mot de passe oublié')
  await manager.getByRole('button', { name: 'Déposer la demande' }).click()
  await expect(manager.getByText(/Demande n° \d+ déposée/).first()).toBeVisible()
  const before = production.mailed()
  await resets.goto(`${production.address}/requests`)
  await expect(resets.getByText('06 12 34 56 78')).toBeVisible()
  await resets.getByRole('button', { name: 'Jointe, confirme' }).click()
  await resets.getByRole('button', { name: 'Confirmer : la personne a bien demandé cela' }).click()
  await resets.getByRole('button', { name: 'Contresigner' }).click()
  const dialog = resets.getByRole('dialog')
  await dialog.getByLabel('Code à six chiffres, ou code de secours').fill('000000')
  await dialog.getByRole('button', { name: 'Confirmer la contresignature' }).click()
  await expect(dialog.getByRole('alert')).toBeVisible()
  await dialog.getByLabel('Code à six chiffres, ou code de secours').fill(left[0] ?? '')
  await dialog.getByRole('button', { name: 'Confirmer la contresignature' }).click()
  await expect(resets.getByText('Contresignée et exécutée.')).toBeVisible()
  await expect(agent.getByRole('heading', { name: 'Connexion' })).toBeVisible()
  const again = await enrol(browser, 'agent.reel', await production.tokenMailedTo('agent.reel@mljbourg.example', before))

  // A revocation, in one click, by the other supervisor.
  await other.goto(`${production.address}/accounts?q=agent.reel`)
  await other.getByRole('button', { name: 'Révoquer Camille agent.reel' }).click()
  await expect(other.getByText('Camille agent.reel : compte révoqué')).toBeVisible()
  await expect(again.getByRole('heading', { name: 'Connexion' })).toBeVisible()

  const owner = new pg.Pool({ connectionString: production.ownerUrl })
  expect(await invariants(owner)).toEqual([])
  await owner.end()
})
