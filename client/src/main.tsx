import '@fontsource-variable/inter/wght.css'
import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import '@mantine/spotlight/styles.css'
import './ui/ui.css'
import './lib/language.ts'
import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { createRouter, RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { queryClient } from './lib/trpc.ts'
import { routeTree } from './routeTree.gen.ts'
import { Failed, Skeleton } from './ui/screen.tsx'
import { theme } from './ui/theme.ts'

const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  defaultPendingComponent: Skeleton,
  defaultErrorComponent: Failed,
  defaultNotFoundComponent: () => <Failed error={new Error('not-found')} />,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

/** What lets this page add its own style sheets; the dialogs' scroll lock looks for it under this name. */
const styleNonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content
if (styleNonce) Object.assign(globalThis, { __webpack_nonce__: styleNonce })

/** The tab says which page it is: its heading, as soon as it is there and whenever it changes. */
const titled = (page: HTMLElement): void => {
  const name = () => {
    const heading = page.querySelector('h1')?.textContent
    const title = heading ? `${heading} · Countersign` : 'Countersign'
    if (document.title !== title) document.title = title
  }
  new MutationObserver(name).observe(page, { childList: true, subtree: true, characterData: true })
}

const root = document.getElementById('root')
if (root) {
  titled(root)
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto" {...(styleNonce ? { getStyleNonce: () => styleNonce } : {})}>
        <QueryClientProvider client={queryClient}>
          <Notifications position="bottom-right" />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  )
}
