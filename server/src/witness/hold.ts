import { rm } from 'node:fs/promises'
import { createConnection, createServer } from 'node:net'
import { join } from 'node:path'

const answers = (path: string): Promise<boolean> =>
  new Promise((done) => {
    const socket = createConnection(path)
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
    socket.once('connect', () => socket.destroy())
  })

/**
 * Holds the folder of a witness for this process alone: two that remember each for itself could sign two logs. Throws where another is
 * there; what one left that was killed is in nobody's way.
 */
export const holdFolder = async (folder: string): Promise<{ readonly release: () => Promise<void> }> => {
  const path = join(folder, 'at-work')
  const server = createServer((socket) => socket.destroy())
  const listen = () =>
    new Promise<boolean>((done, failed) => {
      server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? done(false) : failed(error)))
      server.listen(path, () => done(true))
    })
  if (!(await listen())) {
    if (await answers(path)) throw new Error(`another witness is at work with ${folder}`)
    await rm(path, { force: true })
    if (!(await listen())) throw new Error(`another witness is at work with ${folder}`)
  }
  return { release: () => new Promise((done) => server.close(() => done())) }
}
