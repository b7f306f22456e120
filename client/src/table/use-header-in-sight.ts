import { type RefObject, useLayoutEffect } from 'react'

/** The height of the top bar, as in ui.css, without the border of the table. */
const topBar = 55

/**
 * Keeps the header of a table below the top bar while the page scrolls. Where the table is no wider than its place, `data-fits`, the
 * style sheet does; a box that scrolls sideways holds what is sticky in it both ways, and its header is moved along.
 */
export const useHeaderInSight = (sheet: RefObject<HTMLElement | null>): void => {
  useLayoutEffect(() => {
    const [box, table] = [sheet.current, sheet.current?.firstElementChild]
    if (!box || !table) return undefined
    const follow = () => {
      const { top, height } = box.getBoundingClientRect()
      const below = box.hasAttribute('data-fits') ? 0 : Math.min(Math.max(0, topBar - top), Math.max(0, height - topBar))
      box.style.setProperty('--below', `${below}px`)
    }
    const sizes = new ResizeObserver(() => {
      box.toggleAttribute('data-fits', table.scrollWidth <= box.clientWidth)
      follow()
    })
    sizes.observe(box)
    sizes.observe(table)
    window.addEventListener('scroll', follow, { passive: true })
    return () => {
      sizes.disconnect()
      window.removeEventListener('scroll', follow)
    }
  }, [sheet])
}
