import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The two places outside that a worker brings its checkpoints to: a file, and an address that keeps what it is sent. */
export const openPlaces = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-places-'))
  const file = join(folder, 'checkpoints.ndjson')
  const posted: string[] = []
  const server = createServer((request, response) => {
    let note = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      note += chunk
    })
    request.on('end', () => {
      posted.push(note)
      response.end()
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  return {
    settings: { CHECKPOINT_FILE: file, CHECKPOINT_URL: `http://127.0.0.1:${port}/` },
    /** The checkpoints each place was brought, oldest first. */
    brought: async () => {
      const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean)
      return { file: lines.map((line) => String(JSON.parse(line).note)), address: [...posted] }
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export type Places = Awaited<ReturnType<typeof openPlaces>>
