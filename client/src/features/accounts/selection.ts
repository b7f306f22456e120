import type { NarrowAccounts } from '@countersign/shared/accounts/listing.ts'
import { type BulkSelection, mostTicked } from '@countersign/shared/bulks/bulk.ts'
import { useState } from 'react'

type All = Extract<BulkSelection, { from: 'filter' }>

/** What one has chosen in the list: rows one by one, or all that match a filter but for those one has unticked since. */
export type Chosen = {
  readonly ticked: ReadonlySet<string>
  readonly all: All | null
  readonly has: (id: string) => boolean
  readonly tick: (id: string) => void
  readonly chooseAll: (filter: NarrowAccounts, at: string) => void
  readonly clear: () => void
}

const toggled = (ids: readonly string[], id: string): readonly string[] =>
  ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id]

export const useChosen = (): Chosen => {
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set())
  const [all, setAll] = useState<All | null>(null)
  const spared = all?.except ?? []
  return {
    ticked,
    all,
    has: (id) => (all ? !spared.includes(id) : ticked.has(id)),
    tick: (id) => {
      if (all && spared.length >= mostTicked) return
      if (all) setAll({ ...all, except: [...toggled(spared, id)] })
      else setTicked((before) => new Set(toggled([...before], id)))
    },
    chooseAll: (filter, at) => setAll({ from: 'filter', filter, at, except: [] }),
    clear: () => {
      setTicked(new Set())
      setAll(null)
    },
  }
}
