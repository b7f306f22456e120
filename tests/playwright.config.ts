import { defineConfig } from '@playwright/test'
import { chromiumFlags, chromiumPath } from './support/chromium.ts'

/** Its own demo on its own port and folder, so that a demo somebody is looking at is left alone. */
const port = 41_730
export const address = `http://localhost:${port}`

/** Where a test that signs people in elsewhere opens an identity provider; nobody answers there at other times. */
export const providerPort = 41_731
const providers = [
  {
    id: 'pro',
    name: 'Fournisseur pro',
    issuer: `http://127.0.0.1:${providerPort}`,
    clientId: 'countersign',
    clientSecret: 'a secret between the two of them',
    secondFactor: { acr: ['eidas2'], amr: ['mfa'] },
  },
]

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'results',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  workers: 1,
  forbidOnly: true,
  reporter: [['list'], ['json', { outputFile: 'results/e2e.json' }]],
  use: {
    baseURL: address,
    actionTimeout: 10_000,
    locale: 'fr-FR',
    timezoneId: 'Europe/Paris',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: chromiumPath(),
      args: chromiumFlags,
    },
  },
  webServer: {
    command: `${process.execPath} server/src/cli.ts demo --reset --accounts 6000 --port ${port} --data .data/e2e`,
    cwd: '..',
    env: { IDENTITY_PROVIDERS: JSON.stringify(providers) },
    url: `${address}/readyz`,
    reuseExistingServer: process.env['CI'] !== 'true',
    timeout: 240_000,
    gracefulShutdown: { signal: 'SIGINT', timeout: 20_000 },
  },
})
