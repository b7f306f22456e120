/** Set by `npm run test:long`. */
export const underLong = process.env['COUNTERSIGN_LONG'] === 'true'
