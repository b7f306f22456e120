import { readFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import { judgeProof } from '../../verify/countersign-verify.mjs'
import { enterAs } from './steps.ts'

test('what one does is sealed within moments, seen by the witness, and its proof holds in the auditor’s own program', async ({ page }) => {
  await enterAs(page, 'Isabelle Carpentier')
  await page.goto('/audit')
  await expect(page.getByRole('status').filter({ hasText: 'entrées de tout le réseau sont scellées' })).toContainText(
    'Le témoin witness.localhost/demo a vu le registre croître.',
  )
  await expect(async () => {
    await page.reload()
    await expect(page.getByRole('row').nth(1).getByRole('link', { name: 'Télécharger la preuve' })).toBeVisible({ timeout: 1_000 })
  }).toPass({ timeout: 10_000 })
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('row').nth(1).getByRole('link', { name: 'Télécharger la preuve' }).click(),
  ])
  const proof = JSON.parse(readFileSync(await download.path(), 'utf8')) as object
  expect(judgeProof(proof, {}).sentences[0]).toContain('It holds: this entry (session.opened')

  await page.getByRole('link', { name: 'Comment nous vérifier' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Preuve du journal' })).toBeVisible()
  await expect(page.getByText('localhost/audit', { exact: true })).toBeVisible()
  for (const place of ['Un fichier', 'Un témoin']) await expect(page.getByText(place, { exact: true })).toBeVisible()
  // What is copied twice into one file is a file the program takes.
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  const copies: string[] = []
  for (const index of [0, 1]) {
    await page
      .getByRole('button', { name: /Copier le point de contrôle de/ })
      .nth(index)
      .click()
    copies.push(await page.evaluate(() => navigator.clipboard.readText()))
  }
  const lines = copies
    .join('')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { size: number; note: string })
  expect(lines.map(({ note }) => note.split('\n').slice(0, 2).join(' '))).toEqual(lines.map(({ size }) => `localhost/audit ${size}`))
  await expect(page.getByText(/witness\.localhost\/demo a signé que .* entrées suivaient/)).toBeVisible()
})
