import { expect, test } from '@playwright/test'
import { another, askForAccount, enterAs } from './steps.ts'

test('breach 1 replayed: a hijacked account manager asks, cannot approve, and is out in one click with all they filed', async ({
  page,
  browser,
}) => {
  const stamp = Date.now().toString(36)
  await enterAs(page, 'Julien Lefebvre')
  for (const name of ['Premier', 'Second']) {
    await askForAccount(page, { givenName: name, familyName: 'Intrus', login: `${name.toLowerCase()}.intrus-${stamp}` })
    await expect(page.getByRole('button', { name: 'Contresigner' })).toHaveAttribute('aria-disabled', 'true')
  }
  // With her session in hand, straight at the API: refused, and written down.
  const refused = await page.evaluate(async () => {
    const list = (await (
      await fetch('/api/requests.list', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ view: 'mine' }),
      })
    ).json()) as { result: { data: { rows: { id: string; contentHash: string }[] } } }
    const row = list.result.data.rows[0] ?? { id: '', contentHash: '' }
    const answer = await fetch('/api/requests.approve', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ requestId: row.id, seen: row.contentHash }),
    })
    return answer.status
  })
  expect(refused).toBe(403)

  const thomas = await another(browser, 'Thomas Vasseur')
  await thomas.goto('/accounts?q=julien.lefebvre')
  await thomas.getByRole('button', { name: 'Révoquer Julien Lefebvre' }).click()
  await expect(thomas.getByText('Julien Lefebvre : compte révoqué')).toBeVisible()
  // The hijacker's browser falls out by itself.
  await expect(page.getByRole('heading', { name: 'Connexion' })).toBeVisible()

  await thomas.goto('/requests')
  await expect(thomas.getByRole('region', { name: 'File' })).toBeVisible()
  await expect(thomas.getByRole('button', { name: 'Intrus' })).toHaveCount(0)
  await thomas.goto('/accounts?q=intrus')
  await expect(thomas.getByText('Aucun compte ne correspond.', { exact: false })).toBeVisible()
  await thomas.goto('/audit?type=attempt.refused')
  await expect(thomas.getByRole('table').getByText('Tentative refusée').first()).toBeVisible()
})

test('breach 2 replayed: resets in a burst, the call-back says “it was not me”, accounts are suspended and nothing is reset', async ({
  page,
}) => {
  await enterAs(page, 'Amina Benali')
  await page.goto('/requests?kind=reset-credentials')
  const queue = page.getByRole('region', { name: 'File' })
  await expect(queue.getByRole('button').first()).toBeVisible()
  for (let call = 0; call < 5; call += 1) {
    await page.goto('/requests?kind=reset-credentials')
    await queue.getByRole('button').filter({ hasText: 'Mission locale de Lyon' }).first().click()
    await expect(page.getByText(/Quelqu’un, par la page publique/)).toBeVisible()
    await page.getByRole('button', { name: 'Jointe, dément' }).click()
    await page.getByRole('button', { name: 'Confirmer le démenti' }).click()
    await expect(page.getByText('Refusée', { exact: true }).first()).toBeVisible()
  }
  await enterAs(page, 'Sophie Marchand')
  await page.goto('/audit?type=account.suspended')
  await expect(page.getByRole('table').getByText('démenti au rappel', { exact: false })).toHaveCount(5)
  await page.goto('/audit?type=request.executed')
  await expect(page.getByRole('table').getByText('Réinitialisation')).toHaveCount(0)
})
