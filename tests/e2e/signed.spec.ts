import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import { expect, test } from '@playwright/test'
import { address } from '../playwright.config.ts'
import { enterAs, withPhone } from './steps.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const data = join(root, '.data/e2e')
const read = (file: string) => readFileSync(join(data, file), 'utf8')

/** What an auditor is handed, and what their own program says of it. */
const audited = async (): Promise<string> => {
  const out = join(await mkdtemp(join(tmpdir(), 'countersign-signed-')), 'audit.ndjson')
  const port = read('postgres/data/postmaster.pid').split('\n')[3]
  const env = {
    ...process.env,
    DATABASE_URL: `postgres://countersign_application:${read('postgres/password').trim()}@127.0.0.1:${port}/countersign`,
    PUBLIC_URL: address,
    SEALING_KEY: read('seal/key').trim(),
  }
  const told = execFileSync(process.execPath, [join(root, 'server/src/cli.ts'), 'export', 'audit', '--out', out], { env, encoding: 'utf8' })
  const key = /--key '([^']+)'/.exec(told)?.[1] ?? ''
  return execFileSync(process.execPath, [join(root, 'verify/countersign-verify.mjs'), out, '--key', key], { encoding: 'utf8' })
}

test('a role is countersigned with a passkey over exactly the text that was shown, and the auditor’s own program says so', async ({
  page,
}) => {
  await withPhone(page)
  await enterAs(page, 'Hélène Garnier')
  await page.goto('/me')
  await page.getByLabel('Nom de la clé').fill('Téléphone')
  await page.getByRole('button', { name: 'Ajouter une clé d’accès' }).click()
  await expect(page.getByRole('button', { name: 'Retirer la clé Téléphone' })).toBeVisible()

  await page.goto('/requests?kind=grant-role')
  await page.getByRole('region', { name: 'File' }).getByRole('button').first().click()
  await page.getByRole('button', { name: 'Contresigner' }).click()
  const dialog = page.getByRole('dialog', { name: 'Contresigner : relisez ce que vous signez' })
  await expect(dialog.getByText(/\{"accountId":"[0-9a-f-]+",.*"kind":"grant-role"/)).toBeVisible()
  await expect(dialog.getByText('Votre clé d’accès signe exactement ce texte', { exact: false })).toBeVisible()
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']).analyze()
  expect.soft(violations.map(({ id, nodes }) => `${id} ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)).toEqual([])
  await dialog.getByRole('button', { name: 'Confirmer la contresignature' }).click()
  await expect(page.getByText(/^Contresignée/).first()).toBeVisible()

  // Her last factor is not hers to take away.
  await page.goto('/me')
  await page.getByRole('button', { name: 'Retirer la clé Téléphone' }).click()
  const removing = page.getByRole('dialog', { name: 'Retirer la clé Téléphone' })
  await removing.getByRole('button', { name: 'Retirer', exact: true }).click()
  await expect(removing.getByText('C’est votre dernier second facteur', { exact: false })).toBeVisible()
  await removing.getByRole('button', { name: 'Annuler' }).click()

  // The passkey opens the door, and nobody has to say who they are.
  await page.getByRole('button', { name: 'Menu de la personne' }).click()
  await page.getByRole('menuitem', { name: 'Se déconnecter' }).click()
  await page.getByRole('button', { name: 'Se connecter avec une clé d’accès' }).click()
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))

  const said = await audited()
  expect(said).toContain('All of it holds')
  expect(said).toMatch(/Countersignatures: \d+ signed by a passkey over exactly what was decided/)
})
