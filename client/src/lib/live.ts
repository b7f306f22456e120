import { useEffect } from 'react'
import { client, queryClient, trpc } from './trpc.ts'

let heldUntil = 0

/** Keeps lists as they are for a while, so that a row that was just acted on stays where it is. */
export const holdStill = (milliseconds: number): void => {
  heldUntil = Math.max(heldUntil, Date.now() + milliseconds)
}

/** Nothing moves under the pointer: a list being pointed at, or just acted on, is refreshed once it is left. */
const steady = (): boolean => Date.now() < heldUntil || document.querySelector('[data-steady]:hover') !== null

const lookAgain = 400

/** A stream that ends is how a revoked session is told: ask once, and leave if it is over. */
const leaveIfOver = (): void => {
  queryClient
    .fetchQuery({ ...trpc.sessions.current.queryOptions(), staleTime: 0 })
    .then(({ person }) => {
      if (!person) window.location.assign('/sign-in')
    })
    .catch(() => undefined)
}

/** Listens to what is committed anywhere within one's scope, and reads again what is on the screen. */
export const useLive = (): void => {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const refresh = () => {
      if (steady()) {
        timer = setTimeout(refresh, lookAgain)
        return
      }
      timer = undefined
      for (const path of [
        trpc.accounts,
        trpc.requests,
        trpc.overview,
        trpc.audit,
        trpc.mailbox,
        trpc.bulks,
        trpc.cascade,
        trpc.incidents,
        trpc.signals,
        trpc.policy,
        trpc.seal,
        trpc.views,
      ])
        void queryClient.invalidateQueries(path.pathFilter())
    }
    const subscription = client.live.changes.subscribe(undefined, {
      onData: () => {
        timer ??= setTimeout(refresh, lookAgain)
      },
      onError: leaveIfOver,
      onComplete: leaveIfOver,
      onConnectionStateChange: ({ state }) => {
        if (state === 'connecting') leaveIfOver()
      },
    })
    return () => {
      clearTimeout(timer)
      subscription.unsubscribe()
    }
  }, [])
}
