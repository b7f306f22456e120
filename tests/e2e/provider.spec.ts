import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { address, providerPort } from '../playwright.config.ts'
import { openProvider, type TestProvider } from '../support/provider.ts'
import { enterAs } from './steps.ts'

let provider: TestProvider
test.beforeAll(async () => {
  provider = await openProvider({ publicUrl: address, id: 'pro', port: providerPort })
})
test.afterAll(() => provider.close())

const clean = async (page: Page) =>
  expect(
    (await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'best-practice']).analyze()).violations.map(({ id }) => id),
  ).toEqual([])

test('an identity elsewhere opens nothing until its owner links it, then opens their account and no other', async ({ page }) => {
  provider.signsIn({ subject: 'karim.haddad@pro', acr: 'eidas2', amr: ['mfa'] })
  await page.goto('/sign-in')
  await page.getByRole('button', { name: 'Se connecter avec Fournisseur pro' }).click()
  await expect(page.getByRole('alert')).toContainText('Aucun compte actif n’est lié à cette identité')
  expect(new URL(page.url()).pathname).toBe('/through/pro')
  await clean(page)

  await enterAs(page, 'Karim Haddad')
  await page.goto('/me')
  await page.getByRole('button', { name: 'Lier Fournisseur pro' }).click()
  await expect(page.getByRole('heading', { name: 'Lier Fournisseur pro' })).toBeVisible()
  await expect(page.getByText('vous connaît sous le nom « karim.haddad@pro »')).toBeVisible()
  await clean(page)
  await page.getByRole('button', { name: 'Lier cette identité' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Lier cette identité' }).click()
  await expect(page.getByRole('region', { name: 'Mes identités ailleurs' }).getByText('karim.haddad@pro')).toBeVisible()
  await clean(page)

  await page.context().clearCookies()
  await page.goto('/sign-in')
  await page.getByRole('button', { name: 'Se connecter avec Fournisseur pro' }).click()
  await expect(page).toHaveURL(`${address}/`)
  await page.goto('/me')
  await expect(page.getByRole('heading', { name: 'Karim Haddad' })).toBeVisible()
  await expect(page.getByText('fournisseur d’identité, deux facteurs (Fournisseur pro, eidas2)').first()).toBeVisible()

  await page.getByRole('button', { name: 'Délier Fournisseur pro' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Délier' }).click()
  await expect(page.getByRole('button', { name: 'Lier Fournisseur pro' })).toBeVisible()
})

test('whoever gives up at the provider is told so, and the address they came back with is worth nothing the second time', async ({
  page,
}) => {
  provider.signsIn(null)
  await page.goto('/sign-in')
  await page.getByRole('button', { name: 'Se connecter avec Fournisseur pro' }).click()
  await expect(page.getByRole('alert')).toContainText('Le fournisseur d’identité a refusé, ou vous avez renoncé.')
  await page.reload()
  await expect(page.getByRole('alert')).toContainText('recommencez')
  await page.getByRole('link', { name: 'Retour à la connexion' }).click()
  await expect(page.getByRole('button', { name: 'Se connecter avec Fournisseur pro' })).toBeVisible()
})
