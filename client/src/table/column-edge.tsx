import type { PointerEvent } from 'react'

/** The right edge of a header, to be drawn; with the keyboard the menu of columns does the same. Twice clicked it lets the column be. */
export const ColumnEdge = ({ setWidth }: { setWidth: (width: number | null) => void }) => {
  const draw = (event: PointerEvent<HTMLSpanElement>) => {
    const edge = event.currentTarget
    const header = edge.parentElement
    if (!header || event.button !== 0) return
    event.preventDefault()
    const [from, before] = [event.clientX, header.getBoundingClientRect().width]
    let width = before
    edge.setPointerCapture(event.pointerId)
    // The header alone is drawn while the pointer moves; the table is laid out once, at the end.
    const move = (moved: globalThis.PointerEvent) => {
      width = before + moved.clientX - from
      header.style.minWidth = `${width}px`
    }
    const end = () => {
      edge.removeEventListener('pointermove', move)
      header.style.minWidth = ''
      if (width !== before) setWidth(width)
    }
    edge.addEventListener('pointermove', move)
    edge.addEventListener('lostpointercapture', end, { once: true })
  }
  return <span className="edge" aria-hidden="true" onPointerDown={draw} onDoubleClick={() => setWidth(null)} />
}
