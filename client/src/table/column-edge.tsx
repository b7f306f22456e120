import type { PointerEvent } from 'react'

/** The right edge of a header, to be drawn; with the keyboard the menu of columns does the same. Twice clicked it lets the column be. */
export const ColumnEdge = ({ setWidth }: { setWidth: (width: number | null) => void }) => {
  const draw = (event: PointerEvent<HTMLSpanElement>) => {
    event.preventDefault()
    const edge = event.currentTarget
    const header = edge.parentElement
    if (!header) return
    const [from, width] = [event.clientX, header.getBoundingClientRect().width]
    edge.setPointerCapture(event.pointerId)
    const move = (moved: globalThis.PointerEvent) => setWidth(width + moved.clientX - from)
    edge.addEventListener('pointermove', move)
    edge.addEventListener('lostpointercapture', () => edge.removeEventListener('pointermove', move), { once: true })
  }
  return <span className="edge" aria-hidden="true" onPointerDown={draw} onDoubleClick={() => setWidth(null)} />
}
