import { inDatabase } from './in-database.ts'
import { inSource } from './in-source.ts'
import type { Guard } from './suites.ts'

export const guards: readonly Guard[] = [...inSource, ...inDatabase]
