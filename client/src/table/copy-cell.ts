import { type RefObject, useEffect } from 'react'

/** What a cell says, in one line. */
const textOf = (cell: HTMLElement): string => {
  const lines = cell.querySelectorAll('.two > *')
  return [...(lines.length > 0 ? lines : [cell])]
    .map(({ textContent }) => textContent?.trim())
    .filter(Boolean)
    .join(' · ')
}

const isCopy = ({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean =>
  key.toLowerCase() === 'c' && (ctrlKey || metaKey) && !altKey && !shiftKey

/** Somebody who is writing, or has marked something, copies that. */
const ofSomethingElse = (focus: Element | null): boolean =>
  focus?.matches('input:not([type="checkbox"]), textarea, select') === true || document.getSelection()?.isCollapsed === false

/** Ctrl C with nothing marked copies the cell the focus is in, or else the one under the pointer. */
export const useCopyCell = (table: RefObject<HTMLElement | null>, copied: (text: string) => void): void => {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const focus = document.activeElement
      if (!isCopy(event) || ofSomethingElse(focus)) return
      const focused = table.current?.contains(focus) ? focus?.closest<HTMLElement>('td') : null
      const cell = focused ?? table.current?.querySelector<HTMLElement>('td:hover')
      const text = cell ? textOf(cell) : ''
      // Where the browser keeps the clipboard to itself nothing is said to be copied.
      if (text)
        void navigator.clipboard?.writeText(text).then(
          () => copied(text),
          () => undefined,
        )
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [table, copied])
}
