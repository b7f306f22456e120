import { undoSeconds } from '@countersign/shared/accounts/status.ts'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { holdStill } from '../../lib/live.ts'
import { tellRefusal } from '../../lib/toast.ts'
import { type Outputs, queryClient, trpc } from '../../lib/trpc.ts'

export type Line = Outputs['accounts']['revoke'][number]
export type Verb = 'suspend' | 'revoke'
export type Ending = { readonly verb: Verb; readonly line: Line; readonly until: number }
export type Endings = {
  readonly of: (id: string) => Ending | undefined
  readonly end: (verb: Verb, accountIds: readonly string[], told?: (lines: readonly Line[]) => void) => void
  readonly undo: (accountId: string, told: () => void) => void
  readonly busy: boolean
}

const undoMilliseconds = undoSeconds * 1000

/** What was ended from this screen within the last 30 seconds: the rows stay where they are, struck, until then. */
export const useEndings = (): Endings => {
  const [recent, setRecent] = useState<ReadonlyMap<string, Ending>>(new Map())
  const forget = (ids: readonly string[]) => setRecent((before) => new Map([...before].filter(([id]) => !ids.includes(id))))
  const refresh = () => {
    void queryClient.invalidateQueries(trpc.accounts.pathFilter())
    void queryClient.invalidateQueries(trpc.overview.pathFilter())
  }
  const options = {
    onError: tellRefusal,
    onSuccess: (lines: readonly Line[]) => {
      const ended = lines.filter((line) => line.ended !== null)
      if (ended.length === 0) {
        refresh()
        return
      }
      holdStill(undoMilliseconds)
      // The rows stay where they are; the page of the one account tells it at once.
      void queryClient.invalidateQueries(trpc.accounts.get.queryFilter())
      setTimeout(() => {
        forget(ended.map(({ id }) => id))
        refresh()
      }, undoMilliseconds)
    },
  }
  const suspend = useMutation(trpc.accounts.suspend.mutationOptions(options))
  const revoke = useMutation(trpc.accounts.revoke.mutationOptions(options))
  const undoing = useMutation(trpc.accounts.undo.mutationOptions({ onError: tellRefusal }))
  return {
    of: (id) => recent.get(id),
    busy: suspend.isPending || revoke.isPending,
    end: (verb, accountIds, told) => {
      const { mutate } = verb === 'suspend' ? suspend : revoke
      mutate(
        { accountIds: [...accountIds] },
        {
          onSuccess: (lines) => {
            const until = Date.now() + undoMilliseconds
            setRecent(
              (before) =>
                new Map([
                  ...before,
                  // What was out already and is only confirmed cannot be undone from here.
                  ...lines.filter(({ ended }) => ended !== null).map((line) => [line.id, { verb, line, until }] as const),
                ]),
            )
            told?.(lines)
          },
        },
      )
    },
    undo: (accountId, told) => {
      undoing.mutate(
        { accountId },
        {
          onSuccess: () => {
            forget([accountId])
            refresh()
            // What the last toasts say is untrue now.
            notifications.clean()
            told()
          },
        },
      )
    },
  }
}
