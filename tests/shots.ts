import { chromium } from '@playwright/test'
const base = process.argv[2] ?? 'http://localhost:3000'
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless','--no-sandbox','--disable-gpu','--disable-quic','--no-first-run','--disable-background-networking','--disable-component-update','--disable-sync'] })
const shots = process.argv[3] ?? 'all'
for (const [w,h,scheme] of [[1440,900,'light'],[390,844,'dark'],[1440,900,'dark'],[390,844,'light']] as const) {
  if (shots !== 'all' && shots !== `${w}${scheme}`) continue
  const ctx = await browser.newContext({ viewport: { width: w, height: h }, colorScheme: scheme, locale: 'fr-FR' })
  const page = await ctx.newPage()
  page.on('pageerror', (e) => console.log('pageerror', e.message.slice(0,300)))
  page.on('console', (m) => { if (m.type()==='error') console.log('console', m.text().slice(0,300)) })
  const snap = async (name: string) => { await page.waitForTimeout(700); await page.screenshot({ path: `/tmp/shots/${name}-${w}-${scheme}.png` }); const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth); if (over>0) console.log(name, w, 'overflows', over) }
  const as = async (name: string) => { await page.goto(`${base}/sign-in`); await page.getByRole('button', { name: `Agir en tant que ${name}` }).click(); await page.waitForURL((u) => !u.pathname.startsWith('/sign-in')) }
  await page.goto(`${base}/sign-in`); await snap('signin')
  await as('Sophie Marchand'); await snap('overview')
  await page.goto(`${base}/requests`); await page.waitForTimeout(500); await snap('queue'); await page.locator('.queue button').first().click(); await snap('request')
  await page.goto(`${base}/accounts`); await snap('accounts')
  await page.locator('table.data .two a').first().click(); await snap('account')
  await page.goto(`${base}/audit`); await snap('audit')
  await page.goto(`${base}/me`); await snap('me')
  await as('Amina Benali'); await page.goto(`${base}/requests`); await page.waitForTimeout(500); await page.locator('.queue button').first().click(); await snap('reset')
  await as('Nadia Roux'); await page.goto(`${base}/requests/new/create-account`); await page.getByRole('button', { name: 'Déposer la demande' }).click(); await snap('filing')
  await page.goto(`${base}/mailbox`); await snap('mailbox')
  await ctx.close()
}
await browser.close()
