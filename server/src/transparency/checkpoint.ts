import type { Hash } from './merkle.ts'

/** How far a log went at one moment (c2sp.org/tlog-checkpoint): whose it is, how many entries, and the root of the tree over them. */
export type Checkpoint = { readonly origin: string; readonly size: number; readonly root: Hash }

export const checkpointText = ({ origin, size, root }: Checkpoint): string => `${origin}\n${size}\n${root.toString('base64')}\n`

/** The checkpoint a note's text is; null where it is none. Lines of extensions are none of ours. */
export const readCheckpoint = (text: string): Checkpoint | null => {
  const [, origin = '', size = '', encoded = ''] = /^([^\n]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n$/.exec(text) ?? []
  const root = Buffer.from(encoded, 'base64')
  return origin && Number.isSafeInteger(Number(size)) && root.length === 32 ? { origin, size: Number(size), root } : null
}
